"""One poll: asks about the names that are due, and says what came of it.

Invariants: an answer is on disk after at most `Terms.batch` others, and before the poll ends, so that one that is
killed asks only these few again; an alarm is on disk at once, with the answer that it came from; a name of which there
was no answer stays due.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from slopguard.model import Ecosystem, Existence
from slopguard.radar.choosing import Stream
from slopguard.radar.looking import Looking
from slopguard.radar.memory import Key, Memory
from slopguard.radar.model import Alarm, Found, Look, Record, State, Target
from slopguard.radar.states import ANSWERS, Step, step

AT_ONCE = 8
"""Names of one ecosystem that are asked about at the same time."""


def utc_now() -> datetime:
    """The clock, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a poll goes about it.

    Args:
        seconds: after which no further name is begun; `None`: until all are done.
        batch: answers that are written together.
        clock: aware UTC.
        done: called after each name, for a progress display.
        raised: called with each alarm, once it is on disk.
        refined: a target that is there, with the prediction that counts most of all that are known of it.
    """

    seconds: float | None = None
    batch: int = 16
    clock: Callable[[], datetime] = utc_now
    done: Callable[[], None] = lambda: None
    raised: Callable[[Alarm], None] = lambda _: None
    refined: Callable[[Target], Target] = lambda target: target


@dataclass(slots=True)
class Tally:
    """What a poll came to.

    Args:
        asked: names that were answered, of which
        states: so many are in each state now.
        failed: names of which there was no answer.
        gone: names that were there before and are free again.
        alarms: those that are new.
        whole: nothing that was due was left out.
    """

    asked: int = 0
    states: dict[State, int] = field(default_factory=dict)
    failed: int = 0
    gone: int = 0
    alarms: list[Alarm] = field(default_factory=list)
    whole: bool = True


class Poll:
    """See the module's invariants; `run` is all of it."""

    def __init__(self, looking: Looking, memory: Memory, terms: Terms | None = None) -> None:
        self._looking, self._memory, self._terms = looking, memory, terms or Terms()
        self._until = time.monotonic() + self._terms.seconds if self._terms.seconds is not None else float("inf")
        self._batch: list[tuple[Key, Record]] = []
        self.tally = Tally()

    async def run(self, streams: Mapping[Ecosystem, Stream]) -> Tally:
        """Ask about these names, best first, all ecosystems at the same time.

        Raises:
            StoreError: an answer cannot be kept.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for ecosystem, stream in streams.items():
                    for _ in range(AT_ONCE):
                        group.create_task(self._work(ecosystem, stream))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            self._flush()
        return self.tally

    async def _work(self, ecosystem: Ecosystem, stream: Stream) -> None:
        while not self._over(ecosystem):
            try:
                chosen = next(stream)
            except StopIteration:
                return
            if chosen is None:
                await asyncio.sleep(0)  # a long list of which nothing is due holds up nobody, nor the end
                continue
            self._take(*chosen, await self._looking.look(*chosen))
            self._terms.done()
        self.tally.whole = False

    def _over(self, ecosystem: Ecosystem) -> bool:
        return time.monotonic() >= self._until or self._looking.stopped(ecosystem)

    def _take(self, target: Target, record: Record | None, look: Look) -> None:
        """Note what a look found."""
        now, tally = self._terms.clock(), self.tally
        if look.existence not in ANSWERS:
            tally.failed += look.existence is not Existence.OFFLINE
            return
        if look.found is not None:
            target = self._terms.refined(target)
        made = step(record, target, look, now)
        assert made.record is not None
        tally.asked += 1
        tally.gone += made.gone
        tally.states[made.record.state] = tally.states.get(made.record.state, 0) + 1
        self._batch.append(((target.ecosystem, target.name), made.record))
        if made.alarm and not self._told(target, look.found):
            self._raise(target, made, look.found or Found(), now)
        elif len(self._batch) >= self._terms.batch:
            self._flush()

    def _told(self, target: Target, found: Found | None) -> bool:
        """Whether it is the registration that an alarm was raised for before: an index had lost it for a while."""
        if found is None or found.first is None:
            return False
        return any(alarm.found.first == found.first for alarm in self._memory.raised(target))

    def _raise(self, target: Target, made: Step, found: Found, now: datetime) -> None:
        assert made.record is not None
        alarm = Alarm(_id(target, now), target, now, made.record.free_until, found)
        self._flush(alarm)
        self.tally.alarms.append(alarm)
        self._terms.raised(alarm)

    def _flush(self, *alarms: Alarm) -> None:
        if self._batch or alarms:
            answers, self._batch = self._batch, []
            self._memory.keep(answers, alarms)


def _id(target: Target, now: datetime) -> str:
    text = f"radar\0{target.ecosystem}\0{target.name}\0{now.isoformat()}"
    return "d-" + sha256(text.encode()).hexdigest()[:12]
