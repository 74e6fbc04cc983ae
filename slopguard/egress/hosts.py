"""Which hosts an install may not connect to: those packages and code come from, past the gate.

Invariants: a host is compared in one canonical form (ASCII, lower case, no last dot, address literals as their
shortest spelling, every spelling of loopback as `localhost`); what has no such form is no host at all. A host stands
for its subdomains too. Loopback counts by port, because tests and tools talk to themselves. An address literal of the
public internet is refused, as nothing else would tell it from a registry's name. What a person allowed beats all of
that, except the machine's own proxy, the net itself (`close_off`) and the daemon that judges (`kept`): through those
everything could be reached.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Iterable
from urllib.parse import urlsplit

from slopguard.patterns import regex

LOOPBACK = "localhost"

CODE_HOSTS = (
    "github.com",  # with its api, codeload, gist, raw and ssh names
    "githubusercontent.com",
    "gitlab.com",
    "bitbucket.org",
    "sr.ht",
    "codeberg.org",
)
"""Where package clients fetch code by itself from: npm's shorthands, and the public forges beside them."""

_NAME = regex(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\Z")
_NUMBER = regex(r"(0x[0-9a-f]*|[0-9]+)\Z")
"""The last part of what the system's resolver reads as an IPv4 address (`127.1`, `0x7f000001`)."""


class NotAHost(ValueError):
    """Not the name or the address of a host."""


def canonical(text: str) -> str:
    """The one form in which a host is compared.

    Raises:
        NotAHost: it is none, or not in ASCII (punycode is).
    """
    host = text.strip().lower().removeprefix("[").removesuffix("]")
    if not host.isascii():
        raise NotAHost
    if ":" in host or _NUMBER.match(host.removesuffix(".").rpartition(".")[2]):
        return _literal(host.removesuffix("."))
    host = host.removesuffix(".")
    if not _NAME.match(host):
        raise NotAHost
    return LOOPBACK if host.endswith(".localhost") else host


def _literal(host: str) -> str:
    """An address as Python spells it, whatever way it was written."""
    try:
        packed = ipaddress.ip_address(host) if ":" in host else ipaddress.ip_address(socket.inet_aton(host))
    except (ValueError, OSError):
        raise NotAHost from None
    return name_of(packed)


def name_of(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """An address in canonical form."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return LOOPBACK if address.is_loopback or address.is_unspecified else str(address)


class Refused:
    """The hosts that are refused; hosts may be added while it is asked, from any thread.

    Args:
        hosts: URLs or bare hosts; those without a host (`file:`) are left out.
        allow: patterns that a person allowed: `host`, `*.suffix`, `*`, each also with `:port`.
        kept: the ports on loopback that are refused now, whatever is allowed.
    """

    def __init__(
        self, hosts: Iterable[str] = (), allow: Iterable[str] = (), kept: Callable[[], Collection[int]] = tuple
    ) -> None:
        self._domains, self._ports, self._kept = set(CODE_HOSTS), set[int](), kept
        self._closed: set[tuple[str, int]] = set()
        self._allowed = [pattern for pattern in map(_pattern, allow) if pattern]
        for host in hosts:
            self.add(host)

    def add(self, where: str) -> None:
        """Refuse the host of a URL, or a bare host, from now on; a host on loopback with its port."""
        try:
            parts = urlsplit(where if "://" in where else f"//{where}")
            host, port = canonical(parts.hostname or ""), parts.port
        except ValueError:  # also of a URL that no client can use: no host there
            return
        if host == LOOPBACK:
            self._ports.add(port or (443 if parts.scheme == "https" else 80))
        else:
            self._domains.add(host)

    def close_off(self, host: str, port: int) -> None:
        """Refuse this very place, whatever is allowed."""
        self._closed.add((canonical(host), port))

    def refuses(self, host: str, port: int) -> bool:
        """Whether a connection to this host (in canonical form) is refused."""
        if (host, port) in self._closed or (host == LOOPBACK and port in self._kept()):
            return True
        if any(pattern.fits(host, port) for pattern in self._allowed):
            return False
        if host == LOOPBACK:
            return port in self._ports
        return _public(host) or any(domain in self._domains for domain in _domains(host))


class _Pattern:
    """One entry of `[net] allow`."""

    def __init__(self, host: str, port: int | None) -> None:
        self.port = port
        self.suffix = host[1:] if host.startswith("*") else None
        self.host = canonical(host) if self.suffix is None else ""

    def fits(self, host: str, port: int) -> bool:
        """Whether a host in canonical form is meant."""
        if self.port not in (None, port):
            return False
        return host == self.host if self.suffix is None else host.endswith(self.suffix)


def _pattern(text: str) -> _Pattern | None:
    """What an entry means; `None` for one that means no host, and so allows nothing."""
    host, colon, port = text.lower().rpartition(":")
    whole = not (colon and port.isdigit() and (":" not in host or host.endswith("]")))
    try:
        return _Pattern(text.lower(), None) if whole else _Pattern(host, int(port))
    except NotAHost:
        return None


def _domains(host: str) -> Iterable[str]:
    """A host and every domain above it."""
    while host:
        yield host
        host = host.partition(".")[2]


def _public(host: str) -> bool:
    """Whether it is an address of the public internet."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False
