"""A model that asks for what a test wrote down, one call after the other, whatever it is told.

Invariants: on loopback only; nothing is kept of what identifies whoever asks.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.agents.real.dialects import ROUTES, Document, Tool


class Model:
    """The model.

    Attributes:
        heard: what it was told of each of its calls, in their order.
        last: the request in which it was told most, as text.
    """

    def __init__(self) -> None:
        self.script: tuple[Tool, ...] = ()
        self.heard: list[str] = []
        self.last = ""
        self._lock = threading.Lock()
        self._server = _Server(self)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Answer from now on."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def begin(self, script: Sequence[Tool]) -> None:
        """Have this to ask for in the conversation that comes next."""
        self.script, self.heard, self.last = tuple(script), [], ""

    def answer(self, path: str, body: bytes) -> Document | list[Document]:
        """What is said to a request; an empty object to one that is not about a conversation."""
        with self._lock:
            dialect = next((each for piece, each in ROUTES if piece in path and "count" not in path), None)
            request: Any = json.loads(body) if body[:1] == b"{" else {}
            if dialect is None:
                return {"input_tokens": 1, "totalTokens": 1}
            heard = dialect.heard(request)
            if len(heard) > len(self.heard):
                self.heard, self.last = heard, body.decode(errors="replace")
            at = len(heard)
            tool = self.script[at] if dialect.offered(request) and at < len(self.script) else None
            return dialect.said(request, tool, at)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, model: Model) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_HEAD(self) -> None:
        self._send("application/json", b"")

    def do_GET(self) -> None:
        self._send("application/json", b'{"object": "list", "data": [{"id": "m", "object": "model"}], "models": []}')

    def do_POST(self) -> None:
        said = self.server.model.answer(self.path, self._body())
        if isinstance(said, list):
            self._send("text/event-stream", b"".join(map(_event, said)) + _end(said))
        elif "stream" in self.path:
            self._send("text/event-stream", _event(said))
        else:
            self._send("application/json", json.dumps(said).encode())

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        found = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _send(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _event(document: Document) -> bytes:
    name = f"event: {document['type']}\n" if "type" in document else ""
    return f"{name}data: {json.dumps(document)}\n\n".encode()


def _end(events: Sequence[Document]) -> bytes:
    """What ends a stream whose events have no names."""
    return b"" if "type" in events[0] else b"data: [DONE]\n\n"
