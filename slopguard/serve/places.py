"""Where a served gate listens, and what it must have to listen there.

Invariant: without tokens nobody but this machine is answered; a token never crosses a network in the clear, unless a
person says that something in front of the gate speaks TLS.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import ip_address

from slopguard.errors import UsageError, printable

DEFAULT = "127.0.0.1:8766"
BACKLOG = 1024
_PORT = re.compile(r"[0-9]{1,5}")
_ASKED = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_HERE = ("127.0.0.1", "localhost", "[::1]")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Place:
    """A host and a port; port 0 is any free one."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> Place:
        """The place that `HOST:PORT` names; `[::1]:PORT` for an address of IPv6.

        Raises:
            UsageError: it names none.
        """
        host, colon, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not (colon and host and _PORT.fullmatch(port)) or int(port) > 0xFFFF:
            raise UsageError("--listen takes HOST:PORT", f"For example: --listen {DEFAULT}")
        return cls(host, int(port))

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def shown(self) -> str:
        """`HOST:PORT` as it stands in a URL."""
        host = printable(self.host)
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def listen(self) -> socket.socket:
        """A socket that listens here; its queue lasts as long as one process has it open.

        Raises:
            UsageError: it cannot be had.
        """
        try:
            family, *_, at = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            if self.loopback and not ip_address(at[0]).is_loopback:
                raise UsageError(f"'{self.host}' is no address of this machine alone", f"Use --listen {DEFAULT}")
            return socket.create_server(at[:2], family=family, backlog=BACKLOG)
        except (OSError, UnicodeError):
            why = "it cannot listen there: taken, not allowed, or no address of this machine"
            raise UsageError(why, "Choose another --listen") from None


def check(place: Place, *, tokens: bool, tls: bool, behind: bool) -> None:
    """Make sure that a gate may listen there.

    Args:
        tokens: whether callers need one.
        tls: whether it speaks TLS itself.
        behind: whether something in front of it does.

    Raises:
        UsageError: it may not.
    """
    add = "Make one: slopguard serve token add NAME"
    if behind and tls:
        raise UsageError("--behind-tls and --tls-cert exclude each other", "Leave one out")
    if not tokens and (behind or not place.loopback):
        raise UsageError("without tokens it only listens on this machine, and behind nothing", add)
    if not place.loopback and not (tls or behind):
        why = "tokens would cross the network in the clear"
        raise UsageError(why, "Give --tls-cert and --tls-key, or say --behind-tls if a proxy in front speaks TLS")


def host_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The values of `Host` that somebody named, in lower case.

    Raises:
        UsageError: one is no name.
    """
    wrong = next((name for name in names if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        raise UsageError("--host-name takes a name, or NAME:PORT", "For example: --host-name gate.acme.example")
    return tuple(name.lower() for name in names)


def own_hosts(port: int, names: tuple[str, ...], *, tokens: bool) -> frozenset[str] | None:
    """The values of `Host` that are answered; `None` for any.

    A web page that has its name point here (DNS rebinding) has no token, so that where tokens are asked for the name
    matters only if somebody says which it is.
    """
    if tokens and not names:
        return None
    here = () if tokens else tuple(f"{name}:{port}" for name in _HERE)
    return frozenset({*here, *names, *(f"{name}:{port}" for name in names if ":" not in name)})


def asked_by_name(host: str, hosts: frozenset[str] | None) -> bool:
    """Whether a value of `Host` is one that is answered; where any is, it is at least a name or an address."""
    return host.lower() in hosts if hosts is not None else _ASKED.fullmatch(host.lower()) is not None


def is_here(host: str) -> bool:
    """Whether a value of `Host` means this machine, with any port."""
    return host.lower() in _HERE or host.lower().rpartition(":")[0] in _HERE
