"""`hatch.toml`: the settings of `[tool.hatch]` in a file of their own."""

from __future__ import annotations

from pathlib import Path

from slopguard.readers import hatch_tables
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, toml
from slopguard.readers.uv_tables import Gatherer


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read hatch's settings: what its environments and its builds install.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    into = Gatherer(path, Lines(text), context, {})
    hatch_tables.gather(into, toml(text, path), "")
    return into.reading()
