"""Which names a poll asks about, and in which order: those a feed spoke of, then what is due, best first.

Invariants: a name comes once a poll; names are read a page at a time, so that a long list is never in memory; what was
answered within its interval does not come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from slopguard.model import Ecosystem
from slopguard.radar.memory import Key, Memory
from slopguard.radar.model import Record, Target
from slopguard.radar.schedule import alternate, due
from slopguard.radar.watched import Watched

PAGE = 1_000
"""Names looked up at a time."""
Chosen = tuple[Target, Record | None]
Stream = Iterator[Chosen | None]
"""Names in their order; `None` after each page that was looked up, so that others have their turn meanwhile."""


class Choosing:
    """The names of one poll.

    Args:
        every: between two looks at the likeliest names.
        now: when the poll began.
        fed: ecosystems of whose new names a feed tells.
        walk: names come of which no feed spoke, too.
        ours: names of the organisation's own, which nobody is asked about: they do not come.
    """

    def __init__(
        self,
        watched: Watched,
        memory: Memory,
        every: timedelta,
        now: datetime,
        fed: frozenset[Ecosystem] = frozenset(),
        *,
        walk: bool = True,
        ours: Callable[[Target], bool] = lambda _: False,
    ) -> None:
        self._ours = ours
        self._watched, self._memory = watched, memory
        self._every, self._now, self._fed, self._walk = every, now, fed, walk
        self._given: set[Key] = set()

    def streams(self, ecosystems: Iterable[Ecosystem], limit: int | None = None) -> dict[Ecosystem, Stream]:
        """The names of each ecosystem, in their order.

        Args:
            limit: only so many in all, of each ecosystem in turn.
        """
        ecosystems = tuple(ecosystems)
        if limit is None:
            return {ecosystem: self._of(ecosystem) for ecosystem in ecosystems}
        taken: dict[Ecosystem, list[Chosen]] = {ecosystem: [] for ecosystem in ecosystems}
        for chosen in islice(self.in_turn(ecosystems), limit):
            taken[chosen[0].ecosystem].append(chosen)
        return {ecosystem: iter(chosen) for ecosystem, chosen in taken.items()}

    def in_turn(self, ecosystems: Iterable[Ecosystem]) -> Iterator[Chosen]:
        """The names of all these ecosystems, one of each in turn."""
        streams = {each: (chosen for chosen in self._of(each) if chosen is not None) for each in ecosystems}
        return (chosen for _, chosen in alternate(streams))

    def _of(self, ecosystem: Ecosystem) -> Stream:
        yield from self._fresh(self._wanted(ecosystem), always=True)
        fed = ecosystem in self._fed
        targets = iter(self._watched.targets(ecosystem) if self._walk else ())
        while page := list(islice(targets, PAGE)):
            yield from self._fresh(page, fed=fed)
            yield None

    def _wanted(self, ecosystem: Ecosystem) -> list[Target]:
        """What a feed spoke of; names that are watched no more are forgotten."""
        mine = [key for key in self._memory.wanted() if key[0] is ecosystem]
        found = {key: self._watched.get(*key) for key in mine}
        self._memory.unwanted(key for key, target in found.items() if target is None or self._ours(target))
        return [target for target in found.values() if target is not None]

    def _fresh(self, page: Sequence[Target], *, always: bool = False, fed: bool = False) -> Iterator[Chosen]:
        records = self._memory.records([(target.ecosystem, target.name) for target in page])
        for target in page:
            key = (target.ecosystem, target.name)
            record = records.get(key)
            if key in self._given or self._ours(target):
                continue
            if always or due(target, record, self._every, self._now, fed=fed):
                self._given.add(key)
                yield target, record
