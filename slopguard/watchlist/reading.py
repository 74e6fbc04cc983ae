"""Looking names up: one read-only connection to `watch.db`, opened when there is one, and again when it is another.

Every door asks this of every name, so that it is written for the clock: one statement a name, and a look at the file
only every `AGAIN` seconds. Invariants: what another process wrote is seen by the next look-up (what `expect` found
absent: after `FRESH` seconds); no file is an empty watchlist; a file that cannot be read, or makes no sense, is a
`StoreError`, never an empty answer.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import Any

from slopguard.errors import StoreError
from slopguard.model import Ecosystem, WatchRow
from slopguard.store.sqlite import BUSY_SECONDS, Sqlite, private_folder, version_of
from slopguard.watchlist import rows
from slopguard.watchlist.choosing import strictest
from slopguard.watchlist.layout import (
    BUCKET,
    FILE,
    MIGRATIONS,
    TROUBLE,
    UNRANKED,
    Line,
    damaged,
    find_line,
    placed,
    seed,
)
from slopguard.watchlist.model import Batch

AGAIN = 0.25
"""Seconds after which it is looked whether the file is still the one that is open."""
FRESH = 2.0
"""Seconds for which names count as absent that `expect` did not find."""
AT_ONCE = 400
_FIND = (
    "SELECT b.refs, c.id, c.part, c.first, c.body, a.at FROM buckets b"
    " LEFT JOIN chunks c ON c.id = CAST(substr(b.refs, nullif(instr(b.refs, ?2), 0) + 5) AS INTEGER)"
    " LEFT JOIN appeared a ON c.id IS NOT NULL AND a.ecosystem = ?3 AND a.name = ?4 WHERE b.id = ?1"
)
_FAULTS = (sqlite3.Error, OSError, ValueError, TypeError, AttributeError)
"""What comes of a file that cannot be read, or holds something else than it must."""
MAPPED = 1 << 30
"""Bytes of the file that are read through a map of it instead of one call a page."""
Hit = tuple[Batch, Line]


class Reader:
    """The names of one `SLOPGUARD_HOME`; usable from several threads, one at a time."""

    def __init__(self, home: Path) -> None:
        self._home, self._path = home, home / FILE
        self._place = os.fspath(self._path)
        self._lock = threading.RLock()
        self._cursor: sqlite3.Cursor | None = None
        self._file: tuple[int, int] = (0, 0)
        self._looked = 0.0
        self._salt = b""
        self._pypi = self._npm = seed(Ecosystem.PYPI, b"")
        self._parts: dict[int, Batch] = {}
        self._absent: frozenset[tuple[Ecosystem, str]] = frozenset()
        self._absent_until = 0.0

    def close(self) -> None:
        """Close the connection; the next look-up opens it again."""
        with self._lock:
            if self._cursor is not None:
                with suppress(sqlite3.Error):
                    self._cursor.connection.close()
            self._cursor, self._absent = None, frozenset()

    def get(self, ecosystem: Ecosystem, name: str, now: datetime | None = None) -> WatchRow | None:
        """What counts of a name: all its rows that have not expired, as one.

        Raises:
            StoreError: the file cannot be read, or makes no sense.
            ConfigError: a newer slopguard wrote it.
        """
        with self._lock:
            try:
                found = self._found(ecosystem, name)
                if found is None:
                    return None
                cursor, mark, row = found
                alone = row[0].count(mark) == 1  # all but a few: nothing else can speak of it
                hits = self._hit(cursor, name, row) if alone else self._hits(cursor, name, mark, row)
                appeared = rows.moment(row[5]) if row[5] is not None else None
            except _FAULTS as error:
                raise StoreError(*TROUBLE) from error
        now = now or datetime.now(UTC)
        return strictest([_row(b, line, appeared) for b, line in hits if b.expires is None or b.expires > now])

    def find(self, ecosystem: Ecosystem, name: str) -> tuple[list[Hit], datetime | None]:
        """Every row about a name, expired or not, and when it appeared.

        Raises:
            StoreError: the file cannot be read, or makes no sense.
            ConfigError: a newer slopguard wrote it.
        """
        with self._lock:
            try:
                found = self._found(ecosystem, name)
                if found is None:
                    return [], None
                cursor, mark, row = found
                return self._hits(cursor, name, mark, row), rows.moment(row[5])
            except _FAULTS as error:
                raise StoreError(*TROUBLE) from error

    def expect(self, names: Iterable[tuple[Ecosystem, str]]) -> None:
        """Find out at once which names are not there at all, of names that will be asked about.

        Raises:
            StoreError: the file cannot be read.
            ConfigError: a newer slopguard wrote it.
        """
        with self._lock:
            try:
                cursor = self._opened()
                if cursor is not None:
                    self._absent = frozenset(self._not_there(cursor, names))
                    self._absent_until = time.monotonic() + FRESH
            except _FAULTS as error:
                raise StoreError(*TROUBLE) from error

    @contextmanager
    def using(self) -> Iterator[sqlite3.Connection | None]:
        """The connection, for questions that are not asked of every name; `None` without a file.

        Raises:
            StoreError: the file cannot be read.
            ConfigError: a newer slopguard wrote it.
        """
        with self._lock:
            try:
                cursor = self._opened()
            except _FAULTS as error:
                raise StoreError(*TROUBLE) from error
            yield cursor.connection if cursor is not None else None

    def forget(self) -> None:
        """Take nothing for granted that was read before: this process wrote to the file."""
        with self._lock:
            self._absent, self._looked = frozenset(), 0.0

    # ------------------------------------------------------------ the rows about a name

    def _found(self, ecosystem: Ecosystem, name: str) -> tuple[sqlite3.Cursor, str, tuple[Any, ...]] | None:
        """What stands in the bucket of a name, if its mark is there."""
        cursor = self._opened()
        if cursor is None or (self._absent and self._is_absent((ecosystem, name))):
            return None
        pypi = ecosystem is Ecosystem.PYPI  # an enumeration is hashed and formatted in Python: this is faster
        hashed = (self._pypi if pypi else self._npm).copy()
        hashed.update(name.encode())
        digest = hashed.digest()
        mark = "|" + digest[6:].hex()
        asked = (int.from_bytes(digest, "big") >> BUCKET, mark, "pypi" if pypi else "npm", name)
        row = cursor.execute(_FIND, asked).fetchone()
        if row is None:
            return None
        if row[1] is None:
            if mark in row[0]:
                raise damaged()
            return None
        return cursor, mark, row

    def _is_absent(self, key: tuple[Ecosystem, str]) -> bool:
        return key in self._absent and time.monotonic() < self._absent_until

    def _hit(self, cursor: sqlite3.Cursor, name: str, row: tuple[Any, ...]) -> list[Hit]:
        """The row about a name in the one chunk that may hold it."""
        _, _, part, first, body, _ = row
        line = find_line(name, first, body)
        return [(self._parts.get(part) or self._batch(cursor, part), line)] if line is not None else []

    def _hits(self, cursor: sqlite3.Cursor, name: str, mark: str, row: tuple[Any, ...]) -> list[Hit]:
        found = self._hit(cursor, name, row)
        others = {int(ref[4:]) for ref in row[0].split("|") if ref.startswith(mark[1:])} - {row[1]}
        for chunk in sorted(others):
            other = cursor.execute("SELECT NULL, id, part, first, body, NULL FROM chunks WHERE id = ?", (chunk,))
            found += self._hit(cursor, name, other.fetchone())
        return found

    def _batch(self, cursor: sqlite3.Cursor, part: int) -> Batch:
        """The batch of a part; what is known of one never changes."""
        if part not in self._parts:
            self._parts = {kept.part: kept.batch for kept in rows.parts(cursor)}
        return self._parts[part] if part in self._parts else rows.missing()

    def _not_there(
        self, cursor: sqlite3.Cursor, names: Iterable[tuple[Ecosystem, str]]
    ) -> Iterable[tuple[Ecosystem, str]]:
        asked = sorted((*placed(*key, self._salt), key) for key in names)
        for at in range(0, len(asked), AT_ONCE):
            part = asked[at : at + AT_ONCE]
            places = ",".join("?" * len(part))
            statement = f"SELECT id, refs FROM buckets WHERE id IN ({places})"  # noqa: S608  question marks only
            refs = dict(cursor.execute(statement, [bucket for bucket, _, _ in part]))
            yield from (key for bucket, mark, key in part if mark not in refs.get(bucket, ""))

    # ------------------------------------------------------------ the file

    def _opened(self) -> sqlite3.Cursor | None:
        now = time.monotonic()
        if self._cursor is not None and now - self._looked < AGAIN:
            return self._cursor
        try:
            found = os.stat(self._place)  # noqa: PTH116  half the time that a Path takes
        except (FileNotFoundError, NotADirectoryError):
            self.close()
            return None
        if not S_ISREG(found.st_mode):  # of a pipe, SQLite would wait for a writer for ever
            raise damaged()
        if self._cursor is None or self._file != (found.st_dev, found.st_ino):
            self.close()
            self._cursor = self._connected()
            self._file = (found.st_dev, found.st_ino)
        self._looked = now
        return self._cursor

    def _connected(self) -> sqlite3.Cursor | None:
        """An open file of this version; `None` for one that nobody has made a watchlist of yet."""
        private_folder(self._home)
        connection = self._connection()
        version = version_of(connection, MIGRATIONS)
        if not version:
            connection.close()
            return None
        if version < len(MIGRATIONS):
            connection.close()
            Sqlite(self._home, FILE, MIGRATIONS, trouble=TROUBLE).close()
            connection = self._connection()
        self._parts = {}
        (self._salt,) = connection.execute("SELECT bytes FROM salt").fetchone()
        self._pypi, self._npm = seed(Ecosystem.PYPI, self._salt), seed(Ecosystem.NPM, self._salt)
        return connection.cursor()

    def _connection(self) -> sqlite3.Connection:
        address = f"{self._path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        for pragma in ("trusted_schema = OFF", "query_only = ON", f"mmap_size = {MAPPED}"):
            connection.execute(f"PRAGMA {pragma}")
        return connection


def _row(batch: Batch, line: Line, appeared: datetime | None) -> WatchRow:
    rank = line.rank if line.rank < UNRANKED else None
    models = _models(line.stats) if line.stats else None
    return WatchRow(batch.origin, batch.source, rank, models, batch.at, batch.expires, appeared)


def _models(stats: str) -> int | None:
    text = stats.partition(" ")[0]
    if not text.isdecimal() and text != "-":
        raise damaged()
    return int(text) if text != "-" else None
