"""What ten million watched names cost: taking them in from a file, the file they make, looking one up, reading pages.

Invariants: names are made by rule and are about twenty characters long, as forecast names are; taking in is the command
itself, in a process of its own, from the start of the interpreter to its end; look-ups are of names in no order, so
that no cache knows them. The processor's time stands beside the clock's: other work on the machine hardly changes it.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slopguard.model import Ecosystem, NormalizedName
from slopguard.watchlist.layout import FILE
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.reading import Reader
from slopguard.watchlist.watchlist import Watchlist

NAMES = 10_000_000
QUESTIONS = 20_000
PAGES = 50
PAGE = 1_000
SEED = 20261126
SYLLABLES = (
    "an",
    "be",
    "cor",
    "da",
    "el",
    "fast",
    "gra",
    "hub",
    "in",
    "kit",
    "lo",
    "mi",
    "net",
    "or",
    "py",
    "so",
    "tra",
    "ul",
)
STEP = 7_368_787
"""A prime: going on by it, every combination of three words comes once."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Importing a file, as a process.

    Args:
        rows, length: how many names, and how long they are on average.
        clock, processor: seconds.
        memory: MB that it had at most.
        size: bytes of the file that it made.
    """

    rows: int
    length: float
    clock: float
    processor: float
    memory: float
    size: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Look-ups, in microseconds: on the clock, and of the processor on average."""

    median: float
    late: float
    processor: float


def words() -> list[str]:
    """Made-up words of four to nine characters."""
    return sorted(
        {a + b + c for a in SYLLABLES for b in SYLLABLES for c in ("", "er", "ly", "db") if 4 <= len(a + b + c) < 10}
    )


def names(count: int) -> Iterator[str]:
    """So many names, none twice."""
    known = words()
    many = len(known)
    at = 0
    for _ in range(count):
        at = (at + STEP) % many**3
        yield f"{known[at % many]}-{known[at // many % many]}-{known[at // many**2]}"


def written(path: Path, count: int) -> list[str]:
    """Write names to a file, a line each; gives some of them, in no order."""
    chance, some = random.Random(SEED), []
    with path.open("w") as file:
        for name in names(count):
            file.write(f"{name}\n")
            if chance.random() < QUESTIONS * 1.2 / count:
                some.append(name)
    chance.shuffle(some)
    return some[:QUESTIONS]


def taken(path: Path, home: Path, count: int) -> Taken:
    """What `slopguard watch import` takes for the file."""
    command = [sys.executable, "-m", "slopguard", "watch", "import", str(path), "-e", "pypi", "--origin", "generated"]
    env = {"HOME": str(home.parent), "SLOPGUARD_HOME": str(home), "PATH": os.defpath, **_where()}
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=env, cwd=path.parent, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    clock = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the import ended with {process.returncode}")
    size = (home / FILE).stat().st_size
    length = path.stat().st_size / count - 1
    return Taken(count, length, clock, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, size)


def asked(home: Path, some: Sequence[str]) -> Asked:
    """Look every name up, once."""
    reader, now = Reader(home), datetime.now(UTC)
    reader.get(Ecosystem.PYPI, "first", now)  # opens the file
    took: list[float] = []
    used = time.process_time()
    for name in some:
        begin = time.perf_counter()
        reader.get(Ecosystem.PYPI, name, now)
        took.append((time.perf_counter() - begin) * 1e6)
    used = (time.process_time() - used) / max(len(some), 1) * 1e6
    reader.close()
    return Asked(statistics.median(took), sorted(took)[len(took) * 99 // 100], used)


def milliseconds(thing: Callable[[], object]) -> float:
    """What one call takes."""
    begin = time.perf_counter()
    thing()
    return (time.perf_counter() - begin) * 1000


def pages(watchlist: Watchlist) -> float:
    """Milliseconds for a page of a thousand names; median."""
    took, after = [], None
    for _ in range(PAGES):
        begin = time.perf_counter()
        page = watchlist.ranked(after=after, limit=PAGE)
        took.append((time.perf_counter() - begin) * 1000)
        after = page[-1].place if page else None
    return statistics.median(took)


def main(arguments: Sequence[str]) -> None:
    """The figures, as a table; the argument is how many names (ten million)."""
    print(f"| what | took | processor | | |\n{'|---' * 5}|", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        watchlist(Path(folder), int(arguments[0]) if arguments else NAMES)


def watchlist(folder: Path, count: int = NAMES) -> tuple[Taken, Asked, Asked]:
    """Print the figures of a watchlist of so many names."""
    path, home = folder / "names.txt", folder / "home"
    some = written(path, count)
    done = taken(path, home, count)
    path.unlink()
    print(
        f"| import {count:,} names of {done.length:.1f} characters | {done.clock:,.1f} s | {done.processor:,.1f} s |",
        end="",
    )
    print(f" {count / done.clock:,.0f} names a second | {done.memory:,.0f} MB of memory |")
    print(f"| the file | {done.size / 1e6:,.0f} MB | | {done.size / count:.1f} bytes a name | |", flush=True)
    there, not_there = asked(home, some), asked(home, [f"{name}-x" for name in some])
    for what, each in (("there", there), ("not there", not_there)):
        print(f"| look up a name that is {what} | {each.median:.1f} us | {each.processor:.1f} us |", end="")
        print(f" 99 of 100 within {each.late:,.0f} us | |", flush=True)
    with Watchlist(home) as mine:
        print(f"| a page of {PAGE:,} names by rank | {pages(mine):,.1f} ms | | | |")
        rows = [Watched(Ecosystem.PYPI, NormalizedName(f"more-{n}"), n + 1) for n in range(PAGE)]
        more = milliseconds(lambda: mine.add(Batch("generated", "bench", datetime.now(UTC)), rows))
        print(f"| add {PAGE:,} names | {more:,.0f} ms | | | |")
        print(f"| a page of {PAGE:,} names by rank, of two batches | {pages(mine):,.1f} ms | | | | | |", flush=True)
    return done, there, not_there


def _where() -> dict[str, str]:
    """Where this very slopguard is, for a process that begins with an empty environment."""
    return {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
