"""How fast one host is asked: a steady rate, waits where it asks for them, and an end when it does not answer.

Invariants: two turns never come closer together than the rate says, whoever takes them, and what a turn sends beside
its one request (redirects) is waited for before the next: no more leave than the rate allows; after a failure nothing
leaves before its back-off is over; `MOST` failures in a row, or a wait longer than anybody has patience for, and the
host is left alone, unless it only refuses, and answers about something else (`Pace.control`): then those names are to
blame. What goes wrong at the same time is one failure.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

MOST = 5
"""Failures in a row after which a host is left alone."""
EXCUSED = 8
"""How often in a poll a host is excused that refuses some names only."""
FIRST, LONGEST = 1.0, 60.0
"""Seconds of the first back-off and of the longest one; each is twice the one before it."""
AT_MOST = 16
"""Turns that may be outstanding: who takes one and sends nothing has not saved it up."""
SLOWEST = 16
"""How many times slower than it was told to a host is asked that keeps saying "too many requests"."""


class Why(StrEnum):
    """Why a host is left alone."""

    DOWN = "down"
    AUTH = "auth"
    BUSY = "busy"
    ODD = "knows-every-name"


class Stopped(Exception):
    """The host is left alone for the rest of this poll."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as a pace sees it; tests put another one here.

    Args:
        now: monotonic seconds.
        sleep: waits for seconds.
        chance: a number from 0 up to 1.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = random.random


class Pace:
    """The pace of one host.

    Args:
        rate: requests a second.
        patience: the longest wait in seconds that is waited out.
    """

    def __init__(self, rate: float, patience: float = 300.0, clock: Clock | None = None) -> None:
        self.rate, self._given = rate, rate
        self._patience, self._clock = patience, clock or Clock()
        self._last = self._until = float("-inf")
        self._one = asyncio.Lock()
        self._turns, self._failures, self._noted = 0, 0, float("-inf")
        self.stopped: Why | None = None
        self.control: Callable[[], Awaitable[bool]] | None = None
        """Finds out whether the host answers at all, before it is left alone because it refuses a few names."""
        self._doubt: Why | None = None
        self._excused = 0
        self.wanted = 0.0
        """Seconds that the host asked to be left alone for when it was stopped."""

    async def turn(self) -> float:
        """Wait for the next turn; when it came, to be given back to `failed`.

        Raises:
            Stopped: the host is left alone.
        """
        async with self._one:
            while not self.stopped:
                if self._doubt is not None:
                    await self._settled(self._doubt)
                    continue
                now = self._clock.now()
                at = max(self._last + 1 / self.rate, self._until)
                if now >= at:
                    self._last, self._turns = now, min(self._turns + 1, AT_MOST)
                    return now
                await self._clock.sleep(at - now)
        raise Stopped

    def sent(self) -> None:
        """A request left: the one of a turn, or one that it led to (a redirect), which the next turns wait for."""
        if self._turns > 0:
            self._turns -= 1
        else:
            self._last = max(self._last, self._clock.now()) + 1 / self.rate

    def heard(self) -> None:
        """It answered."""
        self._failures = 0

    def failed(self, turn: float, why: Why = Why.DOWN, wait: float | None = None) -> None:
        """It did not.

        Args:
            turn: what `turn` gave; one that left before the last failure was noted says nothing new.
            wait: seconds that it asks to be left alone for.
        """
        now = self._clock.now()
        if wait is not None:
            self._until = max(self._until, now + wait)
        if turn < self._noted and why is not Why.BUSY:
            return
        if turn >= self._noted:
            self._count(now, why)
        if wait is not None and wait > self._patience:
            self.stop(why, wait)

    def _count(self, now: float, why: Why) -> None:
        self._failures, self._noted = self._failures + 1, now
        delay = min(LONGEST, FIRST * 2 ** (self._failures - 1)) * (0.5 + self._clock.chance() / 2)
        self._until = max(self._until, now + delay)
        if why is Why.BUSY:
            self.rate = max(self.rate / 2, self._given / SLOWEST)
        if self._failures >= MOST:
            if self.control is None or why is not Why.AUTH or self._excused >= EXCUSED:
                self.stop(why)
            else:
                self._doubt = why

    async def _settled(self, doubt: Why) -> None:
        """Leave it alone, or begin to count anew."""
        assert self.control is not None
        self._doubt, self._excused, self._last = None, self._excused + 1, self._clock.now()
        if await self.control():
            self._failures, self._until = 0, self._clock.now()
        else:
            self.stop(doubt)

    def stop(self, why: Why, wait: float = 0.0) -> None:
        """Leave it alone for the rest of this poll."""
        if self.stopped is None:
            self.stopped, self.wanted = why, wait
