"""What the net's tests stand on: a server that answers anything, a client that speaks raw bytes, and the net."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

from slopguard.egress import Net
from tests.simulators.server import Answer, LoopbackServer, Seen

HELLO = b"hello from outside\n"


def outside(tls: ssl.SSLContext | None = None) -> LoopbackServer:
    """A server that answers every request with `HELLO`, and with the body it was sent."""

    def respond(seen: Seen, body: bytes) -> Answer:
        return Answer(200, HELLO + body, "text/plain")

    return LoopbackServer(respond, tls=tls)


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """A port on which one connection gets back what it sent, once it has said that this is all."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                received = b""
                while chunk := connection.recv(65_536):
                    received += chunk
                connection.sendall(received[::-1])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def url_of(net: Net) -> str:
    """The proxy that clients are configured with."""
    return net.environment({})["HTTPS_PROXY"]


def authorization(net: Net) -> str:
    """The header line that opens the net."""
    parts = urlsplit(url_of(net))
    token = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    return f"Proxy-Authorization: Basic {token}\r\n"


def port_of(net: Net) -> int:
    """Where it listens."""
    return urlsplit(url_of(net)).port or 0


def dial(net: Net) -> socket.socket:
    """A connection to the net."""
    return socket.create_connection(("127.0.0.1", port_of(net)), 20)


def say(net: Net, request: str, *, opened: bool = True, more: bytes = b"") -> bytes:
    """All that the net answers to one request, given as its line and headers without the last empty line."""
    with dial(net) as connection:
        secret = authorization(net) if opened else ""
        connection.sendall(f"{request}\r\n{secret}\r\n".encode("latin-1") + more)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side ends."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65_536):
            received += chunk
    return received


def status(answer: bytes) -> int:
    """The status of an answer."""
    return int(answer.split(b" ", 2)[1])
