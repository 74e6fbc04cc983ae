"""A keyring is asked when an index wants credentials, once, and for that index alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from slopguard.errors import UpstreamAuth
from slopguard.indexes import Credentials
from slopguard.registries.http import Upstream
from tests.registries.indexes import index
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break, basic

ANN = Credentials("ann", "s3cret")


class Keyring:
    """Counts how often it was asked."""

    def __init__(self, answer: Credentials | None = ANN) -> None:
        self.answer, self.calls = answer, 0

    def __call__(self) -> Credentials | None:
        self.calls += 1
        return self.answer


async def read(registry: PyPI, ask: Keyring, times: int = 1, credentials: Credentials | None = None) -> None:
    """Several pages at once, as clients ask for them."""
    registry.add_established("foo")
    chosen = replace(index(registry.url, credentials=credentials), ask=ask)
    async with Upstream(chosen, 10.0) as upstream:
        pages = (upstream.document(f"{registry.url}foo/", "text/html", 10_000) for _ in range(times))
        await asyncio.gather(*pages)


async def test_an_open_index_asks_no_keyring() -> None:
    with PyPI() as registry:
        await read(registry, ask := Keyring())
    assert ask.calls == 0


async def test_an_index_that_wants_credentials_asks_it_once() -> None:
    with PyPI(credentials=basic("ann", "s3cret")) as registry:
        await read(registry, ask := Keyring(), times=8)
        await read(registry, again := Keyring(), credentials=Credentials("ann", "old"))
    assert (ask.calls, again.calls) == (1, 1)


@pytest.mark.parametrize("answer", [None, Credentials("ann", "wrong")])
async def test_what_it_does_not_know_stays_refused(answer: Credentials | None) -> None:
    ask = Keyring(answer)
    with PyPI(credentials=basic("ann", "s3cret")) as registry:
        with pytest.raises(UpstreamAuth):
            await read(registry, ask)
        assert len(registry.requests) == (1 if answer is None else 2)
    assert ask.calls == 1


async def test_another_origin_is_not_answered_from_it() -> None:
    ask = Keyring()
    with PyPI() as registry, PyPI(credentials=basic("ann", "s3cret")) as other:
        registry.fail("/simple/*", Break.REDIRECT, to=f"{other.url}foo/")
        with pytest.raises(UpstreamAuth):
            await read(registry, ask)
        assert [seen for seen in other.requests if "authorization" in seen.headers] == []
    assert ask.calls == 0
