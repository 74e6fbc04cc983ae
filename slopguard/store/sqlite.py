"""One SQLite file of a `SLOPGUARD_HOME`: opened safely, migrated forward, shared by several processes.

Invariants: the folder is 0700 and its files 0600; every change is one transaction, on disk before `write` returns (WAL,
synchronous FULL); a file written by a newer slopguard is refused; whatever SQLite reports is a `StoreError`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slopguard.errors import ConfigError, StoreError

BUSY_SECONDS = 10.0
UNREADABLE = "the database cannot be read or written"
_MAKING = threading.Lock()
_FOR_GOOD = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
"""Faults that no waiting mends."""
_AROUND_IT = (
    *_FOR_GOOD,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
)
"""Faults that are none of the file's content."""

Migrations = Sequence[Sequence[str]]
"""Statements that lead from each schema version to the next; the version is `PRAGMA user_version`."""


class Sqlite:
    """One connection, usable from several threads, one at a time.

    Args:
        home: the folder; made when it does not exist.
        file: the name of the file in it.
        migrations: its schema.
        patience: seconds to wait for another process that writes.
        trouble: what is said of a file that cannot be used, and what to do about one that is damaged; of any other
            fault the hint names the folder.

    Raises:
        StoreError: it cannot be opened.
        ConfigError: a newer slopguard wrote it.
    """

    def __init__(
        self,
        home: Path,
        file: str,
        migrations: Migrations,
        *,
        patience: float = BUSY_SECONDS,
        trouble: tuple[str, str | None] = (UNREADABLE, None),
    ) -> None:
        self.home = home
        self._lock = threading.RLock()
        self._migrations, self._trouble = migrations, trouble
        with reported(*trouble):
            private_folder(home)
            self._connection = _connect(home / file, patience)
            self._prepare()

    def close(self) -> None:
        """Close the connection; what was written is on disk already."""
        with self._lock, reported(*self._trouble):
            self._connection.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on disk when the block is left, or none of it.

        Raises:
            StoreError: it could not be written.
        """
        with self._lock, reported(*self._trouble):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def probe(self) -> None:
        """Write something that changes nothing, to the disk.

        Raises:
            StoreError: it cannot be written.
        """
        with self.write() as connection:
            connection.execute(f"PRAGMA user_version = {self._version()}")

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Every row that `statement` selects.

        Raises:
            StoreError: the database cannot be read.
        """
        with self._lock, reported(*self._trouble):
            return self._connection.execute(statement, values).fetchall()

    def _prepare(self) -> None:
        """Bring the schema up to date; nothing is written when it is."""
        if self._version() < len(self._migrations):
            with self.write():
                self._migrate()

    def _migrate(self) -> None:
        """Bring the schema up to date, as a part of a transaction."""
        for statements in self._migrations[self._version() :]:
            for statement in statements:
                self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version = {len(self._migrations)}")

    def _version(self) -> int:
        return version_of(self._connection, self._migrations)


def version_of(connection: sqlite3.Connection, migrations: Migrations) -> int:
    """The schema version of an open file.

    Raises:
        ConfigError: it is one that this slopguard does not know.
    """
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > len(migrations):
        raise ConfigError("the database was written by a newer slopguard", "Upgrade slopguard, or set SLOPGUARD_HOME")
    return found


@contextmanager
def reported(what: str = UNREADABLE, hint: str | None = None) -> Iterator[None]:
    """Turn what SQLite and the file system report into our one error, without their words."""
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:  # the last: SQLite quotes a damaged page
        raise StoreError(what, hint if _of_the_file(error) else None) from error


def _of_the_file(error: Exception) -> bool:
    """Whether something is wrong with the file itself; else with its disk or its rights, or another process has it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return not isinstance(error, OSError) and code & 0xFF not in _AROUND_IT


def private_folder(home: Path) -> None:
    """Make the folder, or make sure that nobody else could have prepared it; where a link leads to is what counts."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name != "posix":
        return
    found, me = home.stat(), os.geteuid()
    if found.st_mode & 0o022:
        raise StoreError("others may write to SLOPGUARD_HOME", "Make the folder yours alone: chmod 700")
    if me != 0 and found.st_uid not in (me, 0):
        raise StoreError("SLOPGUARD_HOME belongs to somebody else", "Name a folder of your own")


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    with _MAKING:
        _make(path)
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    _write_ahead(connection)
    for pragma in ("synchronous = FULL", "trusted_schema = OFF", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _make(path: Path) -> None:
    """Make an empty file with the mode that SQLite gives its journal files, too.

    One that is there is left alone: who closes a file gives up all locks that its process has on it, those of other
    connections too, and another process then takes their write-ahead log away.
    """
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait for another process that is just doing the same."""
    latest = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if time.monotonic() > latest or error.sqlite_errorcode & 0xFF in _FOR_GOOD:
                raise
            time.sleep(0.01)
