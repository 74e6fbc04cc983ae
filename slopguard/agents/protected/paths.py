"""Paths looked at: names against patterns, what agents keep in a folder, what a file says of itself.

Invariants: looking never changes anything and never raises, whatever a path holds; hence `os.path`, which says "no" of
a name that is too long, where `Path` raises.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from slopguard.agents.protected.hook_files import HOOKS, MIXED, TELLING, Tail
from slopguard.config.places import settings_table
from slopguard.errors import ConfigError

LISTS = frozenset({"lists.toml", "keys", "common", "watch", "teams", "metadata", "staged", "bundles"})
"""What belongs to a repository of lists, by name in its folder: see `slopguard.curation.layout`."""
CASELESS = sys.platform in ("darwin", "win32")
"""Whether files are found by names in other letters, too."""
_LARGEST = 1_000_000
_MOST = 1_000


def forms(path: Path) -> tuple[Path, ...]:
    """A path as written, and with its links followed; in small letters where the system takes them for the same."""
    try:
        both = (path, Path(os.path.realpath(path)))
    except (OSError, ValueError):
        both = (path, path)
    return tuple(dict.fromkeys(Path(str(each).casefold()) if CASELESS else each for each in both))


def within(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a path is one of some folders, or lies in it."""
    return any(form.is_relative_to(folder) for form in forms(path) for folder in folders)


def alike(names: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether a shell would take a path for what a pattern means; a leading dot must be written."""
    if len(names) != len(pattern):
        return False
    return all(
        name == part or (fnmatchcase(name, part) and not (name.startswith(".") and part[:1] in "*?["))
        for name, part in zip(names, pattern, strict=True)
    )


def ends(parts: tuple[str, ...], row: Tail) -> bool:
    """Whether a path ends as a row of `hook_files` says."""
    last = parts[-len(row) :]
    if len(last) < len(row):
        return False
    if CASELESS:
        last, row = tuple(map(str.casefold, last)), tuple(map(str.casefold, row))
    return all(fnmatchcase(part, wanted) for part, wanted in zip(last, row, strict=True))


def under(folder: Path) -> Iterator[Path]:
    """The files of agents in one folder."""
    for row in (*HOOKS, *MIXED):
        place = folder.joinpath(*row[:-1])
        if "*" not in row[-1]:
            yield place / row[-1]
        elif is_dir(place):
            yield from (place / name for name in names(place) if fnmatchcase(name, row[-1]))


def split(folder: Path) -> Iterator[Path]:
    """What lies in a folder whose name is the beginning of a row: `.claude` of any project."""
    for row in (*HOOKS, *MIXED):
        for size in range(1, len(row)):
            if row[0] in TELLING | {".github"} and folder.parts[-size:] == row[:size]:
                base = folder.joinpath(*[".."] * size)
                yield from under(Path(os.path.normpath(base)))


def lists(folder: Path) -> Iterator[Path]:
    """What belongs to the repository of lists that a folder is, if it is one."""
    if is_lists(folder):
        yield from (folder / name for name in sorted(LISTS))


def is_lists(folder: Path) -> bool:
    """Whether a folder is a repository of lists."""
    return os.path.lexists(folder / "lists.toml") and is_dir(folder / "keys")


def in_lists(path: Path) -> bool:
    """Whether a file belongs to a repository of lists."""
    return any(child.name in LISTS and is_lists(child.parent) for child in (path, *path.parents))


def has_table(path: Path) -> bool:
    """Whether a pyproject.toml holds settings of slopguard's; one that cannot be read may."""
    try:
        return settings_table(path) is not None
    except ConfigError:
        return True


def walked(path: Path) -> Iterator[Path]:
    """A path, and what lies in it if it is a folder, up to a number."""
    yield path
    inside = (Path(folder) / name for folder, folders, files in os.walk(path) for name in (*folders, *files))
    yield from islice(inside, _MOST)


def is_dir(path: Path) -> bool:
    """Whether a folder is there."""
    return os.path.isdir(path)  # noqa: PTH112  Path.is_dir raises on names that are too long


def content(path: Path) -> bytes:
    """What a file holds, up to a size; nothing if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(_LARGEST)
    except (OSError, ValueError):
        return b""


def names(folder: Path) -> list[str]:
    """The names in a folder, sorted; none if it cannot be read."""
    try:
        return sorted(each.name for each in folder.iterdir())
    except OSError:
        return []
