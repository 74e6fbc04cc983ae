"""Files held in memory, for readers: they get their text from a `load` function and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from slopguard.errors import InputError
from slopguard.model import Sighting

HERE = Path("/project")
"""The folder of the files in memory; it is on no disk."""


def holding(**texts: str) -> Callable[[Path], str]:
    """A `load` for files below `HERE`; `__` in a key stands for `/`, `_` for `.`."""
    return holding_paths({key.replace("__", "/").replace("_", "."): text for key, text in texts.items()})


def holding_paths(texts: dict[str, str]) -> Callable[[Path], str]:
    """A `load` for files below `HERE`, by relative path."""
    files = {str(HERE / name): text for name, text in texts.items()}

    def load(path: Path) -> str:
        try:
            return files[os.path.normpath(path)]
        except KeyError:
            raise InputError(f"{path}: cannot be read") from None

    return load


def refusal(read: Callable[[str], object], text: str) -> str:
    """The words with which `read` refuses a text, `""` if it reads it."""
    try:
        read(text)
    except InputError as error:
        return str(error)
    return ""


def brief(sighting: Sighting) -> tuple[str, str, str | None, str, str | None]:
    """Name, specifier, version, kind of source and place of a sighting."""
    return (
        sighting.raw,
        sighting.specifier,
        sighting.version,
        str(sighting.source.kind),
        sighting.source.index,
    )
