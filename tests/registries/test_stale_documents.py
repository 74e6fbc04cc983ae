"""What stands whatever its document says may be served a little old, and is asked about meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from slopguard.model import Ecosystem
from slopguard.registries.documents import FRESH, STALE
from slopguard.registries.shared import Shared
from tests.registries.sessions import Clock, of, read
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break

ALLOWED = {"allowed": ("foo",)}


@pytest.fixture
def pypi() -> Iterator[PyPI]:
    with PyPI() as registry:
        registry.server.tags = True
        yield registry.add("foo", "1.0")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def shared(clock: Clock) -> AsyncIterator[Shared]:
    async with Shared(clock=clock) as made:
        yield made


async def page(shared: Shared, pypi: PyPI, **more: Any) -> Any:
    return await read(shared, of(pypi), **{**ALLOWED, **more})


async def test_it_is_served_at_once_and_the_change_comes_next(pypi: PyPI, shared: Shared) -> None:
    assert (await page(shared, pypi)).versions == ("1.0",)
    pypi.add("foo", "2.0")
    assert (await page(shared, pypi)).versions == ("1.0",)
    await shared.documents.quiet()
    assert (await page(shared, pypi, offline=True)).versions == ("1.0", "2.0")
    assert len(pypi.requests) == 2
    assert "if-none-match" in pypi.requests[1].headers


async def test_not_for_longer_than_an_hour(pypi: PyPI, clock: Clock, shared: Shared) -> None:
    await page(shared, pypi)
    pypi.add("foo", "2.0")
    clock.now += STALE
    assert (await page(shared, pypi)).versions == ("1.0", "2.0")


async def test_while_it_is_being_asked_about_nobody_asks_again(pypi: PyPI, shared: Shared) -> None:
    await page(shared, pypi)
    pypi.fail("/simple/*", Break.STALL)
    for _ in range(3):
        await page(shared, pypi)
    assert len(pypi.requests) <= 2


async def test_an_index_that_is_down_does_not_take_it_away(pypi: PyPI, shared: Shared) -> None:
    await page(shared, pypi)
    pypi.fail("/simple/*", Break.STATUS)
    for times in (2, 3):
        assert (await page(shared, pypi)).versions == ("1.0",)
        await shared.documents.quiet()
        assert len(pypi.requests) == times


@pytest.mark.parametrize(
    "more",
    [
        {"allowed": ()},
        {"min_version_age_days": 0},
        {"own": {Ecosystem.PYPI: ("foo",)}},
        {"internal": {Ecosystem.PYPI: ("foo",)}},
    ],
)
async def test_others_are_asked_about_first(pypi: PyPI, shared: Shared, more: dict[str, Any]) -> None:
    await page(shared, pypi, **more)
    pypi.add("foo", "2.0")
    assert (await page(shared, pypi, **more)).versions == ("1.0", "2.0")


@pytest.mark.parametrize("said", ["no-cache", "max-age=0", "max-age=60, must-revalidate"])
async def test_so_are_those_whose_index_wants_it(pypi: PyPI, clock: Clock, shared: Shared, said: str) -> None:
    pypi.server.cache_control = said
    await page(shared, pypi)
    pypi.add("foo", "2.0")
    clock.now += FRESH
    assert (await page(shared, pypi)).versions == ("1.0", "2.0")


async def test_it_outlives_the_session_that_asked(pypi: PyPI, shared: Shared, clock: Clock) -> None:
    pypi.server.cache_control = "max-age=60"
    await page(shared, pypi)
    clock.now += 61
    await page(shared, pypi)  # this session is over before the answer is there
    await shared.documents.quiet()
    await page(shared, pypi)
    assert len(pypi.requests) == 2
