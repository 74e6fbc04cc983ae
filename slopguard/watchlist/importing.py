"""Names from files into the watchlist, as fast as a disk gives them.

Invariants: a line that cannot be understood is counted with its number, never guessed at; where names have no rank,
their order is one, unless that was said not to mean anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from slopguard.errors import InputError
from slopguard.model import Ecosystem
from slopguard.watchlist import rows
from slopguard.watchlist.filling import Filling, Steps
from slopguard.watchlist.grammar import normal, plain
from slopguard.watchlist.layout import UNRANKED, Line, stats_of
from slopguard.watchlist.model import Batch, Sighting

BLOCK = 1 << 20
"""Characters that are read at once."""
BAD_NAME = "it is no name of its ecosystem"


class Text(Protocol):
    """A file of text."""

    def read(self, size: int, /) -> str:
        """At most so many characters more; none at its end."""
        ...


@dataclass(slots=True)
class Read:
    """What became of the lines of a file.

    Args:
        rows: how many were understood.
        bad: how many were not.
        first: the number of the first of those, and what is wrong with it.
    """

    rows: int = 0
    bad: int = 0
    first: tuple[int, str] | None = None

    def wrong(self, number: int, why: str) -> None:
        """Count a line that cannot be understood."""
        self.bad += 1
        if self.first is None or number < self.first[0]:
            self.first = (number, why)


@dataclass(slots=True)
class Entry:
    """A name as a line has it.

    Args:
        number: of the line.
        rank: the one that it has.
    """

    number: int
    name: str
    rank: int | None = None


@dataclass(slots=True)
class Importing:
    """What is read from one file.

    Args:
        batch: the batch of names that do not say their own.
        ecosystem: of names that do not say their own.
        ranked: whether the order of the lines ranks names without a rank.
    """

    filling: Filling
    batch: Batch
    ecosystem: Ecosystem | None = None
    ranked: bool = True
    read: Read = field(default_factory=Read)
    columns: tuple[str, ...] = ()
    _next: dict[Ecosystem, int] = field(default_factory=lambda: dict.fromkeys(Ecosystem, 1))

    def take(self, file: Text, form: str, steps: Steps = lambda count: None) -> Read:
        """Read a whole file.

        Args:
            form: one of `forms.FORMS`.
            steps: told how many characters were read since it was told last.

        Raises:
            InputError: a line is too long for any name.
        """
        from slopguard.watchlist.forms import FORMS

        number = 1
        for lines, size in _blocks(file):
            FORMS[form](self, lines, number)
            number += len(lines)
            steps(size)
        return self.read

    def put_plain(self, ecosystem: Ecosystem, names: Sequence[str]) -> bool:
        """Put names in their order if all are in their one right spelling; else `False`, and nothing is put."""
        if not names or not plain(ecosystem, names):
            return False
        self.read.rows += len(names)
        self.filling.put_ranked(self.batch, ecosystem, names, self._next[ecosystem] if self.ranked else UNRANKED)
        self._next[ecosystem] += len(names)
        return True

    def put(self, ecosystem: Ecosystem, entries: Sequence[Entry]) -> None:
        """Put names with the ranks that they have, or that their order gives them."""
        lines = []
        for entry, name in zip(entries, normal(ecosystem, [entry.name for entry in entries]), strict=True):
            if name is None:
                self.read.wrong(entry.number, BAD_NAME)
                continue
            rank = entry.rank if entry.rank is not None else self._next[ecosystem] if self.ranked else UNRANKED
            self._next[ecosystem] += 1
            lines.append(Line(name, rank))
        self.read.rows += len(lines)
        names = [line.name for line in lines]
        if lines and [line.rank for line in lines] == list(range(lines[0].rank, lines[0].rank + len(lines))):
            self.filling.put_ranked(self.batch, ecosystem, names, lines[0].rank)
        else:
            self.filling.put(self.batch, ecosystem, lines)

    def put_sightings(self, found: Sequence[Sighting]) -> None:
        """Put names that say their own batch."""
        batches: dict[tuple[str | None, ...], Batch] = {}
        lines: defaultdict[tuple[tuple[str | None, ...], Ecosystem], list[Line]] = defaultdict(list)
        for batch, row in ((each.batch, each.watched) for each in found):
            key: tuple[str | None, ...] = rows.as_row(batch)
            batches[key] = batch
            rank = row.rank if row.rank is not None else UNRANKED
            lines[key, row.ecosystem].append(Line(row.name, rank, stats_of(row)))
        self.read.rows += len(found)
        for (key, ecosystem), mine in lines.items():
            self.filling.put(batches[key], ecosystem, mine)


def _blocks(file: Text) -> Iterator[tuple[list[str], int]]:
    """The lines of a file, about a million characters together, and how many those were."""
    rest = ""
    while text := file.read(BLOCK):
        lines = (rest + text).split("\n")
        rest = lines.pop()
        if len(rest) > BLOCK:
            raise InputError("the file holds a line of more than a million characters", "Write one name a line")
        yield lines, len(text)
    if rest:
        yield [rest], 0
