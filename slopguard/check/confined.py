"""Reading no file that is not part of what is checked: a link, or an include, may name any file of this machine.

A report is read by others, and names in it are asked of indexes: the lines of a key file are neither's business.
Invariants: a file that a person named is read wherever it leads; git's own files are never part of a repository; what
is not read for this reason is told as a file that could not be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from slopguard.check.tree import Unreadable, from_disk
from slopguard.check.walk import Place


def roots(paths: Iterable[Path], cwd: Path) -> list[str]:
    """The folders that hold what is checked: repositories, or the folders themselves where there are none.

    Args:
        paths: as given on the command line.
    """
    found: list[str] = []
    for folder in dict.fromkeys((cwd, *(cwd / path if path.is_dir() else (cwd / path).parent for path in paths))):
        if not _is_inside(str(folder), found):
            from slopguard.check.git import Repository  # not for who knows the folders

            repository = Repository.around(folder)
            found.append(os.path.realpath(repository.root if repository else folder))
    return found


def loader(places: Sequence[Place], inside: Sequence[str]) -> Callable[[Path], str]:
    """Gives the text of a file; raises `Unreadable` for one that is no part of what is checked.

    Args:
        places: what was found below the paths, or named.
        inside: as `roots` gives them.
    """
    listed = {place.path: place.named for place in places}

    def load(path: Path) -> str:
        named = listed.get(path)
        plain = named is not None and (named or not path.is_symlink())
        if not plain and not _is_inside(str(path), inside):
            raise Unreadable(f"{path}: it leads out of what is checked")
        return from_disk(path)

    return load


def _is_inside(path: str, folders: Sequence[str]) -> bool:
    real = os.path.realpath(path)
    below = (real.removeprefix(folder) for folder in folders if f"{real}/".startswith(f"{folder.rstrip('/')}/"))
    return any(".git" not in each.split("/") for each in below)
