"""The watchlist of one `SLOPGUARD_HOME`: what is asked of it, what is added to it, what is taken out.

Nothing is opened before it is needed, and what only reads makes no file. Invariants: a change is one transaction, on
disk when it returns; whoever else writes is waited for; a row can only refuse.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from slopguard.errors import StoreError
from slopguard.model import Ecosystem, WatchRow
from slopguard.store.sqlite import Sqlite, reported
from slopguard.watchlist import paging, removing, rows
from slopguard.watchlist.answers import Added, Count, Kept, Place, Ranked
from slopguard.watchlist.filling import Filling, Steps
from slopguard.watchlist.grammar import canonical
from slopguard.watchlist.layout import FILE, MIGRATIONS, TROUBLE, UNRANKED, Line, stats_of, watched
from slopguard.watchlist.model import Batch, Sighting, Watched
from slopguard.watchlist.reading import Reader

PATIENCE = 600.0
"""Seconds to wait for another process that writes: an import of ten million names may take a minute."""
WINDOW = 50_000
"""Names that are taken in at once."""
CACHE = 64 << 10
"""KiB of the file that a writer keeps in memory."""


class Watchlist:
    """The names that are watched.

    Args:
        home: `SLOPGUARD_HOME`.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._reader = Reader(home)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open; it opens again when it is asked."""
        self._reader.close()

    # ------------------------------------------------------------ one name

    def get(self, ecosystem: Ecosystem, name: str, now: datetime | None = None) -> WatchRow | None:
        """What counts of a name: all its rows that have not expired, as one (`choosing.strictest`).

        Raises:
            StoreError: the file cannot be read, or makes no sense.
            ConfigError: a newer slopguard wrote it.
        """
        return self._reader.get(ecosystem, name, now)

    def expect(self, names: Iterable[tuple[Ecosystem, str]]) -> None:
        """Read at once which names are not there, of names that will be asked about now.

        Raises:
            StoreError: the file cannot be read.
            ConfigError: a newer slopguard wrote it.
        """
        self._reader.expect(names)

    def sightings(self, ecosystem: Ecosystem, name: str) -> tuple[Sighting, ...]:
        """Every row about a name, expired ones too, best rank first.

        Raises:
            StoreError: the file cannot be read, or makes no sense.
            ConfigError: a newer slopguard wrote it.
        """
        hits, _ = self._reader.find(ecosystem, name)
        ordered = sorted(hits, key=lambda hit: (hit[1].rank, hit[0].at))
        return tuple(Sighting(batch, watched(ecosystem, line)) for batch, line in ordered)

    def appeared(self, ecosystem: Ecosystem, name: str) -> datetime | None:
        """When a watched name was first seen registered after having been seen free.

        Raises:
            StoreError: the file cannot be read.
            ConfigError: a newer slopguard wrote it.
        """
        return self._reader.find(ecosystem, name)[1]

    # ------------------------------------------------------------ all of them

    def ranked(
        self,
        ecosystem: Ecosystem | None = None,
        after: Place | None = None,
        limit: int = 1000,
        now: datetime | None = None,
        only: Callable[[Batch], bool] = lambda batch: True,
    ) -> list[Ranked]:
        """The next names by rank, each once, at its best rank; those without a rank come last.

        Args:
            ecosystem: of this one alone.
            after: the place of the last name of the page before.
            only: names of these batches alone, of those that have not expired.

        Raises:
            StoreError: the file cannot be read, or makes no sense.
            ConfigError: a newer slopguard wrote it.
        """
        at = now or datetime.now(UTC)
        with self._reading() as connection:
            if connection is None:
                return []
            living = lambda batch: (batch.expires is None or batch.expires > at) and only(batch)  # noqa: E731  used once
            return paging.page(connection, ecosystem, after, limit, living)

    def everything(self, ecosystem: Ecosystem | None = None) -> Iterator[Sighting]:
        """Every row, batch by batch, best rank first.

        Raises:
            StoreError: the file cannot be read, or makes no sense.
            ConfigError: a newer slopguard wrote it.
        """
        with self._reading() as connection:
            for part in rows.parts(connection) if connection is not None else ():
                if connection is not None and ecosystem in (None, part.ecosystem):
                    for line in paging.everything(connection, part):
                        yield Sighting(part.batch, watched(part.ecosystem, line))

    def batches(self) -> tuple[Kept, ...]:
        """Every batch, oldest first.

        Raises:
            StoreError: the file cannot be read, or makes no sense.
            ConfigError: a newer slopguard wrote it.
        """
        with self._reading() as connection:
            if connection is None:
                return ()
            held: defaultdict[int, int] = defaultdict(int)
            for part in rows.parts(connection):
                held[part.number] += part.rows
            return tuple(Kept(number, batch, held[number]) for number, batch in rows.batches(connection))

    def counts(self) -> tuple[Count, ...]:
        """How many rows there are of each ecosystem, origin and source.

        Raises:
            StoreError: the file cannot be read, or makes no sense.
            ConfigError: a newer slopguard wrote it.
        """
        with self._reading() as connection:
            held: defaultdict[tuple[Ecosystem, str, str], int] = defaultdict(int)
            for part in rows.parts(connection) if connection is not None else ():
                held[part.ecosystem, part.batch.origin, part.batch.source] += part.rows
            return tuple(Count(*key, held[key]) for key in sorted(held) if held[key])

    # ------------------------------------------------------------ changes

    def add(self, batch: Batch, names: Iterable[Watched], steps: Steps = lambda count: None) -> Added:
        """Add the names of one batch, in one transaction; what is no name in its one right spelling is refused.

        Args:
            names: read as they come; ranks count for each ecosystem by itself.
            steps: told how many names were taken in since it was told last.

        Raises:
            StoreError: they could not be written.
            ConfigError: a newer slopguard wrote the file.
        """
        refused = 0
        with self.filling() as filling:
            rest = iter(names)
            while window := list(islice(rest, WINDOW)):
                for ecosystem in Ecosystem:
                    mine = [row for row in window if row.ecosystem is ecosystem]
                    right = canonical(ecosystem, [row.name for row in mine])
                    filling.put(batch, ecosystem, [_line(row) for row, good in zip(mine, right, strict=True) if good])
                    refused += right.count(False)
                steps(len(window))
            told = filling.finish()
        return Added(told.new, told.known, refused, told.again)

    @contextmanager
    def filling(self, *, again: bool = False, without: Iterable[int] = ()) -> Iterator[Filling]:
        """One transaction to add names in: many batches, many windows; `finish` must be called before it ends.

        Args:
            again: see `Filling`.
            without: numbers of batches that are taken out first, within the same transaction.

        Raises:
            StoreError: they could not be written.
            ConfigError: a newer slopguard wrote the file.
        """
        with self._writing() as connection:
            removing.prune(connection, datetime.now(UTC))
            for number in without:
                removing.remove_batch(connection, number)
            yield Filling(connection, again=again)

    def mark_appeared(self, ecosystem: Ecosystem, name: str, when: datetime) -> None:
        """Note when a name was first seen registered after having been seen free; the first time stays.

        Raises:
            StoreError: it could not be written.
            ConfigError: a newer slopguard wrote the file.
        """
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO appeared VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (ecosystem.value, name, when.astimezone(UTC).isoformat()),
            )

    def remove(self, ecosystem: Ecosystem, name: str) -> int:
        """Take a name out of every batch; gives out of how many.

        Raises:
            StoreError: it could not be written.
            ConfigError: a newer slopguard wrote the file.
        """
        with self._writing() as connection:
            return removing.remove_name(connection, ecosystem, name)

    def remove_batch(self, number: int) -> int:
        """Take a batch out with all its names; gives how many they were.

        Raises:
            StoreError: it could not be written.
            ConfigError: a newer slopguard wrote the file.
        """
        with self._writing() as connection:
            return removing.remove_batch(connection, number)

    def prune(self, now: datetime) -> int:
        """Take out the batches that have expired; gives how many names they held.

        Raises:
            StoreError: it could not be written.
            ConfigError: a newer slopguard wrote the file.
        """
        with self._writing() as connection:
            return removing.prune(connection, now)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        with self._reader.using() as connection, reported(*TROUBLE):
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction over a connection of its own: writing is rare, and another process may be at it."""
        database = Sqlite(self._home, FILE, MIGRATIONS, patience=PATIENCE, trouble=TROUBLE)
        try:
            database.read(f"PRAGMA cache_size = -{CACHE}")
            with database.write() as connection:
                yield connection
            with suppress(StoreError):  # a reader may hold the log; then it shrinks later
                database.read("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            database.close()
            self._reader.forget()


def _line(row: Watched) -> Line:
    return Line(row.name, row.rank if row.rank is not None else UNRANKED, stats_of(row))
