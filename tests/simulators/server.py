"""The HTTP floor of both simulators: a threaded loopback server with a request log, credentials and faults.

Invariants: HTTP/1.1 on loopback only; every request is logged before it is answered; a fault breaks exactly the
answers whose path it names; `close` frees every stalled connection, so a test never waits for a fault to end.
"""

from __future__ import annotations

import base64
import hashlib
import selectors
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import StrEnum
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit


class Break(StrEnum):
    """The ways an upstream goes wrong."""

    REFUSE = "refuse"
    """The connection is closed without an answer."""
    STALL = "stall"
    """The request is read and never answered."""
    CRAWL = "crawl"
    """A header that goes on for ever, one byte at a time."""
    DRIP = "drip"
    """Headers, then one byte at a time, for ever too slow."""
    TRUNCATE = "truncate"
    """Half of the promised body, then the connection is closed."""
    GARBLE = "garble"
    """The right length and type; the second half of the body is noise (broken JSON, wrong hash)."""
    WRONG_TYPE = "wrong-type"
    """The right body under `Content-Type: image/png`."""
    PORTAL = "portal"
    """Status 200 with the HTML page of a captive portal."""
    STATUS = "status"
    """An error status."""
    REDIRECT = "redirect"
    """302 to `to`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong for paths matching the glob `path`."""

    path: str
    kind: Break
    status: int = 500
    to: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in; `path` is percent-decoded, `raw` is not; header names are lower case."""

    method: str
    path: str
    raw: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registry answers."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class LoopbackServer:
    """A threaded HTTP server that asks `respond` for each answer.

    Args:
        respond: makes the answer to a request that passed the credentials check.
        credentials: the one accepted `Authorization` value, `None` for an open server.
        tls: serve https with this context.
    """

    def __init__(
        self,
        respond: Callable[[Seen, bytes], Answer],
        *,
        credentials: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.respond = respond
        self.credentials = credentials
        self.faults: list[Fault] = []
        self.requests: list[Seen] = []
        self.peers: set[tuple[str, int]] = set()
        """Every connection that something was asked on."""
        self.closing = threading.Event()
        self.latency = 0.0
        """Seconds that each answer takes to be thought of."""
        self.cache_control = ""
        """What every good answer says about how long it may be used."""
        self.tags = self.dates = False
        """Whether good answers carry an `ETag`, a `Last-Modified`; who names the right one gets 304."""
        self._http = _Http(self)
        self._scheme = "https" if tls else "http"
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_until_told, daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`, no trailing slash."""
        host = "localhost" if self._scheme == "https" else "127.0.0.1"
        return f"{self._scheme}://{host}:{self._http.server_address[1]}"

    def close(self) -> None:
        """Stop: later connections are refused, stalled ones end."""
        self.closing.set()
        self._http.tell()
        self._thread.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def basic(user: str, password: str) -> str:
    """The `Authorization` value of HTTP Basic (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: LoopbackServer) -> None:
        self.owner = owner
        self._ends, self._end = socket.socketpair()
        super().__init__(("127.0.0.1", 0), _Handler)

    def serve_until_told(self) -> None:
        """`serve_forever`, without a look every now and then at whether it is over."""
        with self._ends, selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.register(self._ends, selectors.EVENT_READ)
            while all(key.fileobj is self for key, _ in selector.select()):
                self._handle_request_noblock()

    def tell(self) -> None:
        """It is over."""
        self._end.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event; anything else is a fault of the simulator and is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        path = unquote(urlsplit(self.path).path)
        headers = {k.lower(): v for k, v in self.headers.items()}
        seen = Seen(self.command, path, self.path, headers)
        self.server.owner.requests.append(seen)
        self.server.owner.peers.add(self.client_address)
        fault = next((f for f in self.server.owner.faults if fnmatchcase(path, f.path)), None)
        self._send(self._answer(seen, body), fault)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server dispatches on these names

    def log_message(self, *args: object) -> None:
        """Silence: the request log is `self.server.owner.requests`."""

    def _answer(self, seen: Seen, body: bytes) -> Answer:
        owner = self.server.owner
        if owner.latency:
            owner.closing.wait(owner.latency)
        if owner.credentials and seen.headers.get("authorization") != owner.credentials:
            realm = {"WWW-Authenticate": 'Basic realm="test"'}
            return Answer(401, b"{}", headers=realm)
        answer = owner.respond(seen, body)
        return self._ranged(seen, self._validated(seen, answer))

    def _validated(self, seen: Seen, answer: Answer) -> Answer:
        """The answer with its validators, or 304 to who holds it already (RFC 9110, section 13)."""
        owner = self.server.owner
        if answer.status != 200:
            return answer
        digest = hashlib.sha256(answer.body).hexdigest()
        said = {"Cache-Control": owner.cache_control} if owner.cache_control else {}
        said |= {"ETag": f'"{digest[:16]}"'} if owner.tags else {}
        said |= {"Last-Modified": formatdate(int(digest[:7], 16), usegmt=True)} if owner.dates else {}
        if seen.headers.get("if-none-match", "?") == said.get("ETag"):
            return Answer(304, headers=said)
        if "if-none-match" not in seen.headers and seen.headers.get("if-modified-since", "?") == said.get(
            "Last-Modified"
        ):
            return Answer(304, headers=said)
        return replace(answer, headers={**answer.headers, **said})

    def _ranged(self, seen: Seen, answer: Answer) -> Answer:
        """Honour one `Range: bytes=a-b`, as file hosts do (RFC 9110, section 14)."""
        wanted = seen.headers.get("range", "")
        if answer.status != 200 or "Accept-Ranges" not in answer.headers or not wanted.startswith("bytes="):
            return answer
        first, _, last = wanted[6:].partition("-")
        size = len(answer.body)
        start = int(first) if first else max(0, size - int(last))
        end = min(int(last), size - 1) if first and last else size - 1
        headers = {**answer.headers, "Content-Range": f"bytes {start}-{end}/{size}"}
        return replace(answer, status=206, body=answer.body[start : end + 1], headers=headers)

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        if kind is Break.REFUSE:
            self.close_connection = True
            return
        if kind is Break.STALL:
            self.close_connection = True
            self.server.owner.closing.wait()
            return
        if kind is Break.CRAWL:
            self._crawl()
            return
        answer = _broken(answer, fault) if fault else answer
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for key, value in answer.headers.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self._write(answer.body, kind)

    def _write(self, body: bytes, kind: Break | None) -> None:
        if kind is Break.TRUNCATE:
            self.close_connection = True
            body = body[: len(body) // 2]
        try:
            if kind is Break.DRIP:
                self._drip(body)
            else:
                self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True

    def _crawl(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.server.owner.closing.wait(0.1):
                self.wfile.write(b"a")
                self.wfile.flush()

    def _drip(self, body: bytes) -> None:
        self.close_connection = True
        for position in range(len(body)):
            self.wfile.write(body[position : position + 1])
            self.wfile.flush()
            if self.server.owner.closing.wait(0.5):
                return


def _broken(answer: Answer, fault: Fault) -> Answer:
    if fault.kind is Break.GARBLE:
        half = len(answer.body) // 2
        return replace(answer, body=answer.body[:half] + b"\x00" * (len(answer.body) - half))
    if fault.kind is Break.WRONG_TYPE:
        return replace(answer, content_type="image/png")
    if fault.kind is Break.PORTAL:
        return Answer(200, b"<!doctype html><title>Sign in</title><p>Welcome", "text/html")
    if fault.kind is Break.STATUS:
        return Answer(fault.status, b"{}")
    if fault.kind is Break.REDIRECT:
        return Answer(302, b"", headers={"Location": fault.to})
    return answer
