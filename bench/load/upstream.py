"""A registry that has every answer ready as bytes, in a process of its own (`python -m bench.load.upstream`).

It is told a folder for its large file and the megabytes of that; its first line on standard output is its address. It
ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bench.load import documents

SIMPLE = b"application/vnd.pypi.simple.v1+json"
PIECE = 1 << 18


class Registry:
    """Answers by path; a file on disk is sent piece by piece."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self._answers: dict[str, tuple[bytes, bytes]] = {}
        self._large, self._digest = documents.wheel(folder, megabytes)

    def fill(self, base: str) -> None:
        """Make every document, once the address is known."""
        for name in (f"page-{n}" for n in range(documents.PAGES)):
            self._answers[f"/simple/{name}/"] = SIMPLE, documents.page(name, base)
        size = self._large.stat().st_size
        self._answers["/simple/huge/"] = SIMPLE, documents.huge_page(base, self._digest, size)
        self._answers["/largest"] = b"application/json", documents.packument("largest", base, documents.LARGEST)
        for name, versions in documents.installed():
            self._answers[f"/{name}"] = b"application/json", documents.packument(name, base, versions)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the other side ends it."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode().partition("?")[0]
                if path.startswith("/files/huge/"):
                    await self._file(writer)
                    continue
                kind, body = self._answers.get(path) or (b"application/octet-stream", _file(path))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)))
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _file(self, writer: asyncio.StreamWriter) -> None:
        size = self._large.stat().st_size
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % size)
        with self._large.open("rb") as file:
            while piece := file.read(PIECE):
                writer.write(piece)
                await writer.drain()


def _file(path: str) -> bytes:
    """The content that a path's package has: `/files/NAME/FILE` or `/NAME/-/FILE`."""
    parts = path.split("/")
    return documents.content(parts[2] if parts[1] == "files" else parts[1])


async def main(folder: Path, megabytes: int) -> None:
    """Serve until standard input ends."""
    registry = Registry(folder, megabytes)
    server = await asyncio.start_server(registry.serve, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    registry.fill(base)
    print(base, flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
