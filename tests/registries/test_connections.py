"""Connections outlive a session, for sessions that would make them in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slopguard.indexes import Credentials
from slopguard.model import NormalizedName
from slopguard.registries import connections
from slopguard.registries.connections import Connections
from slopguard.registries.http import Upstream
from slopguard.registries.shared import Shared
from slopguard.registries.surroundings import Surroundings
from tests.registries.indexes import Authority, index
from tests.registries.sessions import of, read
from tests.simulators.pypi import PyPI
from tests.simulators.server import basic

NAMES = [NormalizedName(f"foo{number}") for number in range(3)]


@pytest.fixture
def pypi() -> Iterator[PyPI]:
    with PyPI() as registry:
        for name in NAMES:
            registry.add(name, "1.0")
        yield registry


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The home of every connection that is made."""
    made: list[str] = []
    connect = Upstream._connect

    def counted(self: Upstream) -> Any:
        made.append(self.index.url)
        return connect(self)

    monkeypatch.setattr(Upstream, "_connect", counted)
    return made


async def test_the_next_session_finds_them_open(pypi: PyPI, opened: list[str]) -> None:
    async with Shared() as shared:
        for name in NAMES:
            await read(shared, of(pypi), name)
    assert len(opened) == 1
    assert len(pypi.server.peers) == 1


async def test_with_other_credentials_too_as_they_are_sent_with_each_request(opened: list[str]) -> None:
    with PyPI(credentials=basic("ann", "s3cret")) as registry:
        registry.add("foo0", "1.0")
        async with Shared() as shared:
            await read(shared, of(registry, credentials=Credentials("ann", "s3cret")), NAMES[0])
            with pytest.raises(Exception, match="credentials"):
                await read(shared, of(registry), NAMES[0])
        assert [seen.headers.get("authorization") for seen in registry.requests] == [basic("ann", "s3cret"), None]
    assert len(opened) == 1


@pytest.mark.parametrize("other", ["ca", "proxy", "unverified", "home"])
async def test_not_where_they_would_be_made_in_another_way(
    pypi: PyPI, opened: list[str], tmp_path: Path, other: str
) -> None:
    around = None
    chosen = {
        "ca": of(pypi, ca_file=Authority(tmp_path / "ca.pem").bundle),
        "proxy": of(pypi),
        "unverified": of(pypi, verify=False),
        "home": index(pypi.url.replace("127.0.0.1", "localhost")),
    }[other]
    if other == "proxy":
        around = Surroundings.of({"http_proxy": "http://proxy.example:1"})
    async with Shared() as shared:
        await read(shared, of(pypi), NAMES[0])
        await read(shared, chosen, NAMES[1], surroundings=around)
    assert len(opened) == 2


async def test_of_those_that_nobody_uses_a_few_stay_open(pypi: PyPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "UNUSED", 1)
    known = Connections()
    upstreams = [Upstream(of(pypi, no_proxy=str(number)), 5.0, connections=known) for number in range(3)]
    for upstream in upstreams:
        async with upstream:
            await upstream.document(f"{pypi.url}foo0/", "text/html", 10_000)
    assert len(known) == 1
    await known.close()
    assert len(known) == 0
    await known.give_back(upstreams[0].way)
