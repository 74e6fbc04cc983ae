"""Which servers are asked: those on this machine, unless somebody says otherwise."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from slopguard.errors import UpstreamError, UsageError
from slopguard.forecast.campaign.near import Address, loopback
from slopguard.forecast.campaign.openai import Key, OpenAIServer
from tests.forecast.asking import QUICK, mind
from tests.simulators.models import OpenAI

PROMPT = "What is there for Python? `pip install`"


SECRET = "sk-a-secret-of-the-tests-0123456789"


class Table(AbstractResolver):
    """Names and where they lead to."""

    def __init__(self, **hosts: str) -> None:
        self.hosts = hosts

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        if host not in self.hosts:
            raise OSError
        address = self.hosts[host]
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "url", ["http://192.0.2.7:1", "https://[2001:db8::1]/v1", "http://10.0.0.1", "http://0.0.0.0:1"]
)
def test_an_address_of_another_machine_is_refused_before_anything_is_sent(url: str) -> None:
    async def made() -> None:
        OpenAIServer(url)

    with pytest.raises(UsageError, match="not on this machine") as caught:
        asyncio.run(made())
    assert "--allow-remote" in caught.value.hint


def test_a_name_is_judged_by_where_it_leads_to() -> None:
    async def ask(port: int, *, remote: bool, **hosts: str) -> tuple[str, ...]:
        manners = replace(QUICK, remote=remote)
        async with OpenAIServer(f"http://models.example:{port}", manners, resolver=Table(**hosts)) as to:
            return await to.models()

    with OpenAI({"m": mind()}) as server:
        port = int(server.url.rpartition(":")[2])
        near = {"models.example": "127.0.0.1"}
        assert asyncio.run(ask(port, remote=False, **near)) == ("m",)
        with pytest.raises(UsageError, match="not on this machine"):
            asyncio.run(ask(port, remote=False, **{"models.example": "192.0.2.7"}))
        assert asyncio.run(ask(port, remote=True, **near)) == ("m",)
        with pytest.raises(UsageError, match="leads to nothing on this machine"):
            asyncio.run(ask(port, remote=False))
        with pytest.raises(UpstreamError, match="cannot be reached"):
            asyncio.run(ask(port, remote=True))


def test_a_key_never_goes_to_another_machine_in_the_clear() -> None:
    async def made() -> None:
        OpenAIServer("http://models.example", replace(QUICK, remote=True), Key(SECRET))

    with pytest.raises(UsageError, match="in the clear"):
        asyncio.run(made())


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("https://localhost/models/v1/", "https://localhost/models"),
    ],
)
def test_an_address_may_be_written_in_several_ways(typed: str, base: str) -> None:
    assert Address.of(typed).base == base


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1:x",
        "http://me:pw@127.0.0.1",
        "http://a\n.example",
        "http://127.0.0.1?a=b",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        Address.of(typed)


def test_loopback_is_what_leads_nowhere() -> None:
    assert all(map(loopback, ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1")))
    assert not any(map(loopback, ("0.0.0.0", "10.0.0.1", "::", "::ffff:10.0.0.1", "fe80::1%eth0", "192.0.2.1")))
