"""Which files of the paths given are looked at.

In a git work tree: what is tracked, and what is new and not ignored; in a submodule, or another repository inside, the
same. Elsewhere everything. Invariants: a path that was named is looked at whatever it is called and wherever it lies;
installed packages (`node_modules`, virtual environments) are not written by the project and are left out; nothing but
regular files is ever opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard.errors import InputError
from slopguard.names import shown

LEFT_OUT = frozenset({"node_modules", "site-packages", "__pycache__", ".git", ".hg", ".svn", ".tox", ".nox", ".venv",
                      "venv", ".direnv", ".eggs", ".mypy_cache", ".ruff_cache", ".pytest_cache"})  # fmt: skip
"""Folders that hold no file of the project's own."""
_VENV = "pyvenv.cfg"
_SETTINGS = ("uv.toml", "pdm.toml", ".yarnrc", ".yarnrc.yml", "bunfig.toml", ".bunfig.toml", "pnpm-workspace.yaml")
"""What tells a client which index to ask, for all that lies below."""
_MANIFESTS = ("package.json", "pyproject.toml", "Pipfile")
"""What the other files of a project are understood with."""


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
    """Every file below the paths, each once; files that were named first, then as found; folders sorted.

    Raises:
        InputError: a path is not there.
    """
    seen: set[str] = set()
    for path in sorted(paths, key=_is_folder):
        found = _below(path, cwd) if _is_folder(path) else (_place(path, cwd, named=True),)
        for place in found:
            if place.full not in seen:
                seen.add(place.full)
                yield place


def beside(places: Sequence[Place], cwd: Path) -> list[Place]:
    """What the places are understood with and is not among them: a client obeys it whether or not it was asked about.

    Settings of clients from each folder up to `cwd`; beside files that were named also the manifests.
    """
    seen = {place.full for place in places}
    folders = {place.path.parent for place in places}
    around = {each for folder in folders for each in (folder, *folder.parents)}
    above = sorted(each for each in around if (cwd / each).is_relative_to(cwd))
    wanted = [each / name for each in above for name in _in(cwd / each, _SETTINGS)]
    wanted += [each / name for each in sorted({p.path.parent for p in places if p.named}) for name in _MANIFESTS]
    found = (_place(path, cwd, named=False) for path in wanted if _mode(str(cwd / path)))
    return [place for place in found if place.full not in seen]


def _in(folder: Path, names: Sequence[str]) -> list[str]:
    """Those of the names that a folder holds: one question a folder, for there are many."""
    try:
        held = set(os.listdir(folder))  # noqa: PTH208 (names alone, and fast)
    except OSError:
        return []
    return [name for name in names if name in held]


def regular(path: Path) -> os.stat_result | None:
    """The status of a regular file, links followed; `None` for anything else (a pipe, a device, a broken link)."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        raise InputError(f"{shown(str(path), 200)}: there is no such file or folder", "Check the path") from None


def _below(top: Path, cwd: Path) -> Iterator[Place]:
    folders = [top]
    for folder in folders:  # it grows: repositories inside have their own idea of what is ignored
        at, full = "" if str(folder) == "." else f"{folder}/", _place(folder, cwd, named=False).full
        for name in _names(cwd / folder):
            mode = _mode(at + name)
            if stat.S_ISDIR(mode):
                folders += [Path(at + name)] if _mode(f"{at}{name}/.git") else []
            elif mode:
                yield Place(Path(at + name), f"{full}/{name}")


def _names(folder: Path) -> list[str]:
    """The files below a folder, relative to it, and the folders of repositories inside; sorted."""
    from slopguard.check.git import Repository  # who reads files that were named needs none

    repository = Repository.around(folder)
    names = repository.files(folder) if repository and not repository.ignores(folder) else None
    if names is None:
        return list(_walked(folder))
    return sorted(name for name in names if not LEFT_OUT.intersection(name.split("/")[:-1]))


def _mode(path: str) -> int:
    """The mode of a path, a link's own; 0 if nothing is there: removed, or left out of a sparse checkout."""
    try:
        return os.stat(path, follow_symlinks=False).st_mode  # noqa: PTH116 (for every file: a Path each is slow)
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError:
        return stat.S_IFREG  # it is there: who reads it says what is wrong with it


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
