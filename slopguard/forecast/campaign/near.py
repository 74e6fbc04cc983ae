"""Which servers a campaign may ask: those on this machine, unless a person says otherwise.

Invariant: the check sits in the resolver that the connection uses, so that a name cannot be checked as one address and
connected to as another; addresses that stand in the URL are checked before.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from slopguard.errors import UsageError

FLAG = "--allow-remote"
_HINT = f"Name a server on this machine, or say {FLAG}: prompts, with words of your project, then leave it"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is.

    Args:
        base: `scheme://host[:port][/path]`, without the `/v1`.
    """

    base: str
    host: str
    secure: bool

    @classmethod
    def of(cls, url: str) -> Address:
        """The address that a person typed, with or without `/v1` at its end.

        Raises:
            UsageError: it is none, or holds a login.
        """
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port, parts = "", None, urlsplit("")
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or not url.isprintable():
            raise UsageError("--server takes the address of a server", "For example: --server http://127.0.0.1:8080")
        if parts.username is not None or parts.password is not None:
            raise UsageError("--server takes no login", "Put the key into a variable and name it: --key-from VARIABLE")
        bracketed = f"[{host}]" if ":" in host else host
        path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
        return cls(f"{parts.scheme}://{bracketed}{f':{port}' if port else ''}{path}", host, parts.scheme == "https")


def loopback(address: str) -> bool:
    """Whether an IP address is this very machine's loopback."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_loopback


def check_literal(host: str, *, remote: bool) -> None:
    """Refuse a host that is written as an address of another machine.

    Raises:
        UsageError: it is.
    """
    try:
        near = loopback(host)
    except ValueError:
        return  # a name: the resolver looks at its addresses
    if not near and not remote:
        raise UsageError("a server is not on this machine", _HINT)


class NearResolver(AbstractResolver):
    """Resolves names, and refuses those that lead to another machine.

    Args:
        remote: other machines are allowed, too.
        resolver: what asks the system; tests put a table here.
    """

    def __init__(self, *, remote: bool, resolver: AbstractResolver | None = None) -> None:
        self._remote = remote
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses for `host`.

        Raises:
            UsageError: one of them is another machine's, or there is none, and only this machine is allowed.
            OSError: the name has no address.
        """
        try:
            found = await self._resolver.resolve(host, port, family)
        except OSError:
            if self._remote:
                raise
            raise UsageError("a server's name leads to nothing on this machine", _HINT) from None
        if not self._remote and not all(loopback(entry["host"]) for entry in found):
            raise UsageError("a server is not on this machine", _HINT)
        return found

    async def close(self) -> None:
        """Free the resolver underneath."""
        await self._resolver.close()
