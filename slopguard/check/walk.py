"""Which files of the paths given are looked at.

In a git work tree: what is tracked, and what is new and not ignored. Elsewhere everything. Invariants: a path that was
named is looked at whatever it is called and wherever it lies; installed packages (`node_modules`, virtual
environments) are not written by the project and are left out; nothing but regular files is ever opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard.check.git import Repository
from slopguard.errors import InputError
from slopguard.names import shown

LEFT_OUT = frozenset({"node_modules", "site-packages", "__pycache__", ".git", ".hg", ".svn", ".tox", ".nox", ".venv",
                      "venv", ".direnv", ".eggs", ".mypy_cache", ".ruff_cache", ".pytest_cache"})  # fmt: skip
"""Folders that hold no file of the project's own."""
_VENV = "pyvenv.cfg"


@dataclass(frozen=True, slots=True)
class Place:
    """A file to look at.

    Args:
        path: as the user would type it from where the command runs.
        full: the same from the top of the disk, `/` between its parts; what it is is known by that.
        named: it was itself given on the command line.
    """

    path: Path
    full: str
    named: bool = False


def places(paths: Sequence[Path], cwd: Path) -> Iterator[Place]:
    """Every file below the paths, each once, in the order found; folders sorted.

    Raises:
        InputError: a path is not there.
    """
    seen: set[str] = set()
    for path in paths:
        if not path.exists():
            raise InputError(f"{shown(str(path), 200)}: there is no such file or folder", "Check the path")
        found = (_place(path, cwd, named=True),) if not path.is_dir() else _below(path, cwd)
        for place in found:
            key = os.path.normpath(place.path)
            if key not in seen:
                seen.add(key)
                yield place


def regular(path: Path) -> os.stat_result | None:
    """The status of a regular file, links followed; `None` for anything else (a pipe, a device, a broken link)."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _below(folder: Path, cwd: Path) -> Iterator[Place]:
    repository = Repository.around(cwd / folder)
    names = repository.files(cwd / folder) if repository else None
    at = "" if str(folder) == "." else f"{folder}/"
    top = _place(folder, cwd, named=False).full
    for name in sorted(names) if names is not None else _walked(folder):
        if names is None or not LEFT_OUT.intersection(name.split("/")[:-1]):
            yield Place(Path(at + name), f"{top}/{name}")


def _place(path: Path, cwd: Path, *, named: bool) -> Place:
    return Place(path, Path(os.path.normpath(cwd / path)).as_posix(), named)


def _walked(folder: Path) -> Iterator[str]:
    """The files below a folder that no git looks after, relative to it."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in LEFT_OUT and not _is_environment(place, each))
        inside = os.path.relpath(place, folder)
        yield from (name if inside == "." else f"{inside}/{name}" for name in sorted(names))


def _is_environment(place: str, name: str) -> bool:
    return os.path.exists(f"{place}/{name}/{_VENV}")  # noqa: PTH110 (called for every folder: a Path each is slow)
