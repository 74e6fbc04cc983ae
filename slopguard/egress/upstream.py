"""The machine's own way to the internet: which proxy a connection is handed on to, or none.

Invariants: pure but for `connect`; a proxy's credentials are sent to that proxy and never shown; the user's `NO_PROXY`
decides between proxy and direct and nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from slopguard.egress.hosts import LOOPBACK, canonical

_PORTS = {"http": 80, "https": 443}


class Unusable(Exception):
    """A proxy that cannot be handed on to: its URL makes no sense, or it speaks another protocol (SOCKS)."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy of the user's.

    Args:
        tls: it is itself spoken to over TLS.
        authorization: the value of `Proxy-Authorization`, empty for none.
    """

    host: str
    port: int
    tls: bool = False
    authorization: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> Proxy:
        """The proxy that a variable names.

        Raises:
            Unusable: see there.
        """
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise Unusable from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise Unusable
        said = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        token = "Basic " + base64.b64encode(said.encode()).decode() if parts.username is not None else ""
        return cls(parts.hostname, port, parts.scheme == "https", token)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to it.

        Raises:
            OSError: there is none to be had.
        """
        context = ssl.create_default_context() if self.tls else None
        return await asyncio.open_connection(self.host, self.port, ssl=context)


class Upstream:
    """The user's own proxies.

    Args:
        env: the environment as it was before the net.
        proxy: the client's own proxy setting, which it would take before the environment's.
        no_proxy: the hosts for which that setting does not count.
    """

    def __init__(self, env: Mapping[str, str], proxy: str | None = None, no_proxy: str = "") -> None:
        said = {
            name: env.get(f"{name}_proxy") or env.get(f"{name}_proxy".upper()) or ""
            for name in ("http", "https", "all", "no")
        }
        every = said["all"]
        self._urls = {"http": proxy or said["http"] or every, "https": proxy or said["https"] or every}
        self._spared = no_proxy if proxy else said["no"]

    def proxy(self, scheme: str, host: str, port: int) -> Proxy | None:
        """The proxy for a connection to `host` (in canonical form), `None` for a direct one.

        Raises:
            Unusable: there is one, of a kind that cannot be handed on to.
        """
        url = self._urls[scheme]
        if not url or host == LOOPBACK or spared(host, port, self._spared):
            return None
        return Proxy.of(url)

    @property
    def places(self) -> set[tuple[str, int]]:
        """Where the proxies are."""
        found = set()
        for url in filter(None, self._urls.values()):
            with contextlib.suppress(ValueError):
                parts = urlsplit(url if "://" in url else f"http://{url}")
                found.add((canonical(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme, 1080)))
        return found


def spared(host: str, port: int, listed: str) -> bool:
    """Whether a `NO_PROXY` names a host: `corp.example`, `.corp.example`, `*.corp.example`, `10.0.0.0/8`, `*`."""
    return any(_names(entry, host, port) for entry in listed.lower().replace(",", " ").split())


def _names(entry: str, host: str, port: int) -> bool:
    with contextlib.suppress(ValueError):
        network = ipaddress.ip_network(entry.strip("[]"), strict=False)
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(host) in network
        return False
    name, colon, number = entry.rpartition(":")
    if colon and number.isdigit():
        return int(number) == port and _names(name, host, port)
    domain = entry.lstrip("*").strip(".")
    return entry == "*" or (bool(domain) and (host == domain or host.endswith(f".{domain}")))
