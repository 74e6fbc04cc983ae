"""Names in the order of their rank, a page at a time, over all batches together.

A page starts where the last one ended, in every part at once: none looks at more than its own names and the start of
each part. Invariant: a name comes once, at its best rank among the batches that count.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from itertools import islice

from slopguard.model import Ecosystem
from slopguard.watchlist import rows
from slopguard.watchlist.answers import Place, Ranked
from slopguard.watchlist.layout import Line, find_line, lines_of, numbered, placed, watched
from slopguard.watchlist.model import Batch, Sighting
from slopguard.watchlist.rows import Part

START: Place = (0, 0, 0, 0)
READ = 16
"""Chunks of a part that are read at once."""
_CHUNKS = (
    "SELECT id, first, body FROM chunks WHERE part = ?1 AND first >= ?2 AND (first > ?2 OR id >= ?3)"
    " ORDER BY first, id LIMIT ?4"
)
Found = tuple[Place, Part, Line]


def page(
    connection: sqlite3.Connection,
    ecosystem: Ecosystem | None,
    after: Place | None,
    limit: int,
    counts: Callable[[Batch], bool],
) -> list[Ranked]:
    """At most `limit` names after a place, best first.

    Args:
        ecosystem: of this one alone.
        after: the place of the last name of the page before.
        counts: whether a batch counts; those that do not are left out.

    Raises:
        StoreError: the file makes no sense.
    """
    after = after or START
    living = [part for part in rows.parts(connection) if counts(part.batch)]
    mine = [part for part in living if ecosystem in (None, part.ecosystem) and part.last >= after[0]]
    parts = Counter(part.ecosystem for part in living)
    best = _Best(connection, living)
    ordered = merge(*(_after(connection, part, after) for part in mine), key=lambda found: found[0])
    wanted = (found for found in ordered if parts[found[1].ecosystem] == 1 or best.holds(found))
    return [
        Ranked(place, Sighting(part.batch, watched(part.ecosystem, line)))
        for place, part, line in islice(wanted, limit)
    ]


def everything(connection: sqlite3.Connection, part: Part) -> Iterator[Line]:
    """Every name of a part, best first."""
    statement = "SELECT first, body FROM chunks WHERE part = ? ORDER BY first, id"
    for first, body in connection.execute(statement, (part.part,)):
        yield from lines_of(first, body)


def _after(connection: sqlite3.Connection, part: Part, after: Place) -> Iterator[Found]:
    """The names of a part that come after a place."""
    first, chunk = _start(connection, part.part, after)
    while True:
        found = connection.execute(_CHUNKS, (part.part, first, chunk, READ)).fetchall()
        for chunk, first, body in found:
            for at, line in numbered(first, body):
                place = (line.rank, part.part, chunk, at)
                if place > after:
                    yield place, part, line
        if len(found) < READ:
            return
        chunk += 1


def _start(connection: sqlite3.Connection, part: int, after: Place) -> tuple[int, int]:
    """The first rank and the number of a chunk from which on names of a part may come after a place."""
    rank, last, chunk, _ = after
    if part == last:
        found = connection.execute("SELECT first, id FROM chunks WHERE id = ?", (chunk,)).fetchone()
    else:  # names of the same rank come after it only in parts that come after it
        statement = "SELECT first, id FROM chunks WHERE part = ? AND first < ? ORDER BY first DESC, id DESC LIMIT 1"
        found = connection.execute(statement, (part, rank if part > last else rank + 1)).fetchone()
    return (found[0], found[1]) if found is not None else (0, 0)


class _Best:
    """Whether a place is the best one of its name.

    Args:
        living: the parts that count.
    """

    def __init__(self, connection: sqlite3.Connection, living: Sequence[Part]) -> None:
        self._connection = connection
        self._living = {part.part: part.ecosystem for part in living}
        found = connection.execute("SELECT bytes FROM salt").fetchone()
        self._salt: bytes = found[0]

    def holds(self, found: Found) -> bool:
        place, part, line = found
        bucket, mark = placed(part.ecosystem, line.name, self._salt)
        row = self._connection.execute("SELECT refs FROM buckets WHERE id = ?", (bucket,)).fetchone()
        refs: str = row[0] if row is not None else ""
        if refs.count(mark) < 2:
            return True
        chunks = {int(ref[4:]) for ref in refs.split("|") if ref.startswith(mark[1:])} - {place[2]}
        return all(place < other for chunk in chunks for other in self._places(chunk, part.ecosystem, line.name))

    def _places(self, chunk: int, ecosystem: Ecosystem, name: str) -> Iterator[Place]:
        row = self._connection.execute("SELECT part, first, body FROM chunks WHERE id = ?", (chunk,)).fetchone()
        if row is None or self._living.get(row[0]) is not ecosystem:
            return
        line = find_line(name, row[1], row[2])
        if line is not None:
            yield line.rank, row[0], chunk, 0
