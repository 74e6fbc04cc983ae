"""What the watchlist answers beside a row: what became of added names, what it holds, names by rank."""

from __future__ import annotations

from dataclasses import dataclass

from slopguard.model import Ecosystem
from slopguard.watchlist.model import Batch, Sighting

Place = tuple[int, int, int, int]
"""Where a name stands in the order of ranks; opaque, and good for as long as nothing is removed."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of names that were added.

    Args:
        new: names that were not watched before.
        known: names that were watched already; what the new batch says of them is kept beside what was known.
        refused: what is no name of its ecosystem, or not in its one right spelling.
        again: rows about a name that the same batch holds already, in the same place or a better one.
    """

    new: int = 0
    known: int = 0
    refused: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A batch as it is kept.

    Args:
        number: its own; never used for another.
        rows: how many names it holds.
    """

    number: int
    batch: Batch
    rows: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of one source there are."""

    ecosystem: Ecosystem
    origin: str
    source: str
    rows: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A name at its best rank.

    Args:
        place: what the next page starts after.
    """

    place: Place
    sighting: Sighting
