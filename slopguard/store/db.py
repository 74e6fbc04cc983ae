"""The main database of one `SLOPGUARD_HOME` (`slopguard.db`): its schema, and the key that stands beside it.

Invariants: those of `store.sqlite`. The database is no authority: nothing in it can allow what an empty one would not
(`facts`, `watch`, `suggestions`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from slopguard.errors import StoreError
from slopguard.store.sqlite import BUSY_SECONDS, Sqlite, private_folder

__all__ = ["BUSY_SECONDS", "FILE", "KEY_FILE", "MIGRATIONS", "Database", "account_key", "write_private"]

FILE = "slopguard.db"
KEY_FILE, ACCOUNT_KEY_FILE = "store.key", "account.key"
KEY_BYTES = 32
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


class Database(Sqlite):
    """The main database: one connection, usable from several threads, one at a time.

    Args:
        home: the folder; made when it does not exist.
        key: secret kept outside the database; digests of cached facts and of the ledger's head depend on it.
    """

    key: bytes

    def __init__(self, home: Path) -> None:
        super().__init__(home, FILE, MIGRATIONS)

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

    def _prepare(self) -> None:
        """Bring the schema up to date and have the key; nothing is written when both are there."""
        key = _read_key(self.home)
        if key is None or self._version() < len(MIGRATIONS):
            with self.write():
                self._migrate()
                key = _read_key(self.home) or _make_key(self.home)
        self.key = key


def account_key(folder: Path) -> bytes:
    """A secret of the account, kept where `SLOPGUARD_HOME` does not point.

    A folder that somebody prepared and named in that variable brings a key of its own, but not this one. A secret that
    cannot be kept is forgotten with the process.
    """
    try:
        private_folder(folder)
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
