"""A whole poll: feeds, questions, alarms and what follows from them.

Invariants: what an earlier poll left undone is done first; an alarm is in the ledger and the watchlist before the next
name is asked about, and on its way to the webhook beside it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from slopguard.config import Settings
from slopguard.indexes import Index
from slopguard.model import Ecosystem
from slopguard.radar import raising
from slopguard.radar.choosing import Choosing
from slopguard.radar.feeds.reading import Feed, Heard, Reading
from slopguard.radar.looking import Looking, ours
from slopguard.radar.memory import Memory, Noted
from slopguard.radar.model import Alarm, Target
from slopguard.radar.pace import Why
from slopguard.radar.paces import Paces
from slopguard.radar.poll import Poll, Tally, Terms, utc_now
from slopguard.radar.watched import Watched
from slopguard.radar.webhook import Webhook

PATIENCE = 300.0
"""The longest wait in seconds that a host may ask for and that a poll waits out."""
BATCH = 16
"""Answers that are written together; at a high rate those of a quarter of a second."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a poll is to do.

    Args:
        ecosystems: those that are asked about.
        every: between two looks at the likeliest names.
        rate: requests a second to each host.
        limit: the most names that are asked about.
        seconds: after which no further name is begun.
        feeds: those that are read first.
        walk: names are asked about of which no feed spoke, too.
        done: called after each name, for a progress display.
    """

    ecosystems: Sequence[Ecosystem]
    every: timedelta
    rate: float
    limit: int | None = None
    seconds: float | None = None
    feeds: Sequence[Feed] = ()
    walk: bool = True
    done: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Result:
    """What a poll came to.

    Args:
        stopped: hosts that were left alone, and why.
        undelivered: alarms that the webhook has not taken yet.
    """

    tally: Tally
    heard: Sequence[Heard] = ()
    stopped: dict[str, Why] = field(default_factory=dict)
    undelivered: int = 0


class Session:
    """One poll of a machine.

    Args:
        indexes: of all its ecosystems.
        webhook: who is told of alarms.
    """

    def __init__(
        self,
        settings: Settings,
        indexes: Sequence[Index],
        memory: Memory,
        watched: Watched,
        webhook: Webhook | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings, self._indexes = settings, indexes
        self._memory, self._watched = memory, watched
        self._webhook, self._clock = webhook, clock
        self._news, self._ended = asyncio.Event(), False

    async def run(self, wanted: Wanted) -> Result:
        """All of it.

        Raises:
            StoreError: something cannot be kept or recorded.
        """
        began, now = time.monotonic(), self._clock()
        self._settle()
        patience = PATIENCE if wanted.seconds is None else min(PATIENCE, wanted.seconds)
        paces = Paces(wanted.rate, patience, self._memory.waits(now))
        delivering = asyncio.create_task(self._deliver_as_they_come())
        try:
            heard = await self._feeds(wanted, paces, began, now)
            tally = await self._asked(wanted, paces, heard, began, now)
        finally:
            self._ended = True
            self._news.set()
            await delivering
        stopped = paces.stopped()
        waits = {host: pace.wanted for host, pace in stopped.items() if pace.wanted > 0}
        self._memory.wait(waits, self._clock())
        undelivered = len(self._memory.alarms(without="delivered")) if self._webhook is not None else 0
        why = {host: pace.stopped for host, pace in stopped.items() if pace.stopped is not None}
        return Result(tally, heard, why, undelivered)

    def news(self) -> list[Noted]:
        """The alarms that nobody was told of yet."""
        return self._memory.alarms(without="told")

    async def _feeds(self, wanted: Wanted, paces: Paces, began: float, now: datetime) -> list[Heard]:
        def over() -> bool:
            return wanted.seconds is not None and time.monotonic() - began >= wanted.seconds

        reading = Reading(self._settings, paces, self._memory, self._watched, over)
        return list(await asyncio.gather(*(reading.read(feed, now) for feed in wanted.feeds)))

    async def _asked(self, wanted: Wanted, paces: Paces, heard: Sequence[Heard], began: float, now: datetime) -> Tally:
        left = None if wanted.seconds is None else max(0.0, wanted.seconds - (time.monotonic() - began))
        terms = Terms(left, max(BATCH, int(wanted.rate / 4)), self._clock, wanted.done, self._raised, self._refined)
        fed = frozenset(each.feed.ecosystem for each in heard if each.whole)
        mine = partial(ours, self._settings)
        choosing = Choosing(self._watched, self._memory, wanted.every, now, fed, walk=wanted.walk, ours=mine)
        async with Looking(self._indexes, self._settings, paces) as looking:
            return await Poll(looking, self._memory, terms).run(choosing.streams(wanted.ecosystems, wanted.limit))

    def _refined(self, target: Target) -> Target:
        return self._watched.get(target.ecosystem, target.name) or target

    def _raised(self, _: Alarm) -> None:
        self._settle()

    def _settle(self) -> None:
        raising.settle(self._settings, self._memory, self._watched, self._clock())
        self._news.set()

    async def _deliver_as_they_come(self) -> None:
        """Deliver at the beginning, with each alarm, and at the end."""
        while True:
            await self._news.wait()
            self._news.clear()
            last = self._ended
            await self._deliver()
            if last:
                return

    async def _deliver(self) -> None:
        pending = [noted.alarm for noted in self._memory.alarms(without="delivered")]
        if self._webhook is not None and pending:
            taken = await self._webhook.deliver(pending)
            self._memory.happened(taken, "delivered", self._clock())
