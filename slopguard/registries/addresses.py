"""Which network addresses an index may send us to, checked on the address that is really connected to.

Invariants:

* An index's own host may be anything (a person configured it). Another host must resolve to public addresses only,
  unless the index itself is on a private (loopback, link-local) one.
* The check sits in the resolver that the connection uses, so a name cannot be checked as one address and connected
  to as another (DNS rebinding). Literal addresses never reach a resolver; `check_literal` is for them.
"""

from __future__ import annotations

import socket
import time
from ipaddress import IPv4Address, IPv6Address, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from slopguard.errors import UpstreamError

PUBLIC, PRIVATE, LINK_LOCAL = "public", "private", "link-local"
REMEMBERED = 60.0
"""Seconds that an index counts as being where its own name was found: a machine changes its network."""


def reach(address: str) -> str:
    """How far an IP address reaches: `public`, `private` (loopback, RFC 1918, CGNAT, reserved) or `link-local`.

    IPv4 addresses inside IPv6 ones (mapped, 6to4, Teredo, NAT64) count as what they carry.
    """
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        found = _carried(found) or found
    if found.is_link_local:
        return LINK_LOCAL
    return PUBLIC if found.is_global and not found.is_multicast else PRIVATE


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.packed[:12] == bytes.fromhex("0064ff9b0000000000000000"):
        return IPv4Address(address.packed[12:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def literal(host: str) -> str | None:
    """The reach of a host that is written as an IP address, `None` for a name."""
    try:
        return reach(host.strip("[]"))
    except ValueError:
        return None


class GuardedResolver(AbstractResolver):
    """Resolves names for one index and refuses answers that the index may not send us to.

    `exempt` holds the hosts that a person configured: the index's own, and its proxy's.

    Args:
        home: the index's own host.
        resolver: what asks the system; tests put a table here.
    """

    def __init__(self, home: str, resolver: AbstractResolver | None = None) -> None:
        self._home = home.lower()
        self._resolver = resolver or ThreadedResolver()
        self.exempt = {home.lower()}
        self._near: frozenset[str] = frozenset()
        self._until = float("-inf")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses for `host`.

        Raises:
            UpstreamError: an address is private or link-local and the index is not.
            OSError: the name has no address.
        """
        found = await self._resolver.resolve(host, port, family)
        if host.lower() not in self.exempt:
            await self._check({reach(entry["host"]) for entry in found})
        return found

    async def check_literal(self, host: str) -> None:
        """The same check for a host written as an address.

        Raises:
            UpstreamError: the address is private or link-local and the index is not.
        """
        found = literal(host)
        if found is not None and host.lower() != self._home:
            await self._check({found})

    async def _check(self, wanted: set[str]) -> None:
        if wanted <= {PUBLIC}:
            return
        if self._until < time.monotonic():
            self._near, self._until = frozenset(await self._reach_of_home()), time.monotonic() + REMEMBERED
        if not self._near or (LINK_LOCAL in wanted and LINK_LOCAL not in self._near):
            raise UpstreamError("the index points to an address inside a private network; that is not followed")

    async def _reach_of_home(self) -> set[str]:
        own = literal(self._home)
        if own is not None:
            return {own} - {PUBLIC}
        if not self._home:
            return set()
        entries = await self._resolver.resolve(self._home, 0, socket.AF_UNSPEC)
        return {reach(entry["host"]) for entry in entries} - {PUBLIC}

    async def close(self) -> None:
        """Free the resolver underneath."""
        await self._resolver.close()
