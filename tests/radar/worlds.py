"""Small vocabulary of the radar's tests: targets, looks, and a clock that nobody waits for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from slopguard.model import Ecosystem, Existence, NormalizedName
from slopguard.radar.model import Found, Held, Look, Record, State, Target
from slopguard.radar.pace import Clock

THEN = datetime(2026, 3, 1, tzinfo=UTC)
"""When names of these tests were predicted."""
DAY = timedelta(days=1)


def target(
    name: str = "flask-auth-magic",
    rank: int | None = 1,
    ecosystem: Ecosystem = Ecosystem.PYPI,
    predicted: datetime = THEN,
    origin: str = "generated",
) -> Target:
    return Target(ecosystem, NormalizedName(name), rank, predicted, origin)


def free() -> Look:
    return Look(Existence.NO)


def there(first: datetime | None, held: Held | None = None) -> Look:
    return Look(Existence.YES, Found(("1.0",), first=first), held)


def remembered(state: State, asked: datetime = THEN) -> Record:
    return Record(state, asked, free_from=asked if state is State.FREE else None, free_until=asked)


class Watch:
    """A clock: sleeping moves it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep, lambda: 1.0)
