"""`python -m bench.load [--requests 100000] [--connections 16] [--clients 50] [--megabytes 1000]`: a gate under load.

Upstream, gate and load generator are a process each. Invariants: bounded, and everything started is ended; what is not
answered with 200 or 304, or with other bytes than the first client got, is no figure but the end of it (exit code 1).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.load import documents
from bench.load.process import Child, Process

PIP, UV, NPM = "pip/26.3 {}", "uv/0.13.9 {}", "npm/11.0.0 node/v20.0.0"
SIMPLE = "Accept: application/vnd.pypi.simple.v1+json"
CORGI = "Accept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
PAGES = [f"/pypi/main/simple/page-{n}/" for n in range(documents.PAGES)]
SMALL = [f"/npm/main/dep-{n}" for n in range(3, 93)]
WHEELS = [f"/pypi/main/files/page-{n}/page_{n}-1.7.0-py3-none-any.whl" for n in range(documents.PAGES)]
TARBALLS = [f"/npm/main/dep-{n}/-/dep-{n}-0.3.0.tgz" for n in range(3, 93)]
HUGE = "/pypi/main/files/huge/huge-1.0.0-py3-none-any.whl"


class Bench:
    """A gate with its upstream and its load generator.

    Args:
        connections: how many the load generator opens unless told otherwise.
    """

    def __init__(self, upstream: Child, gate: Process, generator: Child, connections: int) -> None:
        self._upstream, self.gate, self._generator, self._connections = upstream, gate, generator, connections

    def ask(self, paths: list[str], requests: int, *headers: str, **more: Any) -> dict[str, Any]:
        """Figures for `requests` of some paths; the sessions in `more["sessions"]` ask, the first one by default."""
        sessions = more.pop("sessions", self.gate.sessions[:1] * self._connections)
        clients = [[f"Authorization: {each}", *headers] for each in sessions]
        job = {"port": self.gate.port, "requests": requests, "paths": paths, "clients": clients, **more}
        found: dict[str, Any] = json.loads(self._generator.call(json.dumps(job)))
        if found["broken"] or set(found["statuses"]) - {"200", "304"}:
            raise SystemExit(f"not all was answered: {found['statuses']}, {found['broken']} broken")
        return found


@contextmanager
def bench(folder: Path, sessions: int, connections: int, megabytes: int = 0) -> Iterator[Bench]:
    """Everything started, and ended again."""
    with Child("bench.load.upstream", str(folder), str(megabytes)) as upstream:
        base = upstream.line()
        home = tempfile.mkdtemp(dir=folder)
        with Process("bench.load.gate", home, base, str(sessions)) as gate, Child("bench.load.generator") as generator:
            yield Bench(upstream, gate, generator, connections)


def throughput(folder: Path, requests: int, connections: int) -> None:
    """Cached answers, as fast as they come."""
    head(
        "Cached",
        "what",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "worst ms",
        "MB/s",
        "processor us each",
        "RSS MB before, after",
        "fds before, after",
    )
    with bench(folder, 1, connections) as running:
        for what, paths, headers, known in (
            ("project pages, 30 KB", PAGES, (f"User-Agent: {UV}", SIMPLE), False),
            ("packuments, abbreviated", SMALL, (f"User-Agent: {NPM}", CORGI), False),
            ("packuments, full, 130 KB", SMALL, (f"User-Agent: {NPM}",), False),
            ("pages, 304", PAGES, (f"User-Agent: {UV}", SIMPLE), True),
            ("packuments, 304", SMALL, (f"User-Agent: {NPM}", CORGI), True),
            ("wheels of 200 KB, uv", WHEELS, (f"User-Agent: {UV}",), False),
            ("wheels of 200 KB, pip (read)", WHEELS, (f"User-Agent: {PIP}",), False),
            ("tarballs of 200 KB", TARBALLS, (f"User-Agent: {NPM}",), False),
        ):
            count = requests // 10 if "200 KB" in what else requests
            running.ask(paths, 20 * len(paths), *headers)
            before = running.gate.state()
            found = running.ask(paths, count, *headers, known=known)
            after = running.gate.state()
            rate = found["answers"] / found["seconds"]
            cells(what, f"{rate:,.0f}", *(f"{1000 * found[key]:.1f}" for key in ("p50", "p99", "worst")),
                  f"{found['megabytes'] / found['seconds']:,.0f}",
                  f"{1e6 * (after.used - before.used) / found['answers']:,.0f}", f"{before.rss:.0f}, {after.rss:.0f}",
                  f"{before.files}, {after.files}")  # fmt: skip


def many_clients(folder: Path, clients: int) -> None:
    """Sessions of their own at once, every body compared with what another session of the same gate got."""
    paths = [*PAGES, *SMALL, *WHEELS[:30], *TARBALLS[:30]]
    with bench(folder, clients + 1, 1) as running:
        headers = (f"User-Agent: {UV}", SIMPLE)
        found = running.ask(paths, clients * len(paths), *headers, sessions=running.gate.sessions[1:], bodies=True)
        alone = running.ask(paths, len(paths), *headers, bodies=True)
        if found["digests"] != alone["digests"] or any(len(each) > 1 for each in found["digests"].values()):
            raise SystemExit("two sessions got different bytes")
        state = running.gate.state()
    head(
        f"{clients} clients at once, each with a session of its own", "answers", "seconds", "lost", "peak RSS MB", "fds"
    )
    cells(f"{found['answers']:,}", f"{found['seconds']:.1f}", found["broken"], f"{state.peak:.0f}", state.files)


def memory(folder: Path, megabytes: int) -> None:
    """What the gate needs at most, each in a fresh one."""
    head("Memory", "what", "seconds", "RSS MB before", "peak RSS MB", "RSS MB after")
    for what, paths, headers, sessions in (
        ("21 MB packument, full, 4 sessions", ["/npm/main/largest"], (f"User-Agent: {NPM}",), 4),
        ("21 MB packument, abbreviated, 4 sessions", ["/npm/main/largest"], (f"User-Agent: {NPM}", CORGI), 4),
        (f"file of {megabytes} MB, uv", [HUGE], (f"User-Agent: {UV}",), 1),
        (f"file of {megabytes} MB, pip (read)", [HUGE], (f"User-Agent: {PIP}",), 1),
        ("450 packuments of 66 MB, abbreviated", [f"/npm/main/{n}" for n, _ in documents.installed()],
         (f"User-Agent: {NPM}", CORGI), 1),
        ("450 packuments of 66 MB, full", [f"/npm/main/{n}" for n, _ in documents.installed()],
         (f"User-Agent: {NPM}",), 1),
    ):  # fmt: skip
        with bench(folder, sessions, 1, megabytes if paths == [HUGE] else 0) as running:
            before = running.gate.state()
            found = running.ask(paths, len(paths) * max(2, sessions), *headers, sessions=running.gate.sessions)
            after = running.gate.state()
            cells(what, f"{found['seconds']:.1f}", f"{before.rss:.0f}", f"{after.peak:.0f}", f"{after.rss:.0f}")


def head(title: str, *columns: str) -> None:
    """The heading of a table."""
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n{'|---' * len(columns)}|", flush=True)


def cells(*texts: object) -> None:
    """One row."""
    print(f"| {' | '.join(map(str, texts))} |", flush=True)


def main(arguments: Sequence[str]) -> None:
    """Every table."""
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    for flag, default in (("--requests", 100_000), ("--connections", 16), ("--clients", 50), ("--megabytes", 1_000)):
        parser.add_argument(flag, type=int, default=default)
    parser.add_argument("part", nargs="*", default=["throughput", "clients", "memory"])
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slopguard-load-") as name:
        folder = Path(name)
        if "throughput" in asked.part:
            throughput(folder, asked.requests, asked.connections)
        if "clients" in asked.part:
            many_clients(folder, asked.clients)
        if "memory" in asked.part:
            memory(folder, asked.megabytes)


if __name__ == "__main__":
    main(sys.argv[1:])
