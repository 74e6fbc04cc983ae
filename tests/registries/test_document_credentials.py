"""What was fetched with somebody's credentials is read by nobody with others, or with none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slopguard.errors import UpstreamAuth, UpstreamError
from slopguard.indexes import Credentials, Index
from slopguard.registries.shared import Shared
from tests.registries.sessions import WHEEL, Clock, download, kept, of, read
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, Break, LoopbackServer, Seen, basic

ANN, BOB = Credentials("ann", "s3cret"), Credentials("bob", "other")


@pytest.fixture
def private() -> Iterator[PyPI]:
    with PyPI(credentials=basic("ann", "s3cret")) as registry:
        registry.server.cache_control, registry.server.tags = "max-age=600", True
        yield registry.add("foo", "1.0")


def asking(registry: PyPI, answer: Credentials | None) -> Index:
    """The registry for a client whose keyring answers this."""
    return replace(of(registry), ask=lambda: answer)


@pytest.mark.parametrize("other", [BOB, None])
async def test_others_are_refused_what_one_was_given(private: PyPI, tmp_path: Path, other: Credentials | None) -> None:
    async with kept(tmp_path, Clock()) as shared:
        assert await read(shared, of(private, credentials=ANN))
        with pytest.raises(UpstreamAuth):
            await read(shared, of(private, credentials=other))
        with pytest.raises(UpstreamError):
            await read(shared, of(private, credentials=other), offline=True)
        assert await read(shared, of(private, credentials=ANN))
    assert len(private.requests) == 2


async def test_nobody_is_asked_with_what_others_hold(private: PyPI) -> None:
    private.server.cache_control = ""
    async with Shared() as shared:
        await read(shared, of(private, credentials=ANN))
        with pytest.raises(UpstreamAuth):
            await read(shared, of(private, credentials=BOB))
    assert "if-none-match" not in private.requests[-1].headers


async def test_what_a_keyring_opened_is_for_who_has_the_same(private: PyPI, tmp_path: Path) -> None:
    async with kept(tmp_path, Clock()) as shared:
        assert await read(shared, asking(private, ANN))
        for answer in (BOB, None):
            with pytest.raises(UpstreamAuth):
                await read(shared, asking(private, answer))
        asked = len(private.requests)
        assert await read(shared, of(private, credentials=ANN))
        assert await read(shared, asking(private, ANN), offline=True)
        assert len(private.requests) == asked


async def test_what_is_open_to_all_is_shared_by_all() -> None:
    with PyPI() as registry:
        registry.add("foo", "1.0")
        registry.server.cache_control = "max-age=600"
        async with Shared() as shared:
            for chosen in (of(registry), asking(registry, ANN), asking(registry, None)):
                await read(shared, chosen)
        assert len(registry.requests) == 1


async def test_without_a_key_it_is_not_written_to_disk(private: PyPI, tmp_path: Path) -> None:
    async with kept(tmp_path, Clock(), key=b"") as shared:
        await read(shared, of(private, credentials=ANN))
        assert await read(shared, of(private, credentials=ANN), offline=True)
    async with kept(tmp_path, Clock(), key=b"") as shared:
        with pytest.raises(UpstreamError):
            await read(shared, of(private, credentials=ANN), offline=True)


async def test_no_secret_lies_in_the_cache(private: PyPI, tmp_path: Path) -> None:
    async with kept(tmp_path, Clock()) as shared:
        await read(shared, of(private, credentials=ANN))
        await download(shared, of(private, credentials=ANN), WHEEL)
    written = all_of(tmp_path)
    assert written
    for secret in (b"s3cret", basic("ann", "s3cret").encode()):
        assert secret not in written


def all_of(folder: Path) -> bytes:
    """The names and the bytes of all files in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() + str(path).encode() for path in files)


async def test_validators_go_where_the_document_came_from_and_nowhere_else() -> None:
    """An index that redirects elsewhere now is asked without what the first place said."""
    held = b'{"meta": {"api-version": "1.0"}, "name": "foo", "files": []}'

    def respond(seen: Seen, sent: bytes) -> Answer:
        return Answer(body=held, content_type="application/vnd.pypi.simple.v1+json", headers={"ETag": '"1"'})

    with LoopbackServer(respond) as one, LoopbackServer(respond) as two, PyPI() as registry:
        async with Shared() as shared:
            for place in (one, two, two):
                registry.mend()
                registry.fail("/simple/*", Break.REDIRECT, to=f"{place.origin}/foo/")
                await read(shared, of(registry))
        asked: list[Any] = [seen.headers.get("if-none-match") for seen in (*one.requests, *two.requests)]
        assert asked == [None, None, '"1"']
        assert all("if-none-match" not in seen.headers for seen in registry.requests)
