"""The folders of tests are in memory where the machine has a file system there; elsewhere nobody waits for the disk.

Clients make and remove small files by the ten thousand. A disk with a journal took a sixth of the suite's time for it,
most of that in the search for inodes that were not in use a moment before. Slopguard waits for the disk at each thing
it writes, tens of thousands of times in a run, and such a wait takes up to a tenth of a second: that is for a power
cut, which no test makes. In memory these waits are nothing; on a disk they are left out (`hasten`).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

PLACE = Path("/dev/shm")
VARIABLE = "PYTEST_DEBUG_TEMPROOT"
ENOUGH = 2 << 30
"""Free bytes, several times what a whole run leaves at its end."""


def use() -> None:
    """Have pytest make its folders in memory, if programs can be run there and nobody has said where they are."""
    with suppress(OSError):
        about = os.statvfs(PLACE)
        roomy = about.f_bavail * about.f_frsize >= ENOUGH
        if roomy and not about.f_flag & os.ST_NOEXEC and os.access(PLACE, os.W_OK):
            os.environ.setdefault(VARIABLE, str(PLACE))


def used() -> bool:
    """Whether the folders of tests are there."""
    return os.environ.get(VARIABLE, "").startswith(str(PLACE))


def hasten() -> None:
    """Have this process wait for no disk: neither where a file is written, nor where SQLite does."""
    os.fsync = os.fdatasync = lambda handle: None  # type: ignore[assignment] # for good: it has no body to end with
    sqlite3.connect = partial(sqlite3.connect, factory=Hasty)  # type: ignore[assignment] # all overloads are one here


class Hasty(sqlite3.Connection):
    """A connection that asks for no wait, whatever it is told; all else is SQLite's own."""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """As always, except for the statements that say how long to wait."""
        if statement.startswith("PRAGMA journal_mode"):
            super().execute("PRAGMA synchronous = OFF")
        elif statement.startswith("PRAGMA synchronous"):
            statement = "PRAGMA synchronous = OFF"
        return super().execute(statement, *values)
