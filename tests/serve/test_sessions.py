"""A caller's sessions follow each other: none lasts long, none is cut off, and there are never too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slopguard.config import Settings, UpstreamSetting
from slopguard.gate.server import Gate
from slopguard.indexes import Credentials
from slopguard.lists import Lists
from slopguard.model import Actor, Arrival, Ecosystem, Source, SourceKind
from slopguard.serve import hall as halls
from slopguard.serve.hall import Era, Hall
from slopguard.serve.hearing import CountingJudge, Refusals
from slopguard.serve.indexes import served
from slopguard.serve.learned import Required
from slopguard.serve.tokens import Caller
from slopguard.store import Store

ANA, BEN = Caller("ana", Actor.HUMAN, "1"), Caller("ben", Actor.AGENT, "2")


def era(root: Path) -> Era:
    settings = Settings(root / "home", upstream={Ecosystem.PYPI: UpstreamSetting("https://registry.example/simple/")})
    judge = CountingJudge(settings, Lists.of({}), Store.open(settings))
    return Era(settings, judge, served(settings, {}, {"HOME": str(root)}), ())


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    made = Hall(Gate(), era(tmp_path), Required(tmp_path), Refusals())
    yield made
    await made.close()


async def session_of(hall: Hall, caller: Caller) -> str:
    async with hall.seat(caller) as session:
        return session.id


async def test_a_caller_keeps_a_session_and_nobody_else_gets_it(hall: Hall) -> None:
    assert await session_of(hall, ANA) == await session_of(hall, ANA)
    others = [BEN, Caller("ana", Actor.HUMAN, "anew"), Caller("ana", Actor.HUMAN, "1", Credentials("a", "x"))]
    others.append(Caller("ana", Actor.HUMAN, "1", Credentials("a", "y")))
    found = [await session_of(hall, caller) for caller in (ANA, *others)]
    assert len(set(found)) == len(found)


async def test_after_its_time_there_is_another_with_the_same_decisions(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hall.seat(ANA) as first:
        monkeypatch.setattr(halls, "LASTS", -1)
        async with hall.seat(ANA) as second:
            assert second.id != first.id
            assert second.door.session == first.door.session
            assert first.id in hall._gate._sessions
    assert first.id not in hall._gate._sessions


async def test_a_new_era_ends_every_session_once_it_is_empty(hall: Hall, tmp_path: Path) -> None:
    async with hall.seat(ANA) as before:
        old = hall.era
        await hall.renew(era(tmp_path))
        async with hall.seat(ANA) as after:
            assert after.judge is not before.judge
        assert old.open == 1
    assert old.open == 0


async def test_there_are_never_too_many(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halls, "MOST", 3)
    async with hall.seat(ANA) as kept:
        for number in range(10):
            await session_of(hall, Caller("ben", Actor.CI, str(number)))
        assert len(hall._gate._sessions) <= 4
        assert kept.id in hall._gate._sessions


def judged(hall: Hall, names: int) -> None:
    """The session that was opened last has been asked for so many names."""
    seat = list(hall._seats.values())[-1]
    for number in range(names):
        key = (Ecosystem.PYPI, str(number), Arrival.INTRODUCED, Source(SourceKind.REGISTRY))
        seat.verdicts._standings[key] = asyncio.create_task(asyncio.sleep(0))  # type: ignore[arg-type]


async def test_one_that_holds_many_names_is_followed_by_another(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halls, "NAMES_OF_ONE", 10)
    first = await session_of(hall, ANA)
    judged(hall, 10)
    assert await session_of(hall, ANA) == first
    judged(hall, 11)
    assert await session_of(hall, ANA) != first
    assert first not in hall._gate._sessions


async def test_together_they_hold_only_so_many_names(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halls, "NAMES", 30)
    async with hall.seat(ANA) as kept:
        for number in range(10):
            await session_of(hall, Caller("ben", Actor.CI, str(number)))
            judged(hall, 10)
        last = await session_of(hall, BEN)
        assert len(hall._gate._sessions) <= 5
        assert {kept.id, last} <= set(hall._gate._sessions)
