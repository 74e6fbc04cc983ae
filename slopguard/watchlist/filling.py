"""Adding names, a million at a time: within one transaction, in the order of their rank.

A window of names becomes chunks at once; where each name stands is collected in memory, some twenty bytes a name, and
written bucket by bucket at the end. Marks that a bucket then holds twice may be names that were known: `repeated` looks
at those.

Invariant: a batch holds a name once, at its best rank.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from struct import unpack

from slopguard.model import Ecosystem
from slopguard.watchlist import rows
from slopguard.watchlist.answers import Added
from slopguard.watchlist.layout import (
    BUCKET,
    BUCKETS,
    MARKS,
    TOGETHER,
    UNRANKED,
    Line,
    body_of,
    expected,
    seed,
    written,
)
from slopguard.watchlist.model import Batch
from slopguard.watchlist.repeated import Group, Repeated

Steps = Callable[[int], None]
SLICE = 4096
"""Buckets that are read and then written together."""
_ADD = "INSERT INTO buckets VALUES (?, ?) ON CONFLICT DO UPDATE SET refs = refs || excluded.refs"


@dataclass(slots=True)
class _Part:
    """A part that is being filled."""

    part: int
    rows: int = 0
    last: int = 0


class Filling:
    """What is added to the watchlist in one transaction.

    Args:
        connection: within that transaction.
        again: whether a batch that says the same of itself as one that is there is that one: so that a file which is
            imported twice is there once.
    """

    def __init__(self, connection: sqlite3.Connection, *, again: bool = False) -> None:
        self._connection, self._same = connection, again
        (self._salt,) = connection.execute("SELECT bytes FROM salt").fetchone()
        self._before: int = connection.execute("SELECT coalesce(max(id), 0) FROM chunks").fetchone()[0]
        self._chunk = self._before
        self._numbers: dict[tuple[str | None, ...], int] = {}
        self._open: dict[tuple[int, Ecosystem], _Part] = {}
        self._parts: list[_Part] = []
        self._refs = [""] * BUCKETS  # by number: half the time that a dict takes
        self._again = 0

    def put(self, batch: Batch, ecosystem: Ecosystem, lines: Sequence[Line]) -> None:
        """Add names, each in its one right spelling; of one that comes twice the better rank counts."""
        ordered = sorted(lines, key=_rank)
        once = {line.name: line for line in reversed(ordered)}
        if len(once) < len(ordered):
            self._again += len(ordered) - len(once)
            ordered = sorted(once.values(), key=_rank)
        if ordered:
            self._place(batch, ecosystem, [line.name for line in ordered], [line.rank for line in ordered], ordered)

    def put_ranked(self, batch: Batch, ecosystem: Ecosystem, names: Sequence[str], first: int) -> None:
        """Add names of which nothing is known but their order.

        Args:
            first: the rank of the first; `UNRANKED` if they have none.
        """
        ranks: Sequence[int] = [UNRANKED] * len(names) if first >= UNRANKED else range(first, first + len(names))
        if len(set(names)) < len(names):
            self.put(batch, ecosystem, list(map(Line, names, ranks)))
        elif names:
            self._place(batch, ecosystem, names, ranks, None)

    def finish(self) -> Added:
        """Write where the names stand, and say what became of them."""
        groups = list(self._written())
        repeated = Repeated(self._connection, self._salt, self._before)
        told = repeated.settle(groups)
        for part in self._parts:
            values = (part.rows, part.last, part.part)
            self._connection.execute("UPDATE parts SET rows = rows + ?, last = ? WHERE part = ?", values)
        new = sum(part.rows for part in self._parts) - told.extra
        return Added(new, told.known, 0, self._again + told.dropped)

    # ------------------------------------------------------------ chunks

    def _place(
        self,
        batch: Batch,
        ecosystem: Ecosystem,
        names: Sequence[str],
        ranks: Sequence[int],
        lines: Sequence[Line] | None,
    ) -> None:
        part = self._part(batch, ecosystem, ranks[0])
        part.rows, part.last = part.rows + len(names), ranks[-1]
        before = self._chunk
        self._connection.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?)", self._chunks(part, names, ranks, lines))
        self._point(ecosystem, names, before)

    def _chunks(
        self, part: _Part, names: Sequence[str], ranks: Sequence[int], lines: Sequence[Line] | None
    ) -> Iterator[tuple[int, int, int, str]]:
        for at in range(0, len(names), TOGETHER):
            self._chunk += 1
            first = ranks[at]
            texts = names[at : at + TOGETHER]
            if lines is not None:
                texts = [written(line, expected(first, n)) for n, line in enumerate(lines[at : at + TOGETHER])]
            yield self._chunk, part.part, first, body_of(texts)

    def _point(self, ecosystem: Ecosystem, names: Sequence[str], chunk: int) -> None:
        """Collect where these names stand; written for the clock, as `layout.placed` says it for one name."""
        copy, refs, marks = seed(ecosystem, self._salt).copy, self._refs, _marks()
        encoded = "\n".join(names).encode().split(b"\n")
        digests = []
        for name in encoded:
            hashed = copy()
            hashed.update(name)
            digests.append(hashed.digest())
        numbers = unpack(f">{len(names)}Q", b"".join(digests))
        for at in range(0, len(numbers), TOGETHER):
            chunk += 1
            here = str(chunk)
            for number in numbers[at : at + TOGETHER]:
                refs[number >> BUCKET] += marks[number & 0xFFFF] + here

    def _part(self, batch: Batch, ecosystem: Ecosystem, first: int) -> _Part:
        """The part that goes on with this rank; a new one where the ranks begin anew."""
        key = self._number(batch), ecosystem
        found = self._open.get(key)
        if found is None or first < found.last:
            statement = "INSERT INTO parts (batch, ecosystem, rows, last) VALUES (?, ?, 0, 0)"
            made = self._connection.execute(statement, (key[0], ecosystem.value))
            assert made.lastrowid is not None
            found = self._open[key] = _Part(made.lastrowid)
            self._parts.append(found)
        return found

    def _number(self, batch: Batch) -> int:
        told = rows.as_row(batch)
        if told not in self._numbers:
            self._numbers[told] = (self._there_already(told) if self._same else None) or self._made(told)
        return self._numbers[told]

    def _there_already(self, told: tuple[str | None, ...]) -> int | None:
        same = "SELECT number FROM batches WHERE (origin, source, at, expires, detail) IS (?, ?, ?, ?, ?)"
        found = self._connection.execute(same, told).fetchone()
        return int(found[0]) if found is not None else None

    def _made(self, told: tuple[str | None, ...]) -> int:
        insert = "INSERT INTO batches (origin, source, at, expires, detail) VALUES (?, ?, ?, ?, ?)"
        made = self._connection.execute(insert, told).lastrowid
        assert made is not None  # as of every INSERT
        return made

    # ------------------------------------------------------------ buckets

    def _written(self) -> Iterator[Group]:
        """Write the buckets; gives what stands in one of them twice."""
        buckets = [bucket for bucket, refs in enumerate(self._refs) if refs]
        for at in range(0, len(buckets), SLICE):
            part = buckets[at : at + SLICE]
            for bucket in part:
                yield from _twice(bucket, self._there(bucket), self._refs[bucket], self._before)
            self._connection.executemany(_ADD, [(bucket, self._refs[bucket]) for bucket in part])

    def _there(self, bucket: int) -> str:
        if not self._before:
            return ""
        found = self._connection.execute("SELECT refs FROM buckets WHERE id = ?", (bucket,)).fetchone()
        return found[0] if found is not None else ""


def _rank(line: Line) -> int:
    return line.rank


_MADE: list[str] = []


def _marks() -> list[str]:
    """Every mark, by its number."""
    if not _MADE:
        _MADE.extend(f"|{number:04x}" for number in range(MARKS))
    return _MADE


def _twice(bucket: int, old: str, new: str, before: int) -> Iterator[Group]:
    """Marks that a bucket holds twice, with the chunks of each, one of them new."""
    refs = (old + new).split("|")[1:]
    if len({ref[:4] for ref in refs}) == len(refs):
        return
    found: defaultdict[str, set[int]] = defaultdict(set)
    for ref in refs:
        found[ref[:4]].add(int(ref[4:]))
    for mark, chunks in found.items():
        if len(chunks) > 1 and max(chunks) > before:
            yield Group(bucket, mark, tuple(sorted(chunks)))
