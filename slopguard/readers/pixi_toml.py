"""`pixi.toml`: the settings of `[tool.pixi]` in a file of their own; conda's packages in it are left out."""

from __future__ import annotations

from pathlib import Path

from slopguard.readers import tool_tables
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, toml
from slopguard.readers.uv_tables import Gatherer


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a project for pixi: its packages from PyPI, and the indexes it names.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    gather = Gatherer(path, Lines(text), context, {})
    tool_tables.pixi(gather, toml(text, path))
    return gather.reading()
