"""The folder that the processes of one running server share, below `SLOPGUARD_HOME`; gone when the server is.

Invariant: it begins empty and private; one that a killed server left behind is taken away by the next, and one whose
server still runs is not: that server holds its lock.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import filelock

from slopguard.errors import StoreError

FOLDER = "serve"
PREFIX = "run-"
LOCK = ".lock"


@contextmanager
def folder(home: Path) -> Iterator[Path]:
    """The folder of this run.

    Raises:
        StoreError: it cannot be made.
    """
    try:
        (home / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(home / FOLDER)
        run = Path(mkdtemp(prefix=PREFIX, dir=home / FOLDER))
        lock = filelock.FileLock(run.with_suffix(LOCK), timeout=0, mode=0o600)
        lock.acquire()
    except (OSError, filelock.Timeout):
        raise StoreError("the folder of this server cannot be made") from None
    try:
        yield run
    finally:
        shutil.rmtree(run, ignore_errors=True)
        lock.release()
        with suppress(OSError):
            run.with_suffix(LOCK).unlink(missing_ok=True)


def _sweep(place: Path) -> None:
    for left in place.glob(f"{PREFIX}*{LOCK}"):
        lock = filelock.FileLock(left, timeout=0)
        try:
            with lock:
                shutil.rmtree(left.with_suffix(""), ignore_errors=True)
                left.unlink(missing_ok=True)
        except filelock.Timeout:  # its server runs
            continue
