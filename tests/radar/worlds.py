"""Small vocabulary of the radar's tests: targets, looks, and a clock that nobody waits for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from slopguard.config import Settings
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Existence, Layer, NormalizedName
from slopguard.radar.memory import Memory
from slopguard.radar.model import Found, Held, Look, Record, State, Target
from slopguard.radar.pace import Clock
from slopguard.radar.session import Result, Session, Wanted
from slopguard.radar.webhook import Webhook
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

THEN = datetime(2026, 3, 1, tzinfo=UTC)
"""When names of these tests were predicted."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DEFAULT = IndexKind.DEFAULT


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


class Listed:
    """Watched names in memory, in the order in which they are given."""

    def __init__(self, *targets: Target) -> None:
        self.all = list(targets)
        self.marked: list[tuple[str, datetime]] = []

    def targets(self, ecosystem: Ecosystem) -> list[Target]:
        return [each for each in self.all if each.ecosystem is ecosystem]

    def get(self, ecosystem: Ecosystem, name: NormalizedName) -> Target | None:
        return next((each for each in self.targets(ecosystem) if each.name == name), None)

    def appeared(self, target: Target, when: datetime) -> None:
        self.marked.append((target.name, when))


def index(registry: PyPI | Npm, layer: Layer = Layer.USER) -> Index:
    """A registry as a user's client is configured for it."""
    ecosystem = Ecosystem.NPM if isinstance(registry, Npm) else Ecosystem.PYPI
    return Index(
        ecosystem, f"k{registry.url.rpartition(':')[2].strip('/').split('/')[0]}", registry.url, DEFAULT, layer
    )


def settings(home: Path, **more: Any) -> Settings:
    return Settings(home=home, timeout=5.0, **more)


def at(moment: datetime, registry: PyPI, name: str) -> None:
    """Date every file of a project."""
    for file in registry.files_of(name):
        file.uploaded = moment


async def poll(
    home: Path,
    watched: Listed,
    *registries: PyPI | Npm,
    every: timedelta = 6 * HOUR,
    rate: float = 1000,
    webhook: Webhook | None = None,
    **wanted: Any,
) -> Result:
    """One poll of these registries, with nothing between two polls but `home`."""
    ecosystems = tuple(dict.fromkeys(index(each).ecosystem for each in registries)) or (Ecosystem.PYPI,)
    with Memory(home) as memory:
        session = Session(settings(home), [index(each) for each in registries], memory, watched, webhook)
        return await session.run(Wanted(ecosystems, every, rate, **wanted))


def asked(registry: PyPI | Npm) -> list[tuple[str, str]]:
    """What was asked about which name, in order: method and name; the canary left out."""
    pages = (seen for seen in registry.requests if "/files/" not in seen.path and "/-/" not in seen.path)
    named = ((seen.method, unquote(seen.path).removeprefix("/simple").strip("/")) for seen in pages)
    return [(method, name) for method, name in named if not name.startswith("slopguard-radar-")]
