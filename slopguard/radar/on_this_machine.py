"""The watched names of a machine: observed here, then the watchlist by rank.

Invariants: an observed name that stands in the watchlist too comes as the watchlist has it, in both its places; what
has expired does not come; nothing is written but that a name appeared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from slopguard.model import Ecosystem, NormalizedName, WatchRow
from slopguard.radar.model import OBSERVED, Target
from slopguard.radar.poll import utc_now
from slopguard.store.watch import Watch
from slopguard.watchlist.answers import Place, Ranked
from slopguard.watchlist.model import Sighting

PAGE = 1_000
"""Names read at a time."""


class Watchlist(Protocol):
    """What the radar needs of `slopguard.watchlist.Watchlist`."""

    def ranked(
        self,
        ecosystem: Ecosystem | None = None,
        after: Place | None = None,
        limit: int = PAGE,
        now: datetime | None = None,
    ) -> list[Ranked]:
        """Names behind a place, best rank first."""
        ...

    def get(self, ecosystem: Ecosystem, name: str, now: datetime | None = None) -> WatchRow | None:
        """What counts of a name."""
        ...

    def mark_appeared(self, ecosystem: Ecosystem, name: str, when: datetime) -> object:
        """Note that a name was registered."""
        ...


class OnThisMachine:
    """A `Watched`.

    Args:
        clock: aware UTC.
    """

    def __init__(self, watchlist: Watchlist, observed: Watch, clock: Callable[[], datetime] = utc_now) -> None:
        self._watchlist, self._observed, self._clock = watchlist, observed, clock

    def targets(self, ecosystem: Ecosystem) -> Iterator[Target]:
        """See `Watched.targets`."""
        now = self._clock()
        for seen in self._observed.recent(now, ecosystem):
            yield self._listed(ecosystem, seen.name, now) or _observed(ecosystem, seen.name, seen.first)
        after: Place | None = None
        while page := self._watchlist.ranked(ecosystem, after, PAGE, now):
            yield from (_target(ranked.sighting) for ranked in page)
            after = page[-1].place

    def get(self, ecosystem: Ecosystem, name: NormalizedName) -> Target | None:
        """See `Watched.get`."""
        now = self._clock()
        found = self._listed(ecosystem, name, now)
        if found is not None:
            return found
        row = self._observed.get(ecosystem, name, now)
        return _observed(ecosystem, name, row.predicted_at) if row is not None and row.predicted_at else None

    def appeared(self, target: Target, when: datetime) -> None:
        """See `Watched.appeared`."""
        self._watchlist.mark_appeared(target.ecosystem, target.name, when)

    def _listed(self, ecosystem: Ecosystem, name: str, now: datetime) -> Target | None:
        row = self._watchlist.get(ecosystem, name, now)
        if row is None or row.predicted_at is None:
            return None
        return Target(ecosystem, NormalizedName(name), row.rank, row.predicted_at, row.origin)


def _target(sighting: Sighting) -> Target:
    watched, batch = sighting.watched, sighting.batch
    return Target(watched.ecosystem, watched.name, watched.rank, batch.at, batch.origin)


def _observed(ecosystem: Ecosystem, name: str, first: datetime) -> Target:
    return Target(ecosystem, NormalizedName(name), None, first, OBSERVED)
