"""A static registry in a process of its own, fast enough that no client waits for it: all answers are made beforehand.

`Mirror(folder)` starts `python -m bench.mirror FOLDER`, which serves what `write` put into the folder. Each answer may
be late by some milliseconds, without holding others up; requests are counted.

Invariants: an answer is bytes that lie ready, documents gzipped as well; validators and lifetimes are those of public
registries; the process ends when its standard input does, so it never outlives the benchmark.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self
from urllib.parse import unquote

ORIGIN = b"http://mirror.example"
"""Stands in documents for where the mirror turns out to be."""
ROUTES = "routes.json"
KINDS = ("documents", "files", "unchanged", "other")
"""What requests are answered with: a document, a file, that it has not changed, anything else."""
_FIELDS = re.compile(
    rb"\r\n(accept|accept-encoding|if-none-match|content-length|transfer-encoding|connection):[ \t]*([^\r]*)", re.I
)
_ABSENT = b'{"error": "Not found"}'


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked for.

    Args:
        path: its path, decoded.
        kind: its media type.
        body: the bytes; `ORIGIN` in a document is replaced.
        age: for how many seconds it is fresh.
        accept: what must stand in `Accept` for this form of a path that has several; "" is the form for everybody else.
    """

    path: str
    kind: str
    body: bytes
    age: int
    accept: str = ""

    @property
    def document(self) -> bool:
        """Whether it is text that is compressed for who accepts that."""
        return "json" in self.kind or "html" in self.kind


def write(folder: Path, routes: Iterable[Route]) -> None:
    """Put what is to be served into a new folder."""
    folder.mkdir(parents=True)
    rows = []
    for number, route in enumerate(routes):
        (folder / str(number)).write_bytes(route.body)
        rows.append((route.path, route.kind, str(number), route.age, route.accept))
    (folder / ROUTES).write_text(json.dumps(rows))


class Mirror:
    """The registry, as the benchmark sees it: a context manager that serves until it is left.

    Args:
        folder: what `write` made.
    """

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "bench.mirror", str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.origin = self._line()
        self.late = 0

    def latency(self, milliseconds: int) -> None:
        """How late every answer is from now on."""
        if milliseconds != self.late:
            self._say(f"latency {milliseconds}")
            self.late = milliseconds

    def counted(self) -> dict[str, int]:
        """How many requests came since this was last asked, by what they were answered with (`KINDS`)."""
        return dict(zip(KINDS, map(int, self._say("counted").split()), strict=True))

    def _say(self, words: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip() or sys.exit("the mirror ended")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class _Ready:
    """One form of an answer: everything that may be sent, made once."""

    def __init__(self, route: Route, origin: bytes) -> None:
        body = route.body.replace(ORIGIN, origin) if route.document else route.body
        tag = blake2b(body, digest_size=12).hexdigest()
        fields = [f'ETag: "{tag}"', f"Cache-Control: max-age={route.age}, public"]
        if route.document:
            fields.append("Vary: Accept, Accept-Encoding")
        packed = gzip.compress(body, 6, mtime=0) if route.document else b""
        kind = f"Content-Type: {route.kind}"
        self.accept = route.accept.encode()
        self.tag = tag.encode()
        self.same = _head("304 Not Modified", *fields)
        self.document = route.document
        self.plain = _head("200 OK", kind, f"Content-Length: {len(body)}", *fields), body
        gzipped = kind, f"Content-Length: {len(packed)}", "Content-Encoding: gzip"
        self.packed = (_head("200 OK", *gzipped, *fields), packed) if packed else self.plain


def _head(status: str, *fields: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *fields, "", "")).encode()


class _Site:
    """All answers, how late they are, and how many were given."""

    def __init__(self, folder: Path, origin: bytes) -> None:
        self.late, self.counts = 0.0, [0] * len(KINDS)
        self._ready: dict[bytes, list[_Ready]] = {}
        for path, kind, file, age, accept in json.loads((folder / ROUTES).read_text()):
            route = Route(path, kind, (folder / file).read_bytes(), age, accept)
            self._ready.setdefault(path.encode(), []).append(_Ready(route, origin))
        for forms in self._ready.values():
            forms.sort(key=lambda ready: not ready.accept)  # what stands for everybody else comes last

    def answer(self, method: bytes, target: bytes, fields: dict[bytes, bytes]) -> tuple[bytes, bytes]:
        """Head and body of the answer to one request."""
        if method not in (b"GET", b"HEAD"):  # npm's audit: nothing is known
            self.counts[3] += 1
            return _head("200 OK", "Content-Type: application/json", "Content-Length: 2"), b"{}"
        path = target.partition(b"?")[0]
        accepts = fields.get(b"accept", b"")
        forms = self._ready.get(unquote(path.decode()).encode() if b"%" in path else path, ())
        ready = next((form for form in forms if form.accept in accepts), None)
        if ready is None:
            self.counts[3] += 1
            return _head("404 Not Found", f"Content-Length: {len(_ABSENT)}"), b"" if method == b"HEAD" else _ABSENT
        if ready.tag in fields.get(b"if-none-match", b""):
            self.counts[2] += 1
            return ready.same, b""
        self.counts[not ready.document] += 1
        head, body = ready.packed if b"gzip" in fields.get(b"accept-encoding", b"") else ready.plain
        return head, b"" if method == b"HEAD" else body


class _Connection(asyncio.Protocol):
    """One connection, kept open from request to request."""

    def __init__(self, site: _Site) -> None:
        self._site, self._buffer = site, bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            fields = {name.lower(): value for name, value in _FIELDS.findall(head)}
            over = self._over(end + 4, fields)
            if over < 0:
                return
            del self._buffer[:over]
            method, target, _ = head.split(b" ", 2)
            self._send(*self._site.answer(method, target, fields), fields.get(b"connection", b"").lower() == b"close")

    def _over(self, begin: int, fields: dict[bytes, bytes]) -> int:
        """Where the request ends whose body begins here; -1 while some of it is missing."""
        if b"chunked" not in fields.get(b"transfer-encoding", b""):
            over = begin + int(fields.get(b"content-length", b"0"))
            return over if over <= len(self._buffer) else -1
        while (line := self._buffer.find(b"\r\n", begin)) >= 0:
            size = int(bytes(self._buffer[begin:line]).partition(b";")[0], 16)
            begin = line + 2 + size + 2
            if not size:
                return begin if begin <= len(self._buffer) else -1
        return -1

    def _send(self, head: bytes, body: bytes, close: bool) -> None:
        if self._site.late:
            asyncio.get_running_loop().call_later(self._site.late, self._write, head, body, close)
        else:
            self._write(head, body, close)

    def _write(self, head: bytes, body: bytes, close: bool) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(head + body if len(body) < 65_536 else head)
        if len(body) >= 65_536:
            self._transport.write(body)
        if close:
            self._transport.close()


async def _serve(folder: Path) -> None:
    """Serve until standard input ends; each line of it is an order, answered with a line."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    sites: list[_Site] = []
    server = await loop.create_server(lambda: _Connection(sites[0]), "127.0.0.1", 0, start_serving=False, backlog=512)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sites.append(_Site(folder, origin.encode()))
    await server.start_serving()
    print(origin, flush=True)

    def obey(order: str) -> None:
        site, (word, _, number) = sites[0], order.partition(" ")
        if word == "latency":
            site.late = int(number) / 1000
        print(*site.counts, flush=True)
        site.counts = [0] * len(KINDS)

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(obey, line.strip())
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen, daemon=True).start()
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
