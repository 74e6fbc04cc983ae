"""What `slopguard check` takes: lock files, a whole repository, names asked about online; and beside others' tools.

Invariants: nothing outside this machine is asked: offline, or of registries on loopback, and other tools run where no
network is but loopback; every round that is to ask a registry is seen to ask it about every name.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import lockfiles, rivals
from bench.known import asking, registries
from bench.machine import OURS, WRITTEN, Machine
from bench.repository import Packages, make
from bench.timing import paired, row, run
from slopguard.lists.shipped import prepared
from slopguard.model import Ecosystem
from tests.simulators.clients import Unavailable

ROUNDS, SLOW = 9, 3
LOCKED = 1_500
ASKED = 500
LATENCY = 0.02
"""Seconds before each answer of a registry."""
CHECK = (*OURS, "check")
INTERPRETER = (sys.executable, "-c", "pass")
UNVERIFIED = 3
LOCKS: dict[str, tuple[str, Callable[[Sequence[str]], dict[str, str]]]] = {
    "uv.lock": ("pypi", lockfiles.uv_lock),
    "poetry.lock": ("pypi", lockfiles.poetry_lock),
    "package-lock.json": ("npm", lockfiles.package_lock),
    "yarn.lock": ("npm", lockfiles.yarn_lock),
    "pnpm-lock.yaml": ("npm", lockfiles.pnpm_lock),
}


def check(folder: Path) -> None:
    """Every row."""
    locks(folder)
    repository(folder)
    online(folder)
    beside_others(folder)


def locks(folder: Path) -> None:
    """A lock file of many packages with its manifest, offline, beside a bare interpreter."""
    machine, runs = Machine.at(folder / "home"), []
    for name, (ecosystem, maker) in LOCKS.items():
        place = folder / "locks" / name
        place.mkdir(parents=True)
        for file, text in maker(listed(ecosystem)[:LOCKED]).items():
            (place / file).write_text(text)
        runs.append(run((*CHECK, "--offline"), machine.env, place, 0))
    *costs, bare = paired(ROUNDS, *runs, run(INTERPRETER, machine.env, folder, 0))
    for name, cost in zip(LOCKS, costs, strict=True):
        row(f"`check --offline`: {name} of {LOCKED:,} packages, with its manifest", cost, "interpreter alone", bare)


def repository(folder: Path) -> None:
    """A git repository of thousands of files, offline, beside a bare interpreter."""
    machine, place = Machine.at(folder / "home"), folder / "repository"
    place.mkdir()
    files = make(place, Packages(listed("pypi"), listed("npm")))
    command = (*CHECK, "--offline")
    cost, bare = paired(SLOW, run(command, machine.env, place, 0), run(INTERPRETER, machine.env, place, 0))
    row(f"`check --offline`: a repository of {files:,} files", cost, "interpreter alone", bare)


def online(folder: Path) -> None:
    """Names that only a registry knows, each answer late, beside the same offline."""
    names = [f"sg-established-{number}" for number in range(ASKED)]
    pypi, npm = registries({"pypi": names, "npm": names})
    with pypi, npm:
        machine = Machine.at(folder / "online", pypi.url, npm.url)
        alone = Machine.at(folder / "home")  # which has heard from no registry: what was heard counts offline too
        for ecosystem, registry in (("pypi", pypi), ("npm", npm)):
            registry.server.latency = LATENCY
            place = WRITTEN[ecosystem](folder / f"asked-{ecosystem}", names)
            offline = run((*CHECK, "--offline"), alone.env, place, UNVERIFIED)
            cost, without = paired(SLOW, asking(registry.server, ASKED, run(CHECK, machine.env, place, 0)), offline)
            late = f"{ASKED} names asked of a registry that answers after {LATENCY * 1000:.0f} ms"
            row(f"`check`: {late} ({ecosystem})", cost, "offline", without)


def beside_others(folder: Path) -> None:
    """The same work done by other tools, in a network of its own that leads nowhere."""
    try:
        inside = rivals.inside(folder)
    except Unavailable as why:
        print(f"| other tools | left out: {why} | | | | | |")
        return
    subprocess.run(inside, check=True)


def listed(ecosystem: str) -> list[str]:
    """Names that the shipped lists allow, drawn from all over the alphabet."""
    rows = (prepared(Ecosystem(ecosystem)) or "").splitlines()
    return [line.partition("\t")[0] for line in rows[::9]]
