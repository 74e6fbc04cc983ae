"""What a team runs already: the lock files, requirement files and bills of materials that say so.

Invariants: nothing is fetched or run; a file that is named is read or is an error; in a folder only files that list
what is installed count, never manifests, and what a client installed itself is not looked into.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from slopguard import readers
from slopguard.errors import InputError, UsageError
from slopguard.names import shown
from slopguard.readers.interface import Context, Reading

KINDS = ("uv_lock", "pylock", "package_lock", "requirements", "sbom")
"""Readers of files that say what is installed."""
SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "venv"})
"""Folders that hold what was installed; those whose name starts with a dot are skipped too."""


def readings(paths: Iterable[Path]) -> list[Reading]:
    """What all these files and folders say.

    Raises:
        UsageError: there is nothing at a path, or nothing of use in a folder.
        InputError: a file is not what it claims to be.
    """
    found = dict.fromkeys(file for path in paths for file in _files(path))
    return [_read(path) for path in found]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.is_file():
            raise UsageError(f"there is no file or folder '{shown(str(path), 200)}'", "Check the path")
        return [path]
    found = [file for file in _below(path) if any(readers.READERS[kind].claims(file) for kind in KINDS)]
    if not found:
        what = "no lock file, requirement file or bill of materials"
        raise UsageError(f"there is {what} in '{shown(str(path), 200)}'", "Name the file itself")
    return found


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED and not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names))


def _read(path: Path) -> Reading:
    """Read a file; one whose name says nothing is a bill of materials if it is JSON, else a requirement file."""
    kind = None if readers.reader_for(path) else "sbom" if path.suffix.lower() == ".json" else "requirements"
    try:
        return readers.read(path, context=Context(cwd=path.parent), kind=kind)
    except InputError as error:
        raise InputError(str(error), "Correct the file, or leave it out") from error
