"""`bench.db`: what was measured so far, so that a bench that was killed goes on where it was; and the last results.

Invariants: a round is written in one transaction once it is whole, never half; rounds of another plan or of other
servers are never taken for these; no text of a model and no key is kept.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from filelock import FileLock, Timeout

from slopguard.errors import StoreError
from slopguard.store.sqlite import Sqlite, private_folder, reported

FILE, LOCK = "bench.db", "bench.lock"
MIGRATIONS = (
    (
        (
            "CREATE TABLE bench (id INTEGER PRIMARY KEY, digest TEXT NOT NULL, started TEXT NOT NULL,"
            " results TEXT NOT NULL DEFAULT '')"
        ),
        (
            "CREATE TABLE step (bench INTEGER NOT NULL, key TEXT NOT NULL, found TEXT NOT NULL,"
            " PRIMARY KEY (bench, key)) WITHOUT ROWID"
        ),
    ),
)
TROUBLE = f"{FILE} cannot be read or written"
Found = TypeVar("Found")


class Benches:
    """The file; a context manager.

    Args:
        home: `SLOPGUARD_HOME`; made if it does not exist.
        writing: keep every other process from measuring: two benches at once would measure each other.

    Raises:
        StoreError: it cannot be opened, or another process measures.
        ConfigError: a newer slopguard wrote it.
    """

    def __init__(self, home: Path, *, writing: bool = False) -> None:
        self._lock = _locked(home) if writing else None
        try:
            self._file = Sqlite(home, FILE, MIGRATIONS, trouble=(TROUBLE, None))
        except BaseException:
            self._release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._file.close()
        finally:
            self._release()

    def begin(self, digest: str, started: datetime) -> int:
        """A new bench; gives its number. What others measured and did not finish is dropped."""
        with self._file.write() as connection:
            connection.execute("DELETE FROM step")
            connection.execute("DELETE FROM bench WHERE results = ''")
            row = connection.execute("INSERT INTO bench (digest, started) VALUES (?, ?)", (digest, started.isoformat()))
            return int(row.lastrowid or 0)

    def unfinished(self) -> tuple[int, str] | None:
        """The number and the digest of the bench that is not finished, if there is one."""
        rows = self._file.read("SELECT id, digest FROM bench WHERE results = '' ORDER BY id DESC LIMIT 1")
        return (int(rows[0][0]), str(rows[0][1])) if rows else None

    def keys(self, bench: int) -> frozenset[str]:
        """What was measured so far."""
        return frozenset(row[0] for row in self._file.read("SELECT key FROM step WHERE bench = ?", (bench,)))

    def put(self, bench: int, key: str, found: object) -> None:
        """Write what one step found."""
        text = msgspec.json.encode(found).decode()
        with self._file.write() as connection:
            connection.execute("INSERT OR REPLACE INTO step VALUES (?, ?, ?)", (bench, key, text))

    def get(self, bench: int, key: str, kind: type[Found]) -> Found | None:
        """What a step found; `None` if it was not taken yet.

        Raises:
            StoreError: what stands there is damaged.
        """
        rows = self._file.read("SELECT found FROM step WHERE bench = ? AND key = ?", (bench, key))
        try:
            return msgspec.json.decode(rows[0][0], type=kind) if rows else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise StoreError(TROUBLE) from None

    def finish(self, bench: int, results: str) -> None:
        """Write the results; the steps are not needed any more."""
        with self._file.write() as connection:
            connection.execute("UPDATE bench SET results = ? WHERE id = ?", (results, bench))
            connection.execute("DELETE FROM step WHERE bench = ?", (bench,))

    def latest(self) -> str | None:
        """The results of the bench that was finished last."""
        rows = self._file.read("SELECT results FROM bench WHERE results <> '' ORDER BY id DESC LIMIT 1")
        return str(rows[0][0]) if rows else None

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()


def _locked(home: Path) -> FileLock:
    with reported(TROUBLE):
        private_folder(home)
        lock = FileLock(home / LOCK, timeout=0, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise StoreError("another bench is running", "Wait for it, or end it") from None
    return lock
