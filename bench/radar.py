"""The radar: many watched names against a registry on this machine, at a rate that the registry measures.

The registry is a process of its own that answers and notes when; so what is measured is what a real one would see. A
few of the names are registered: half of them before they were predicted, half since.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import resource
import socket
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from slopguard.config import Settings
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, NormalizedName
from slopguard.radar.memory import Memory
from slopguard.radar.on_this_machine import OnThisMachine
from slopguard.radar.poll import AT_ONCE
from slopguard.radar.session import Result, Session, Wanted
from slopguard.store import Store
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist

NAMES, RATE = 100_000, 900.0
REGISTERED = 20
PREDICTED = datetime(2026, 1, 1, tzinfo=UTC)
LATER = timedelta(days=30)
ROUNDS = ("first poll", "again at once", "again when all is due")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the registry saw in one poll: when each request came, and how many were of which method."""

    times: Sequence[float]
    heads: int
    gets: int

    @property
    def busiest(self) -> int:
        """The most requests in any window of one second."""
        most = first = 0
        for last, at in enumerate(self.times):
            while self.times[first] < at - 1:
                first += 1
            most = max(most, last - first + 1)
        return most


def name_of(number: int) -> str:
    """The watched name of a rank."""
    return f"sg-watched-{number}"


def registered(names: int) -> dict[str, datetime]:
    """Names that somebody registered, and when."""
    step = max(1, names // REGISTERED)
    return {
        name_of(number): PREDICTED + (LATER if count % 2 else -LATER)
        for count, number in enumerate(range(step, names + 1, step))
    }


def registry(ready: Connection, names: int) -> None:
    """Serve until told to end; each word that is sent is answered with what was seen since the last one."""
    asyncio.run(_serve(ready, names))


async def _serve(ready: Connection, names: int) -> None:
    there = {f"/{name}/".encode(): _page(name, when) for name, when in registered(names).items()}
    times: list[float] = []
    counts = {b"HEAD": 0, b"GET": 0}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                times.append(time.monotonic())
                method, path, _ = head.split(b" ", 2)
                counts[method] += 1
                writer.write(_answer(method, there.get(path.removeprefix(b"/simple"))))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, family=socket.AF_INET)
    ready.send(server.sockets[0].getsockname()[1])
    while await asyncio.to_thread(ready.recv):
        ready.send(Seen(tuple(times), counts[b"HEAD"], counts[b"GET"]))
        times.clear()
        counts.update({b"HEAD": 0, b"GET": 0})


def _answer(method: bytes, page: bytes | None) -> bytes:
    status = b"200 OK" if page is not None else b"404 Not Found"
    kind = b"application/vnd.pypi.simple.v1+json"
    body = page or b""
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(body))
    return head if method == b"HEAD" else head + body


def _page(name: str, when: datetime) -> bytes:
    file = {
        "filename": f"{name.replace('-', '_')}-0.0.1-py3-none-any.whl",
        "url": f"{name}-0.0.1-py3-none-any.whl",
        "hashes": {"sha256": "0" * 64},
        "size": 1000,
        "upload-time": when.isoformat(),
    }
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "versions": ["0.0.1"], "files": [file]}).encode()


def measure(
    folder: Path, names: int = NAMES, rate: float = RATE, polls: int = len(ROUNDS)
) -> list[tuple[str, float, Result, Seen]]:
    """The first of three polls: what each is called, its seconds, what it came to, and what the registry saw."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=registry, args=(theirs, names), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{mine.recv()}/simple/"
    _watch(folder, names)
    found = []
    spans = (timedelta(hours=6), timedelta(hours=6), timedelta())
    for what, every in list(zip(ROUNDS, spans, strict=True))[:polls]:
        began = time.monotonic()
        result = _poll(folder, url, every, rate)
        took = time.monotonic() - began
        mine.send(True)
        found.append((what, took, result, mine.recv()))
    mine.send(False)
    process.join()
    return found


def _watch(folder: Path, names: int) -> None:
    rows = (Watched(Ecosystem.PYPI, NormalizedName(name_of(n)), n) for n in range(1, names + 1))
    with Watchlist(folder) as watchlist:
        watchlist.add(Batch("generated", "embedded", PREDICTED), rows)


def _poll(folder: Path, url: str, every: timedelta, rate: float) -> Result:
    settings = Settings(home=folder)
    index = Index(Ecosystem.PYPI, "bench", url, IndexKind.DEFAULT, Layer.USER)
    store = Store.open(settings)
    try:
        with Watchlist(folder) as watchlist, Memory(folder) as memory:
            session = Session(settings, [index], memory, OnThisMachine(watchlist, store.watch))
            return asyncio.run(session.run(Wanted((Ecosystem.PYPI,), every, rate)))
    finally:
        store.close()


def main(argv: Sequence[str]) -> None:
    """Print the table: `python -m bench radar [NAMES [RATE [POLLS]]]`."""
    names, rate = (int(argv[0]) if argv else NAMES), (float(argv[1]) if len(argv) > 1 else RATE)
    polls = int(argv[2]) if len(argv) > 2 else len(ROUNDS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        _table(Path(folder), names, rate, polls)


def _table(folder: Path, names: int, rate: float, polls: int) -> None:
    print("| poll | names | requests (HEAD, GET) | a second, on the whole | in the busiest second | took | alarms |")
    print("|---|---|---|---|---|---|---|")
    for what, took, result, seen in measure(folder, names, rate, polls):
        count = len(seen.times)
        mean = (count - 1) / (seen.times[-1] - seen.times[0]) if count > 1 else 0.0
        asked = f"{result.tally.asked:,} | {count:,} ({seen.heads:,}, {seen.gets:,})"
        print(f"| {what} | {asked} | {mean:.0f} | {seen.busiest} | {took:.1f} s | {len(result.tally.alarms)} |")
    size = (folder / "radar.db").stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = f"Told to send at most {rate:g} a second, {AT_ONCE} at the same time"
    print(f"\n{told}. radar.db: {size:.1f} MB. Memory of the process at its most: {peak:.0f} MB.", flush=True)
