"""The database of one `SLOPGUARD_HOME`: opened safely, migrated forward, shared by several processes.

Invariants: the folder is 0700 and its files 0600; every change is one transaction, on disk before `write` returns (WAL,
synchronous FULL); a database written by a newer slopguard is refused; whatever SQLite reports is a `StoreError`.
The database is no authority: nothing in it can allow what an empty one would not (`facts`, `watch`, `suggestions`).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slopguard.errors import ConfigError, StoreError

FILE = "slopguard.db"
KEY_FILE, ACCOUNT_KEY_FILE = "store.key", "account.key"
KEY_BYTES = 32
BUSY_SECONDS = 10.0
_MAKING = threading.Lock()
_FOR_GOOD = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
"""Faults that no waiting mends."""
_AT_ONCE = 400
"""Names in one statement; SQLite takes up to 999 values in its oldest builds."""

MIGRATIONS: Sequence[Sequence[str]] = (
    (
        (
            "CREATE TABLE ledger (n INTEGER PRIMARY KEY, time TEXT, package TEXT, decision TEXT,"
            " body TEXT NOT NULL, hash TEXT NOT NULL)"
        ),
        "CREATE INDEX ledger_decision ON ledger (decision)",
        "CREATE INDEX ledger_package ON ledger (package)",
        "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'append only'); END",
        "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'append only'); END",
        (
            "CREATE TABLE observed (ecosystem TEXT NOT NULL, name TEXT NOT NULL, first TEXT NOT NULL,"
            " last TEXT NOT NULL, count INTEGER NOT NULL, actors TEXT NOT NULL,"
            " PRIMARY KEY (ecosystem, name)) WITHOUT ROWID"
        ),
        (
            "CREATE TABLE facts (ecosystem TEXT NOT NULL, name TEXT NOT NULL, asked TEXT NOT NULL, body TEXT NOT NULL,"
            " digest TEXT NOT NULL, PRIMARY KEY (ecosystem, name)) WITHOUT ROWID"
        ),
    ),
    (
        (
            "CREATE TABLE suggestions (n INTEGER PRIMARY KEY, batch INTEGER NOT NULL, time TEXT NOT NULL,"
            " agent TEXT NOT NULL, model TEXT NOT NULL, session TEXT NOT NULL, turn TEXT NOT NULL, kind TEXT NOT NULL,"
            " ecosystem TEXT NOT NULL, name TEXT NOT NULL, version TEXT, verdict TEXT NOT NULL, rule TEXT NOT NULL,"
            " decision TEXT NOT NULL, stopped INTEGER NOT NULL, invented INTEGER NOT NULL)"
        ),
        "CREATE INDEX suggestions_name ON suggestions (ecosystem, name)",
        "CREATE INDEX suggestions_time ON suggestions (time)",
        "CREATE INDEX observed_last ON observed (last)",  # what has expired is looked for at each answer
    ),
)
"""Statements that lead from each schema version to the next; the version is `PRAGMA user_version`."""


class Database:
    """One connection, usable from several threads, one at a time.

    Args:
        home: the folder; made when it does not exist.
        key: secret kept outside the database; digests of cached facts and of the ledger's head depend on it.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock = threading.RLock()
        with _reported():
            _private_folder(home)
            self._connection = _connect(home / FILE)
            self.key = self._prepare()

    def close(self) -> None:
        """Close the connection; what was written is on disk already."""
        with self._lock, _reported():
            self._connection.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on disk when the block is left, or none of it.

        Raises:
            StoreError: it could not be written.
        """
        with self._lock, _reported():
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
        with self._lock, _reported():
            return self._connection.execute(statement, values).fetchall()

    def about(self, statement: str, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[Any, ...]]:
        """The rows about many names at once, by ecosystem and name.

        Args:
            statement: selects ecosystem and name first, and ends where `AND (ecosystem, name) IN ...` may follow.

        Raises:
            StoreError: the database cannot be read.
        """
        found: dict[tuple[str, str], tuple[Any, ...]] = {}
        asked = list(names)
        for at in range(0, len(asked), _AT_ONCE):
            part = asked[at : at + _AT_ONCE]
            places = ",".join(["(?,?)"] * len(part))
            values = [value for pair in part for value in pair]
            for row in self.read(f"{statement} AND (ecosystem, name) IN (VALUES {places})", values):
                found[row[0], row[1]] = row[2:]
        return found

    def _prepare(self) -> bytes:
        """Bring the schema up to date and give the key; nothing is written when both are there."""
        key = _read_key(self.home)
        if key is not None and self._version() == len(MIGRATIONS):
            return key
        with self.write() as connection:
            for statements in MIGRATIONS[self._version() :]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            return _read_key(self.home) or _make_key(self.home)

    def _version(self) -> int:
        found = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if found > len(MIGRATIONS):
            raise ConfigError(
                "the database was written by a newer slopguard", "Upgrade slopguard, or set SLOPGUARD_HOME"
            )
        return found


def account_key(folder: Path) -> bytes:
    """A secret of the account, kept where `SLOPGUARD_HOME` does not point.

    A folder that somebody prepared and named in that variable brings a key of its own, but not this one. A secret that
    cannot be kept is forgotten with the process.
    """
    try:
        _private_folder(folder)
        return _read_key(folder, ACCOUNT_KEY_FILE) or _make_key(folder, ACCOUNT_KEY_FILE)
    except (OSError, StoreError):
        return os.urandom(KEY_BYTES)


def write_private(path: Path, data: bytes) -> None:
    """Put `data` at `path` (0600) so that a crash leaves the old content or the new, on disk, never half of it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _reported() -> Iterator[None]:
    """Turn what SQLite and the file system report into our one error, without their words."""
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:  # the last: SQLite quotes a damaged page
        raise StoreError("the database cannot be read or written") from error


def _private_folder(home: Path) -> None:
    """Make the folder, or make sure that nobody else could have prepared it; where a link leads to is what counts."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name != "posix":
        return
    found, me = home.stat(), os.geteuid()
    if found.st_mode & 0o022:
        raise StoreError("others may write to SLOPGUARD_HOME", "Make the folder yours alone: chmod 700")
    if me != 0 and found.st_uid not in (me, 0):
        raise StoreError("SLOPGUARD_HOME belongs to somebody else", "Name a folder of your own")


def _connect(path: Path) -> sqlite3.Connection:
    with _MAKING:
        _make(path)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
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


def _read_key(home: Path, name: str = KEY_FILE) -> bytes | None:
    try:
        key = (home / name).read_bytes()
    except FileNotFoundError:
        return None
    return key if len(key) == KEY_BYTES else None


def _make_key(home: Path, name: str = KEY_FILE) -> bytes:
    key = os.urandom(KEY_BYTES)
    write_private(home / name, key)
    return key
