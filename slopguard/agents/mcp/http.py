"""The MCP server over HTTP: one path, POST only, one JSON answer a request.

Invariants: without a token it listens on loopback only; a request from a web page (any `Origin`), to another host name,
or without the token where there is one reaches nothing of the server; bodies, connections and time are bounded; nothing
of a request is logged or repeated, and a connection on which nothing comes is closed.
"""

from __future__ import annotations

import hmac
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse, Response

from slopguard.agents.mcp.server import build, leave
from slopguard.errors import UsageError, printable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from slopguard.agents.mcp.calls import Serving

PATH = "/mcp"
LARGEST = 256 * 1024
"""Bytes of a request; a hundred names need a tenth of it."""
CONNECTIONS = 32
LONGEST = 120.0
"""Seconds that one request may take, its body included."""
SILENT = 15.0
"""Seconds between two looks at the connections: one that waits for a whole head at both is closed."""
SHORTEST_TOKEN = 16
LARGEST_TOKEN = 4096
NO_MESSAGE = "slopguard: no message of the protocol"
"""Instead of the package's words for it, which hold what was sent."""
UNREADABLE = (-32700, -32602)
"""The codes of JSON-RPC for what is no JSON, and no message."""
STOPPING = 3
"""Seconds that a stop waits for answers under way."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> Place:
        """The place that `[HOST:]PORT` names; loopback without a host.

        Raises:
            UsageError: it names none.
        """
        host, colon, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not port.isascii() or not port.isdigit() or int(port) > 0xFFFF or (colon and not host):
            raise UsageError("--http takes PORT or HOST:PORT", "For example: --http 8765")
        return cls(host or "127.0.0.1", int(port))

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def token_of(file: Path) -> bytes:
    """The token in a file that only its owner may read.

    Raises:
        UsageError: it cannot be read, others may read it, or it holds no token.
    """
    try:
        with file.open("rb") as stream:
            mode, text = os.fstat(stream.fileno()).st_mode, stream.read(LARGEST_TOKEN + 1)
    except OSError:
        raise UsageError("--token-file cannot be read", "Check its path") from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise UsageError("others may read the token file", "Make it yours alone: chmod 600")
    token = text.strip()
    if not SHORTEST_TOKEN <= len(token) <= LARGEST_TOKEN or not all(0x21 <= byte <= 0x7E for byte in token):
        problem = f"the token file must hold one word of {SHORTEST_TOKEN} plain characters or more"
        raise UsageError(problem, "For example: openssl rand -hex 32")
    return token


def serve_http(serving: Serving, place: Place, token: bytes | None) -> None:
    """Serve on a socket until a signal comes.

    Raises:
        UsageError: the place is not loopback and there is no token, or it cannot be listened on.
    """
    if token is None and not place.loopback:
        raise UsageError("without --token-file it only listens on this machine", "Name a token file, or leave HOST out")
    listening = _listen(place)
    port = listening.getsockname()[1]
    hosts = _names(port) if place.loopback else None
    app = build(serving).streamable_http_app(
        json_response=True,
        stateless_http=True,
        max_request_body_size=LARGEST,
        streamable_http_path=PATH,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # `Entrance` does more
    )
    server = uvicorn.Server(
        uvicorn.Config(
            Entrance(app, hosts, token),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=STOPPING,
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn stops at them, then raises them again
        signal.signal(number, leave)
    sys.stderr.write(f"slopguard: MCP on http://{_shown(place.host)}:{port}{PATH}; SIGTERM or Ctrl-C ends it.\n")
    sys.stderr.flush()
    anyio.run(_serve, server, listening)


async def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_close_silent, server)
        await server.serve([listening])
        tasks.cancel_scope.cancel()


async def _close_silent(server: uvicorn.Server) -> None:
    """Close what holds a place and asks nothing: uvicorn gives the head of a request as long as it likes."""
    before: dict[object, object] = {}
    while True:
        await anyio.sleep(SILENT)
        waiting: dict[object, object] = {}
        for connection in list(server.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            if cycle is not None and not cycle.response_complete:
                continue
            if connection in before and before[connection] is cycle:
                connection.transport.close()
            waiting[connection] = cycle
        before = waiting


def _listen(place: Place) -> socket.socket:
    try:
        family = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((place.host, place.port), family=family)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
        return listening
    except (OSError, UnicodeError):
        raise UsageError("it cannot listen there: taken, not allowed, or no address of this machine") from None


def _names(port: int) -> frozenset[bytes]:
    return frozenset(f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost", "[::1]"))


def _shown(host: str) -> str:
    return f"[{printable(host)}]" if ":" in host else printable(host)


class Entrance:
    """What every request passes before the server sees it.

    Args:
        app: the server.
        hosts: the values of `Host` that name this machine; any if `None`.
        token: what `Authorization: Bearer` must hold; nothing if `None`.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[bytes] | None, token: bytes | None) -> None:
        self._app, self._hosts, self._token = app, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or hand it on."""
        if scope["type"] != "http":  # `lifespan`; there is no other
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        with anyio.move_on_after(LONGEST):
            await self._app(scope, receive, _worded(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers: dict[bytes, list[bytes]] = {}
        for key, value in scope["headers"]:
            headers.setdefault(key, []).append(value)
        if b"origin" in headers:  # a web page; agents send none
            return _refused(403, "no web pages")
        if self._hosts is not None and headers.get(b"host", [b""])[-1].lower() not in self._hosts:
            return _refused(421, "not this host")
        if not self._known(headers.get(b"authorization", [])):
            return _refused(401, "a token is needed", {"WWW-Authenticate": "Bearer"})
        if scope["path"] != PATH:
            return _refused(404, "nothing here")
        return None if scope["method"] == "POST" else _refused(405, "POST only", {"Allow": "POST"})

    def _known(self, given: list[bytes]) -> bool:
        """Whether exactly the token was given; how long that takes says nothing of how near it was."""
        if self._token is None:
            return True
        scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        return hmac.compare_digest(token.strip(), self._token) and scheme.lower() == b"bearer"


def _worded(send: Send) -> Send:
    """What sends an answer; to what is no message, in words of ours."""
    held: list[Message] = []

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 400:
            held.append(message)
            return
        if held:
            start, body = held.pop(), _fixed(message.get("body", b""))
            others = [header for header in start["headers"] if header[0].lower() != b"content-length"]
            await send({**start, "headers": [*others, (b"content-length", str(len(body)).encode())]})
            message = {**message, "body": body}
        await send(message)

    return told


def _fixed(body: bytes) -> bytes:
    """The answer to something whose id could not be read holds that id's place and its kind; no other words."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body
    if not isinstance(answer, dict) or answer.get("id") is not None or answer["error"]["code"] not in UNREADABLE:
        return body
    error = {"code": answer["error"]["code"], "message": NO_MESSAGE}
    return json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()


def _refused(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": f"slopguard: {why}"}, status, headers)
