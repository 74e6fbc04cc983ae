"""`uv.toml`: the settings of `[tool.uv]` in a file of their own; where it lies beside a project, uv prefers it."""

from __future__ import annotations

from pathlib import Path

from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, toml
from slopguard.readers.uv_tables import Gatherer


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read uv's settings: its indexes, and the dependencies it adds or limits.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    gather = Gatherer(path, Lines(text), context, toml(text, path))
    gather.uv_lists()
    return gather.reading()
