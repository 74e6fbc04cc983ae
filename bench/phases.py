"""Where the time of a guarded install goes: before the client starts, while it runs, and after it.

Invariants: the command is watched from outside, by looking every few milliseconds at which processes it has started:
nothing stands between it and its client. The child that lives longest is the client, all others are questions to it.
What is compared is the same project from the same clean state (see `bench.installs`).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bench.installs import Place, Way, places, ways

ROUNDS = 5
_LOOK = 0.003
"""Seconds between two looks."""
_DAEMON = "slopguard.daemon"
"""What stands in the command line of a child that is no client."""


class Phases(NamedTuple):
    """Milliseconds of one install; questions are a part of `before`."""

    before: float
    questions: float
    client: float
    after: float
    all: float


def phases(folder: Path, families: Sequence[str]) -> None:
    """Every row of these clients; needs `/proc`."""
    print(
        "\n| what | before the client | of which asking it | the client | after it | all |\n|---|---|---|---|---|---|"
    )
    for place in places(folder, families):
        of = {name: way for name, way in ways(place).items() if name in ("bare", "first", "up", "warm")}
        taken = [{name: watched(way, place) for name, way in of.items()} for _ in range(ROUNDS + 1)][1:]
        for name, way in of.items():
            shown = " | ".join(
                f"{statistics.median(part):,.0f} ms" for part in zip(*(t[name] for t in taken), strict=True)
            )
            print(f"| {place.family}: {way.what} | {shown} |", flush=True)


def watched(way: Way, place: Place) -> Phases:
    """The phases of one run; of the bare client, `client` is all of it."""
    env = way.ready(place)
    begun = time.monotonic()
    with subprocess.Popen(way.command, env=env, cwd=place.box.project, stdout=subprocess.DEVNULL) as process:
        lives: dict[str, tuple[float, float]] = {}
        while process.poll() is None:
            now = time.monotonic()
            for child in _children(process.pid):
                lives[child] = lives.get(child, (now, now))[0], now
            time.sleep(_LOOK)
        ended = time.monotonic()
    if process.returncode:
        sys.exit(f"{' '.join(way.command)} ended with {process.returncode}")
    if "slopguard" not in way.command:
        return Phases(*(part * 1000 for part in (0, 0, ended - begun, 0, ended - begun)))
    client = max(lives.values(), key=lambda life: life[1] - life[0])
    questions = sum(end - begin for begin, end in lives.values() if (begin, end) != client)
    parts = client[0] - begun, questions, client[1] - client[0], ended - client[1], ended - begun
    return Phases(*(part * 1000 for part in parts))


def _children(pid: int) -> list[str]:
    """The processes that a process has started and that are another program than itself by now."""
    found: list[str] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            found += (task / "children").read_text().split()
    own = ("", _program(str(pid)))
    return [child for child in found if (program := _program(child)) not in own and _DAEMON not in program]


def _program(pid: str) -> str:
    with suppress(OSError):
        return (Path("/proc") / pid / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""
