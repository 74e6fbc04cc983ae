"""One poll at a time in a `SLOPGUARD_HOME`, and when the last one began; light, because the daemon asks.

Invariants: the lock ends with the process that holds it, however that ends; a file that is not there says that there
was no poll.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slopguard.errors import EnvironmentFailed, StoreError

FILE = "radar.lock"


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Be the only poll of this home while the block runs.

    Raises:
        EnvironmentFailed: another one is at work.
        StoreError: the lock cannot be had here.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(home / FILE, timeout=0, mode=0o600)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
        os.utime(home / FILE)
    except Timeout:
        raise EnvironmentFailed("another poll is at work", "Wait until it has ended") from None
    except OSError as error:
        raise StoreError("radar.lock cannot be used") from error
    try:
        yield
    finally:
        lock.release()


def last_began(home: Path) -> float | None:
    """When the last poll of this home began (seconds since 1970), `None` if there was none."""
    try:
        return (home / FILE).stat().st_mtime
    except OSError:
        return None
