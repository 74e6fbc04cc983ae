"""Names that were added and stood in the watchlist already, or come twice in what was added.

All places of a name share one mark in one bucket, so that only marks with several chunks are looked at. Invariant:
names are compared, not hashes.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from slopguard.model import Ecosystem
from slopguard.watchlist.layout import Line, damaged, lines_of, placed
from slopguard.watchlist.removing import take_out

REMEMBERED = 32_768
"""Chunks that are held in memory: a million names."""


class Group(NamedTuple):
    """One mark of a bucket with several chunks, in the order of their numbers."""

    bucket: int
    mark: str
    chunks: tuple[int, ...]


@dataclass(slots=True)
class Told:
    """What was found.

    Args:
        known: names that stood there before.
        extra: rows, of those added, beyond the first of a name that is new.
        dropped: rows that were taken out, because their batch holds the name in a better place.
    """

    known: int = 0
    extra: int = 0
    dropped: int = 0


class _Chunk(NamedTuple):
    batch: int
    ecosystem: Ecosystem
    lines: dict[tuple[int, str], list[Line]]


class _Place(NamedTuple):
    rank: int
    chunk: int
    batch: int


class Repeated:
    """Settles what stands in a bucket twice.

    Args:
        before: the last chunk that was there before.
    """

    def __init__(self, connection: sqlite3.Connection, salt: bytes, before: int) -> None:
        self._connection, self._salt, self._before = connection, salt, before
        self._chunks: dict[int, _Chunk] = {}

    def settle(self, groups: Sequence[Group]) -> Told:
        """Count names that were known, and take out of each batch what it holds twice."""
        told = Told()
        drops = []
        for group in sorted(groups, key=lambda group: group.chunks[-1]):
            for (ecosystem, name), places in self._places(group).items():
                new = sum(place.chunk > self._before for place in places)
                known = new < len(places)
                told.known += bool(known and new)
                told.extra += new if known else new - 1
                drops += [(ecosystem, name, place.chunk) for place in _worse(places)] if new else []
        for ecosystem, name, chunk in drops:
            take_out(self._connection, ecosystem, name, chunk, self._salt)
        told.dropped = len(drops)
        return told

    def _places(self, group: Group) -> dict[tuple[Ecosystem, str], list[_Place]]:
        found: defaultdict[tuple[Ecosystem, str], list[_Place]] = defaultdict(list)
        for number in group.chunks:
            chunk = self._chunk(number)
            for line in chunk.lines.get((group.bucket, f"|{group.mark}"), ()):
                found[chunk.ecosystem, line.name].append(_Place(line.rank, number, chunk.batch))
        return found

    def _chunk(self, number: int) -> _Chunk:
        if number not in self._chunks:
            if len(self._chunks) >= REMEMBERED:
                self._chunks.clear()
            self._chunks[number] = self._read(number)
        return self._chunks[number]

    def _read(self, number: int) -> _Chunk:
        statement = (
            "SELECT p.batch, p.ecosystem, c.first, c.body FROM chunks c JOIN parts p ON p.part = c.part WHERE c.id = ?"
        )
        found = self._connection.execute(statement, (number,)).fetchone()
        if found is None:
            raise damaged()
        batch, ecosystem, first, body = found
        lines: defaultdict[tuple[int, str], list[Line]] = defaultdict(list)
        for line in lines_of(first, body):
            lines[placed(Ecosystem(ecosystem), line.name, self._salt)].append(line)
        return _Chunk(batch, Ecosystem(ecosystem), lines)


def _worse(places: Iterable[_Place]) -> list[_Place]:
    """The places of a name but the best one of each batch."""
    seen: set[int] = set()
    found = []
    for place in sorted(places):
        if place.batch in seen:
            found.append(place)
        seen.add(place.batch)
    return found
