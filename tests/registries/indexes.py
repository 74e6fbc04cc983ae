"""Indexes, settings and servers for the tests of the upstream client."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from slopguard.config import Settings
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, NormalizedName

FOO = NormalizedName("foo")


def index(url: str, **more: Any) -> Index:
    """A trusted default PyPI index, unless `more` says otherwise."""
    given: dict[str, Any] = {"ecosystem": Ecosystem.PYPI, "key": "i", "kind": IndexKind.DEFAULT, "layer": Layer.USER}
    return Index(**{**given, "url": url, **more})


def settings(timeout: float = 5.0, **more: Any) -> Settings:
    """Settings that no test writes anything with."""
    return Settings(home=Path("nowhere"), timeout=timeout, **more)


async def body(chunks: AsyncIterator[bytes]) -> bytes:
    """A stream's bytes."""
    return b"".join([chunk async for chunk in chunks])


class Table(AbstractResolver):
    """Resolves from a table; successive look-ups of a name walk through its answers, as in a rebinding attack."""

    def __init__(self, table: Mapping[str, list[str]]) -> None:
        self._table = {name: list(addresses) for name, addresses in table.items()}

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        answers = self._table.get(host)
        if not answers:
            raise OSError("no such host")
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Authority:
    """A certificate authority of the test's own."""

    bundle: Path
    ca: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        self.ca.cert_pem.write_to_path(str(self.bundle))

    def client(self, place: Path) -> Path:
        """A certificate for a client and its key, in one file."""
        self.ca.issue_cert("ann@corp.example").private_key_and_cert_chain_pem.write_to_path(str(place))
        return place

    def server(self, *names: str) -> ssl.SSLContext:
        """A server context for localhost and further names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert("localhost", "127.0.0.1", *names).configure_cert(context)
        return context
