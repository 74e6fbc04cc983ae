"""Asks as fast as answers come, in a process of its own (`python -m bench.load.generator`): jobs in, figures out.

A job is one line of JSON on standard input: `port`, `requests` (in all), `clients`, each a list of headers, and `paths`
that every client walks through from a place of its own; `known` sends back the validators of the first round; `bodies`
collects each body's digest by path. The answer is one line of JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

PIECE = 1 << 18
PATIENCE = 120.0
"""Seconds that one answer may take."""


@dataclass(slots=True)
class Tally:
    """What came of a job: seconds of each answer, statuses, digests of bodies by path, bytes."""

    took: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    digests: dict[str, set[str]] = field(default_factory=dict)
    broken: int = 0
    size: int = 0


class Client:
    """One connection that asks one thing after the other."""

    def __init__(self, job: dict[str, Any], headers: list[str], tally: Tally) -> None:
        self._port, self._headers, self._tally = job["port"], headers, tally
        self._bodies, self._known = job.get("bodies", False), job.get("known", False)
        self._tags: dict[str, str] = {}

    async def walk(self, paths: list[str], count: int) -> None:
        """Ask for `count` of the paths in turn."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=PIECE)
        for number in range(count):
            path = paths[number % len(paths)]
            begun = time.perf_counter()
            try:
                async with asyncio.timeout(PATIENCE):
                    status = await self._ask(path, reader, writer)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                self._tally.broken += 1
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=PIECE)
                continue
            self._tally.took.append(time.perf_counter() - begun)
            self._tally.statuses[status] += 1
        writer.close()

    async def _ask(self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", *self._headers]
        if self._known and path in self._tags:
            lines.append(f"If-None-Match: {self._tags[path]}")
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        found = {
            key.lower(): value.strip() for key, _, value in (line.partition(":") for line in head.splitlines()[1:])
        }
        self._tags[path] = found.get("etag", "")
        await self._body(path, reader, 0 if status == 304 else int(found.get("content-length", 0)))
        return status

    async def _body(self, path: str, reader: asyncio.StreamReader, length: int) -> None:
        digest = hashlib.sha256() if self._bodies else None
        self._tally.size += length
        while length:
            piece = await reader.read(min(length, PIECE))
            if not piece:
                raise asyncio.IncompleteReadError(b"", length)
            length -= len(piece)
            if digest:
                digest.update(piece)
        if digest:
            self._tally.digests.setdefault(path, set()).add(digest.hexdigest())


async def work(job: dict[str, Any]) -> dict[str, Any]:
    """Do a job."""
    tally, paths, clients = Tally(), job["paths"], job["clients"]
    each = max(1, job["requests"] // len(clients))
    begun = time.perf_counter()
    starts = [at * len(paths) // len(clients) for at in range(len(clients))]
    walks = [
        Client(job, headers, tally).walk(paths[start:] + paths[:start], each)
        for headers, start in zip(clients, starts, strict=True)
    ]
    await asyncio.gather(*walks)
    took = sorted(tally.took) or [0.0]
    return {
        "seconds": time.perf_counter() - begun,
        "answers": len(tally.took),
        "broken": tally.broken,
        "p50": took[len(took) // 2],
        "p99": took[len(took) * 99 // 100],
        "worst": took[-1],
        "megabytes": tally.size / 1e6,
        "statuses": {str(status): count for status, count in tally.statuses.items()},
        "digests": {path: sorted(found) for path, found in tally.digests.items()},
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(asyncio.run(work(json.loads(line)))), flush=True)
