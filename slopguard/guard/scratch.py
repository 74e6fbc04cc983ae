"""The private folder of one guarded command: there while it runs, and gone afterwards.

What a killed command left behind (copies of settings, shims, the environment as it was) the next one takes away, after
a day: what the killed one had started may still run and needs the shims. Invariant: a folder whose command is alive is
left alone, however old it is; that is known by a lock, which ends with the process.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "slopguard-"
ALIVE = "alive"
KEPT = 24 * 3600.0
"""Seconds for which a killed command's folder is kept."""


@contextmanager
def folder() -> Iterator[Path]:
    """A private folder for as long as the context is open."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as made, (Path(made) / ALIVE).open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        with suppress(OSError):
            _tidy(Path(made).parent)
        yield Path(made)


def _tidy(place: Path) -> None:
    """Take away what killed commands of this user left there long enough ago."""
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False) and _old(entry):
                with suppress(OSError):  # it has no lock, so it is not ours; or it is in use
                    _remove(Path(entry.path))


def _old(entry: os.DirEntry[str]) -> bool:
    about = entry.stat(follow_symlinks=False)
    return about.st_uid == os.getuid() and about.st_mtime < time.time() - KEPT


def _remove(left: Path) -> None:
    with (left / ALIVE).open("r") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left, ignore_errors=True)
