"""Offline, nothing is sent; what is here already is served, whatever its age."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slopguard.errors import UpstreamError
from slopguard.indexes import IndexKind
from slopguard.model import OFFLINE, Ecosystem, NormalizedName
from slopguard.registries.shared import Shared
from tests.registries.indexes import FOO, body, index
from tests.registries.sessions import WHEEL, Clock, download, kept, of, read, session
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

YEAR = 365 * 86400


@pytest.fixture
def pypi() -> Iterator[PyPI]:
    with PyPI() as registry:
        yield registry.add("foo", "1.0", source=True)


@pytest.fixture
def npm() -> Iterator[Npm]:
    with Npm() as registry:
        yield registry.add("foo", "1.0.0")


async def test_documents_and_files_of_any_age_are_served(pypi: PyPI, npm: Npm, tmp_path: Path) -> None:
    clock = Clock()
    wanted = ((of(pypi), WHEEL), (of(npm), "foo-1.0.0.tgz"))
    async with kept(tmp_path, clock) as shared:
        before = [(await read(shared, chosen), await download(shared, chosen, file)) for chosen, file in wanted]
    pypi.forget()
    npm.forget()
    clock.now += YEAR
    async with kept(tmp_path, clock) as shared:
        for (chosen, file), known in zip(wanted, before, strict=True):
            assert (await read(shared, chosen, offline=True)).facts() == known[0].facts()
            assert await download(shared, chosen, file, offline=True) == known[1]
    assert pypi.requests + npm.requests == []


async def test_what_is_not_here_is_an_error_in_our_own_words(pypi: PyPI, tmp_path: Path) -> None:
    async with kept(tmp_path, Clock()) as shared:
        with pytest.raises(UpstreamError, match="slopguard is offline"):
            await read(shared, of(pypi), offline=True)
        await read(shared, of(pypi))
        pypi.forget()
        with pytest.raises(UpstreamError, match="slopguard is offline"):
            await download(shared, of(pypi), offline=True)
    assert pypi.requests == []


async def test_without_a_cache_it_says_so_too(pypi: PyPI) -> None:
    async with Shared() as shared:
        with pytest.raises(UpstreamError, match="slopguard is offline"):
            await read(shared, of(pypi), offline=True)


async def test_nothing_else_is_sent_either(pypi: PyPI, npm: Npm) -> None:
    async with Shared() as shared:
        async with session(shared, of(npm), offline=True) as one:
            with pytest.raises(UpstreamError):
                await one.npm(of(npm)).service("-/ping")
        async with session(shared, of(pypi), offline=True) as one:
            with pytest.raises(UpstreamError):
                await one.registry(of(pypi)).names()
            assert await one.facts(Ecosystem.PYPI, FOO) == OFFLINE
    assert pypi.requests + npm.requests == []


async def test_an_index_on_disk_is_read_as_ever(tmp_path: Path) -> None:
    with PyPI() as registry:
        made = registry.add("foo", "1.0").files_of("foo")[0].artefact
    (tmp_path / made.filename).write_bytes(made.content)
    chosen = index(tmp_path.as_uri(), kind=IndexKind.FIND_LINKS)
    async with Shared() as shared, session(shared, chosen, offline=True) as one:
        page: Any = await one.page(chosen, NormalizedName("foo"))
        assert page.versions == ("1.0",)
        assert await body((await one.registry(chosen).file(FOO, made.filename)).chunks) == made.content
