"""Who waits for another's question gets no answer that is older than its own would be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slopguard.cache import Cache
from slopguard.errors import UpstreamError
from slopguard.model import NormalizedName
from slopguard.registries.documents import FRESH, Documents
from slopguard.registries.shared import Shared
from tests.registries.indexes import FOO
from tests.registries.sessions import KEY, Clock, kept, of, read, session
from tests.simulators.pypi import PyPI


@pytest.fixture
def pypi() -> Iterator[PyPI]:
    with PyPI() as registry:
        registry.server.cache_control, registry.server.tags = "max-age=600", True
        yield registry.add("foo", "1.0")


async def test_a_session_for_which_a_name_does_not_stand_asks_beside_one_for_which_it_does(
    pypi: PyPI, tmp_path: Path
) -> None:
    clock = Clock()
    async with kept(tmp_path, clock) as shared:
        await read(shared, of(pypi))
    pypi.add("foo", "2.0")
    clock.now += 2 * FRESH
    async with kept(tmp_path, clock) as shared:
        pages: Any = await asyncio.gather(read(shared, of(pypi), allowed=("foo",)), read(shared, of(pypi)))
    assert pages[1].versions == ("1.0", "2.0")


async def test_what_may_no_longer_be_stored_takes_away_what_was_stored_before(pypi: PyPI, tmp_path: Path) -> None:
    clock = Clock()
    async with kept(tmp_path, clock) as shared:
        await read(shared, of(pypi))
    clock.now += FRESH
    pypi.add("foo", "2.0")
    pypi.server.cache_control = "no-store"
    async with kept(tmp_path, clock) as shared:
        await read(shared, of(pypi))
    async with kept(tmp_path, clock) as shared:
        with pytest.raises(UpstreamError):
            await read(shared, of(pypi), offline=True)


async def test_every_line_of_what_an_index_says_about_storing_counts(pypi: PyPI, tmp_path: Path) -> None:
    pypi.server.cache_control = "max-age=600\r\nCache-Control: no-store"
    async with kept(tmp_path, Clock()) as shared:
        for _ in range(2):
            await read(shared, of(pypi))
    assert len(pypi.requests) == 2
    async with kept(tmp_path, Clock()) as shared:
        with pytest.raises(UpstreamError):
            await read(shared, of(pypi), offline=True)


async def test_a_session_is_served_nothing_older_than_it_has_heard(pypi: PyPI, tmp_path: Path) -> None:
    clock, chosen = Clock(), of(pypi)
    async with Shared(clock=clock) as shared:
        shared.documents = Documents(Cache.open(tmp_path, 1 << 30, KEY).documents, KEY, limit=1, clock=clock)
        await read(shared, chosen)
        clock.now += FRESH
        pypi.add("foo", "2.0").add("bar", "1.0")
        pypi.server.cache_control = "no-store"
        async with session(shared, chosen) as one:
            await one.page(chosen, FOO)
            await one.page(chosen, NormalizedName("bar"))  # memory holds no more than one
            page: Any = await one.page(chosen, FOO)
            assert page.versions == ("1.0", "2.0")
