"""A forward proxy on loopback: plain requests and CONNECT tunnels, to the servers it was given names for.

Invariants: a host that it was not told of is answered with 502, so nothing leaves this machine; every request is logged
before it is passed on, as `METHOD host:port`; bytes are handed over as they come.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self
from urllib.parse import urlsplit

PATIENCE = 20.0
"""Seconds after which a silent tunnel is closed."""


class Proxy:
    """A proxy; a context manager.

    Args:
        hosts: host name to the origin (`http://127.0.0.1:PORT`) that stands for it.
    """

    def __init__(self, hosts: Mapping[str, str]) -> None:
        self.hosts: dict[str, tuple[str, int]] = {}
        self.asked: list[str] = []
        self.authorizations: set[str] = set()
        for host, to in hosts.items():
            self.serve(host, to)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def serve(self, host: str, to: str) -> None:
        """Let the server at the origin `to` stand for `host`."""
        self.hosts[host] = (urlsplit(to).hostname or "", urlsplit(to).port or 0)

    @property
    def url(self) -> str:
        """What a client is configured with."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, owner: Proxy) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """One request; the connection serves no second one."""
        head = self._head()
        if not head:
            return
        method, target, _ = head[0].split(" ", 2)
        place = urlsplit(f"//{target}" if method == "CONNECT" else target)
        self.server.owner.asked.append(f"{method} {place.hostname}:{place.port or 80}")
        said = (line.partition(": ") for line in head[1:])
        self.server.owner.authorizations |= {text for name, _, text in said if name.lower() == "proxy-authorization"}
        to = self.server.owner.hosts.get(place.hostname or "")
        if to is None:
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        with socket.create_connection(to, PATIENCE) as upstream:
            if method == "CONNECT":
                self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                path = place._replace(scheme="", netloc="").geturl()
                kept = [line for line in head[1:] if not line.lower().startswith(("proxy-", "connection:"))]
                start = "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""])
                upstream.sendall(start.encode("latin-1"))
            self._joined(upstream)

    def _head(self) -> list[str]:
        """The request line and the headers."""
        lines: list[str] = []
        while (line := self.rfile.readline(65_536).decode("latin-1").rstrip("\r\n")) or not lines:
            if not line:
                return []
            lines.append(line)
        return lines

    def _joined(self, upstream: socket.socket) -> None:
        """Hand bytes over in both directions until one side ends."""
        back = threading.Thread(target=_pump, args=(upstream, self.connection), daemon=True)
        back.start()
        while chunk := self.rfile.read1(65_536):
            try:
                upstream.sendall(chunk)
            except OSError:
                break
        with contextlib.suppress(OSError):
            upstream.shutdown(socket.SHUT_WR)
        back.join(PATIENCE)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
    for end in (sink, source):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
