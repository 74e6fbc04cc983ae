"""What whole processes take: timed in turn, medians, and the rows of the tables.

Invariants: what is compared runs in turn, so that noise disturbs both alike; a command that does not end as it should
is no figure but the end of the benchmark.
"""

from __future__ import annotations

import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

FEWEST = 3
"""Rounds that a benchmark has, however long they take."""


class Cost(NamedTuple):
    """What one process took, in milliseconds, its children included; of several, the median and the least."""

    clock: float
    processor: float
    least: float
    runs: int = 1

    def __str__(self) -> str:
        return f"{self.clock:,.0f} ms ({self.least:,.0f}) | {self.processor:,.0f} ms"

    @classmethod
    def of(cls, costs: Sequence[Cost]) -> Cost:
        """Several runs as one."""
        clock, processor = (
            statistics.median(part) for part in ([c.clock for c in costs], [c.processor for c in costs])
        )
        return cls(clock, processor, min(cost.least for cost in costs), len(costs))


Measure = Callable[[], Cost]


def timed(
    command: Sequence[str], env: Mapping[str, str], cwd: Path, expected: int, given: bytes = b"", said: bytes = b""
) -> Cost:
    """What one command takes; it must end with `expected`, or the figure would be of something else.

    Args:
        given: its standard input.
        said: what must stand in its standard output, which is to be empty if this is.
    """
    used, begin = _processor(), time.perf_counter()
    done = subprocess.run(command, env=dict(env), cwd=cwd, capture_output=True, check=False, input=given)
    clock = (time.perf_counter() - begin) * 1000
    cost = Cost(clock, _processor() - used, clock)
    if done.returncode != expected:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    if given and (said not in done.stdout or (done.stdout and not said)):
        sys.exit(f"{' '.join(command)} said something else:\n{done.stdout.decode()[-2000:]}")
    return cost


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def paired(rounds: int, *measures: Measure, within: float = math.inf) -> list[Cost]:
    """The medians of things measured in turn, after one round that does not count.

    Args:
        within: seconds after which no further round is begun, unless there were fewer than `FEWEST`.
    """
    begun, taken = time.monotonic(), [[measure() for measure in measures]]
    while len(taken) <= rounds and (len(taken) <= FEWEST or time.monotonic() - begun < within):
        taken.append([measure() for measure in measures])
    return [Cost.of(costs) for costs in zip(*taken[1:], strict=True)]


def row(what: str, ours: Cost, than: str, other: Cost) -> None:
    """One row of the table; the ratio is that of the clock."""
    print(f"| {what} | {ours} | {than} | {other} | {ours.clock / other.clock:.2f} |", flush=True)


def run(
    command: Sequence[str], env: Mapping[str, str], cwd: Path, expected: int, given: bytes = b"", said: bytes = b""
) -> Measure:
    """A command to be timed, as `paired` takes it; see `timed`."""
    return lambda: timed(command, env, cwd, expected, given, said)
