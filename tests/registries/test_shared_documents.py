"""What one session fetched is not fetched again for the next, unless it may matter that it is old."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from slopguard.errors import UpstreamError
from slopguard.model import Ecosystem
from slopguard.registries.documents import FRESH
from slopguard.registries.interface import ProjectNotFound
from slopguard.registries.shared import Shared
from tests.registries.indexes import FOO
from tests.registries.sessions import Clock, kept, of, read, session
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break


@pytest.fixture
def pypi() -> Iterator[PyPI]:
    with PyPI() as registry:
        registry.server.cache_control, registry.server.tags = "public, max-age=900", True
        yield registry.add("foo", "1.0")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def shared(clock: Clock) -> AsyncIterator[Shared]:
    async with Shared(clock=clock) as made:
        yield made


@pytest.fixture(params=["memory", "disk"])
async def again(request: Any, tmp_path: Path, clock: Clock) -> AsyncIterator[Any]:
    """Gives, each time, what a session shares: the same, or that of another process with the same cache."""
    opened: list[Shared] = []

    async def share() -> Shared:
        if request.param == "disk" and opened:
            await opened[-1].close()
        if request.param == "disk" or not opened:
            opened.append(kept(tmp_path, clock))
        return opened[-1]

    yield share
    await opened[-1].close()


async def test_within_its_time_a_document_is_asked_for_once(pypi: PyPI, clock: Clock, again: Any) -> None:
    first = await read(await again(), of(pypi))
    clock.now += FRESH - 1
    assert await read(await again(), of(pypi)) == first
    assert len(pypi.requests) == 1
    clock.now += 1
    await read(await again(), of(pypi))
    assert len(pypi.requests) == 2


async def test_packuments_too() -> None:
    with Npm() as npm:
        npm.add("foo", "1.0.0")
        npm.server.cache_control = "max-age=60"
        async with Shared() as shared:
            first = await read(shared, of(npm))
            assert await read(shared, of(npm)) is first
        assert npm.pages == ["foo"]


@pytest.mark.parametrize("said", ["", "max-age=0", "no-cache", "max-age=600, must-revalidate", "no-store, max-age=9"])
async def test_without_such_a_time_every_session_asks(pypi: PyPI, shared: Shared, said: str) -> None:
    pypi.server.cache_control = said
    for _ in range(2):
        await read(shared, of(pypi))
    assert len(pypi.requests) == 2


@pytest.mark.parametrize(
    ("tags", "dates", "sent"), [(True, False, "if-none-match"), (False, True, "if-modified-since")]
)
async def test_what_is_held_is_asked_about_and_not_sent_again(
    pypi: PyPI, again: Any, *, tags: bool, dates: bool, sent: str
) -> None:
    pypi.server.cache_control, pypi.server.tags, pypi.server.dates = "", tags, dates
    first = await read(await again(), of(pypi))
    assert await read(await again(), of(pypi)) == first
    assert [sent in seen.headers for seen in pypi.requests] == [False, True]


async def test_a_page_that_says_it_is_the_same_is_good_for_its_time_again(
    pypi: PyPI, clock: Clock, shared: Shared
) -> None:
    await read(shared, of(pypi))
    clock.now += 2 * FRESH
    await read(shared, of(pypi))
    await read(shared, of(pypi))
    assert len(pypi.requests) == 2


async def test_a_changed_page_is_seen_by_the_next_session(pypi: PyPI, again: Any) -> None:
    pypi.server.cache_control = ""
    await read(await again(), of(pypi))
    pypi.add("foo", "2.0")
    for _ in range(2):
        page: Any = await read(await again(), of(pypi))
        assert page.versions == ("1.0", "2.0")


@pytest.mark.parametrize(
    "more",
    [{"min_version_age_days": 0}, {"own": {Ecosystem.PYPI: ("f*",)}}, {"internal": {Ecosystem.PYPI: ("foo",)}}],
)
async def test_where_a_new_version_counts_at_once_every_session_asks(
    pypi: PyPI, shared: Shared, more: dict[str, Any]
) -> None:
    await read(shared, of(pypi), **more)
    pypi.add("foo", "2.0")
    page: Any = await read(shared, of(pypi), **more)
    assert page.versions == ("1.0", "2.0")


async def test_a_name_that_is_registered_is_seen_by_the_next_session(pypi: PyPI, again: Any) -> None:
    pypi.projects.clear()
    for _ in range(2):
        with pytest.raises(ProjectNotFound):
            await read(await again(), of(pypi))
    pypi.add("foo", "1.0")
    assert await read(await again(), of(pypi))


async def test_a_name_that_is_gone_is_gone(pypi: PyPI, clock: Clock, again: Any) -> None:
    await read(await again(), of(pypi))
    clock.now += FRESH
    pypi.projects.clear()
    for more in ({}, {"allowed": ("foo",)}):
        with pytest.raises(ProjectNotFound):
            await read(await again(), of(pypi), **more)
    with pytest.raises(UpstreamError):
        await read(await again(), of(pypi), offline=True)


async def test_sessions_that_ask_at_once_share_one_request(pypi: PyPI, shared: Shared) -> None:
    pages = await asyncio.gather(*(read(shared, of(pypi)) for _ in range(8)))
    assert len(pypi.requests) == 1
    assert all(page is pages[0] for page in pages)


async def test_one_that_goes_away_takes_the_answer_from_nobody(pypi: PyPI, shared: Shared) -> None:
    async with session(shared, of(pypi)) as one:
        asked = asyncio.create_task(one.page(of(pypi), FOO))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asked.cancel()
    assert await read(shared, of(pypi))
    assert len(pypi.requests) <= 2


async def test_a_session_asks_once_and_keeps_to_what_it_heard(pypi: PyPI, shared: Shared) -> None:
    pypi.server.cache_control = ""
    async with session(shared, of(pypi)) as one:
        first = await one.page(of(pypi), FOO)
        pypi.add("foo", "2.0")
        assert await one.page(of(pypi), FOO) is first
    assert len(pypi.requests) == 1


async def test_an_upstream_may_not_say_that_nothing_changed_when_it_was_not_asked_that(
    pypi: PyPI, shared: Shared
) -> None:
    pypi.fail("/simple/*", Break.STATUS, status=304)
    with pytest.raises(UpstreamError):
        await read(shared, of(pypi))


async def test_a_page_that_cannot_be_read_is_not_kept(pypi: PyPI, again: Any) -> None:
    pypi.fail("/simple/*", Break.GARBLE)
    with pytest.raises(UpstreamError):
        await read(await again(), of(pypi))
    pypi.mend()
    assert await read(await again(), of(pypi))


async def test_what_may_not_be_stored_is_not_on_disk(pypi: PyPI, tmp_path: Path, clock: Clock) -> None:
    pypi.server.cache_control = "no-store"
    async with kept(tmp_path, clock) as shared:
        await read(shared, of(pypi))
    async with kept(tmp_path, clock) as shared:
        with pytest.raises(UpstreamError):
            await read(shared, of(pypi), offline=True)
