"""Which names are due: the likely ones often, the unlikely ones seldom, all ecosystems in turn.

Invariants: pure; within its interval a name is not asked about again; names come highest rank first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from slopguard.radar.model import OBSERVED, Record, State, Target

T = TypeVar("T")
K = TypeVar("K")

TIERS = ((1_000, 1), (10_000, 2), (100_000, 8))
"""Ranks up to which a name is asked about once in so many intervals."""
LAST, UNRANKED = 28, 2
"""The same for ranks beyond, and for names without one, which somebody documented or added."""
SLOWER = {State.APPEARED: 4, State.BEFORE: LAST}
"""The same for names that are there: they may be taken down, and registered anew by somebody else."""
FEED = 8
"""How much more seldom names are asked about of which a change feed tells."""


def interval(target: Target, record: Record | None, every: timedelta, *, fed: bool = False) -> timedelta:
    """How long an answer about a name counts.

    Args:
        every: for the likeliest names.
        fed: a change feed without gaps tells of names that appear.
    """
    times = _times(target)
    if record is not None:
        times = max(times, SLOWER.get(record.state, 1))
    return every * (times * FEED if fed else times)


def due(target: Target, record: Record | None, every: timedelta, now: datetime, *, fed: bool = False) -> bool:
    """Whether a name is to be asked about now; one that was answered in the future is (somebody set a clock)."""
    if record is None or record.asked > now:
        return True
    return now - record.asked >= interval(target, record, every, fed=fed)


def alternate(streams: Mapping[K, Iterable[T]]) -> Iterator[tuple[K, T]]:
    """One of each stream in turn, until all have ended."""
    running = {key: iter(stream) for key, stream in streams.items()}
    while running:
        for key in tuple(running):
            try:
                yield key, next(running[key])
            except StopIteration:
                del running[key]


def _times(target: Target) -> int:
    if target.origin == OBSERVED:
        return 1
    if target.rank is None:
        return UNRANKED
    return next((times for rank, times in TIERS if target.rank <= rank), LAST)
