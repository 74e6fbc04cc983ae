"""HTTP/1.1 as a proxy sees it: request heads, where they lead, answers, and bytes handed over.

Invariants: a head is bounded and strict, so that nothing is understood here in one way and by a server in another; a
plain request hands on exactly the body it announces; nothing waits for ever; a host is echoed only in canonical form.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from slopguard.egress.hosts import NotAHost, canonical

HEAD_LIMIT = 32 << 10
IDLE = 300.0
"""Seconds without a byte in either direction after which a connection is closed."""
PATIENCE = 30.0
"""Seconds for a head, and for a connection to be made."""

_CHUNK = 64 << 10
_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]\Z")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)\Z")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@]+):([0-9]{1,5})\Z")
_ABSOLUTE = re.compile(r"(?i:http)://(\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@]+)(?::([0-9]{1,5}))?((?:[/?][^#]*)?)\Z")
_OF_ONE_HOP = {"connection", "keep-alive", "te", "trailer", "upgrade", "host"}
"""Headers that are not passed on, beside all that begin with `proxy-`; the host is named anew."""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Bad(Exception):
    """A request that is not passed on; `status` and one fixed line say why."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status, self.line = status, line


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one request."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]

    def get(self, name: str) -> str:
        """A header's value, empty if it is absent or there twice."""
        found = [value for key, value in self.headers if key.lower() == name]
        return found[0] if len(found) == 1 else ""

    @property
    def length(self) -> int:
        """How long the body of a plain request is.

        Raises:
            Bad: it does not say so plainly.
        """
        said = [(key.lower(), value) for key, value in self.headers]
        lengths = {value for key, value in said if key == "content-length"}
        if any(key == "transfer-encoding" for key, _ in said):
            raise Bad(411, "slopguard: a request with a body must say how long it is")
        if len(lengths) > 1 or not all(re.fullmatch(r"[0-9]{1,18}", text) for text in lengths):
            raise Bad(400, "slopguard: that is no request")
        return int(next(iter(lengths), "0"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request leads.

    Args:
        spelled: the host as the client wrote it, fit to be asked for.
        host: in canonical form.
        path: of a plain request; `None` for a tunnel.
    """

    spelled: str
    host: str
    port: int
    path: str | None = None

    @property
    def authority(self) -> str:
        """`host:port`; the port of a plain request only where it is not 80."""
        host = f"[{self.spelled}]" if ":" in self.spelled else self.spelled
        return host if self.path is not None and self.port == 80 else f"{host}:{self.port}"


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The head of a request, `None` if the client said nothing.

    Raises:
        Bad: it is no request, or too long.
        TimeoutError: it does not come.
    """
    raw = await _raw_head(reader, "slopguard: that request is too long")
    if not raw:
        return None
    first, *rest = raw.decode("latin-1").split("\r\n")
    line, headers = _LINE.match(first), [_HEADER.match(text) for text in rest]
    if not line or not all(headers):
        raise Bad(400, "slopguard: that is no request")
    return Head(line[1], line[2], [(found[1], found[2].strip()) for found in headers if found])


async def read_status(reader: asyncio.StreamReader) -> tuple[int, list[str]]:
    """The status and the header lines of an answer.

    Raises:
        Bad: it is none.
        TimeoutError: it does not come.
    """
    raw = await _raw_head(reader, "slopguard: that answer is too long")
    first, *rest = raw.decode("latin-1").split("\r\n")
    found = re.match(r"HTTP/1\.[01] ([1-5][0-9][0-9])(?: |\Z)", first)
    if not found:
        raise Bad(502, "slopguard: that server gave no answer")
    return int(found[1]), [first, *rest]


async def _raw_head(reader: asyncio.StreamReader, too_long: str) -> bytes:
    try:
        async with asyncio.timeout(PATIENCE):
            return (await reader.readuntil(b"\r\n\r\n"))[:-4]
    except asyncio.IncompleteReadError:
        return b""
    except asyncio.LimitOverrunError:
        raise Bad(431, too_long) from None


def place(head: Head) -> Place:
    """Where a request leads.

    Raises:
        Bad: nowhere that this proxy goes.
    """
    found = (_AUTHORITY if head.method == "CONNECT" else _ABSOLUTE).match(head.target)
    if not found:
        raise Bad(400, "slopguard: this proxy takes CONNECT and plain http only")
    path = None if head.method == "CONNECT" else found[3] if found[3].startswith("/") else f"/{found[3]}"
    port = int(found[2] or 80)
    try:
        host = canonical(found[1])
    except NotAHost:
        raise Bad(400, "slopguard: that is not the name of a host") from None
    if not 0 < port < 65_536:
        raise Bad(400, "slopguard: that is no port")
    spelled = found[1].strip("[]").lower()
    return Place("localhost" if spelled.rstrip(".").endswith(".localhost") else spelled, host, port, path)


def request(head: Head, where: Place, authorization: str | None) -> bytes:
    """A plain request as it is passed on: to its server, or with `authorization` (may be empty) to another proxy."""
    target = where.path if authorization is None else f"http://{where.authority}{where.path}"
    kept = [f"{key}: {value}" for key, value in head.headers if not _of_one_hop(key.lower())]
    more = [f"Proxy-Authorization: {authorization}"] if authorization else []
    lines = [f"{head.method} {target} HTTP/1.1", f"Host: {where.authority}", *kept, *more, "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _of_one_hop(name: str) -> bool:
    return name in _OF_ONE_HOP or name.startswith("proxy-")


def connect(where: Place, authorization: str) -> bytes:
    """The request for a tunnel, to another proxy."""
    more = [f"Proxy-Authorization: {authorization}"] if authorization else []
    lines = [f"CONNECT {where.authority} HTTP/1.1", f"Host: {where.authority}", *more]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def closing(lines: Sequence[str]) -> bytes:
    """The head of an answer, saying that the connection ends with it."""
    kept = [line for line in lines if not line.lower().startswith(("connection:", "keep-alive:", "proxy-connection:"))]
    return "\r\n".join([*kept, "Connection: close", "", ""]).encode("latin-1")


def answer(status: int, line: str, *more: str) -> bytes:
    """A whole answer that says one line, as its reason and as its body."""
    body = f"{line}\n".encode("ascii")
    head = [f"HTTP/1.1 {status} {line}", "Content-Type: text/plain", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode("ascii") + body


async def joined(client: Stream, server: Stream) -> None:
    """Hand bytes over in both directions until both have ended, one broke, or nothing has moved for too long."""
    try:
        async with asyncio.timeout(IDLE) as patience, asyncio.TaskGroup() as both:
            both.create_task(_pump(client[0], server[1], patience))
            both.create_task(_pump(server[0], client[1], patience))
    except* OSError:  # TimeoutError is one
        pass


async def exchanged(client: Stream, server: Stream, length: int) -> None:
    """Hand `length` bytes of a request's body over, and the answer back; the answer's end ends it.

    Raises:
        Bad: there is no proper answer.
    """
    body = asyncio.create_task(_body(client[0], server[1], length))
    try:
        status, lines = await read_status(server[0])
        while status < 200:
            client[1].write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            status, lines = await read_status(server[0])
        client[1].write(closing(lines))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE) as patience:
                await _pump(server[0], client[1], patience)
    finally:
        body.cancel()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await body


async def _body(source: asyncio.StreamReader, sink: asyncio.StreamWriter, length: int) -> None:
    while length and (chunk := await source.read(min(length, _CHUNK))):
        sink.write(chunk)
        await sink.drain()
        length -= len(chunk)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, patience: asyncio.Timeout) -> None:
    while chunk := await source.read(_CHUNK):
        sink.write(chunk)
        await sink.drain()
        patience.reschedule(asyncio.get_running_loop().time() + IDLE)
    with contextlib.suppress(OSError):
        sink.write_eof()
