"""Judging everything that lock files, requirement files and bills of materials hold, for commands that import it.

Invariants: each package is judged as introduced: what is allowed by name from now on must stand for itself; where it
comes from is compared with the clients' own indexes, and where no client can be asked for those, a recorded address is
nobody's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from slopguard.check.facts import indexes_of
from slopguard.check.judging import judged
from slopguard.clients import asking
from slopguard.clients.interface import Invocation
from slopguard.clients.sources import canonical
from slopguard.config import Settings
from slopguard.errors import EnvironmentFailed, SlopguardError
from slopguard.guard import find, prejudge
from slopguard.indexes import Index
from slopguard.model import Arrival, Door, Ecosystem, Mode, Request, Verdict
from slopguard.readers.interface import Reading
from slopguard.rules import exit_code

DOOR = Door("lists", "slopguard lists import locks")


def judged_all(readings: Sequence[Reading], settings: Settings, cwd: Path) -> list[Verdict]:
    """The verdicts on everything that is written down, each package and version once.

    Raises:
        EnvironmentFailed: no client is installed whose indexes could be asked, or the ledger cannot be written.
    """
    requests = _requests(readings, settings, cwd)
    return judged(requests, settings, cwd, DOOR) if requests else []


def left_over(refused: Iterable[Verdict], settings: Settings) -> int:
    """The exit code for what was left out."""
    return exit_code([verdict.outcome for verdict in refused], enforced=settings.mode is not Mode.OBSERVE)


def notes(readings: Iterable[Reading]) -> list[str]:
    """What was not looked at, one line a file."""
    lines = []
    for reading in readings:
        if reading.skipped:
            lines.append(f"{reading.path.name}: {reading.skipped:,} of its components are not of PyPI or npm")
        if reading.problems:
            lines.append(f"{reading.path.name}: {len(reading.problems):,} of its lines cannot be decided")
    return lines


def _requests(readings: Sequence[Reading], settings: Settings, cwd: Path) -> list[Request]:
    found = dict.fromkeys(sighting.ecosystem for reading in readings for sighting in reading.sightings)
    indexes = tuple(index for ecosystem in found for index in _indexes(ecosystem, settings, cwd))
    indexes = prejudge.with_index_lines(indexes, [line for reading in readings for line in reading.indexes])
    call = Invocation("pip", (), "install", installs=True)
    plan = prejudge.plan(
        call, readings, indexes, settings.actor, _built_in() if Ecosystem.NPM in found else frozenset()
    )
    return [replace(request, arrived=Arrival.INTRODUCED) for request in plan.requests]


def _indexes(ecosystem: Ecosystem, settings: Settings, cwd: Path) -> tuple[Index, ...]:
    try:
        return indexes_of(ecosystem, settings, cwd)
    except EnvironmentFailed:
        if not settings.offline:
            raise
        return ()


def _built_in() -> frozenset[str]:
    """The address in locks for which npm asks its configured registry: its built-in one."""
    env = dict(os.environ)
    try:
        return frozenset({canonical(asking.npm(find.command("npm", env), env)[0])})
    except SlopguardError:
        return frozenset()
