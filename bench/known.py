"""Registries on loopback that know names, each with an ordinary history, and proof that they were asked.

Invariant: a package appeared three years ago, has ten releases spread since then, and the newest is two months old.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from bench.timing import Cost, Measure
from tests.simulators.artefacts import Artefact
from tests.simulators.npm import Npm, Version
from tests.simulators.pypi import File, PyPI
from tests.simulators.registry import ago
from tests.simulators.server import LoopbackServer

FIRST, LAST, RELEASES = 3 * 365, 60, 10
"""Days since the first and the newest release, and how many there are."""
AGES = tuple(FIRST - (FIRST - LAST) * number / (RELEASES - 1) for number in range(RELEASES))
"""Days since each release, the oldest first."""


def registries(names: Mapping[str, Iterable[str]]) -> tuple[PyPI, Npm]:
    """One registry for each ecosystem that knows these names, to be entered."""
    pypi, npm = PyPI(), Npm()
    for name in names["pypi"]:
        pypi.projects[name] = [_file(name, f"1.{number}", days) for number, days in enumerate(AGES)]
    for name in names["npm"]:
        npm.packages[name] = dict(_version(name, f"1.{number}.0", days) for number, days in enumerate(AGES))
        npm.tags[name] = {"latest": f"1.{RELEASES - 1}.0"}
    return pypi, npm


def asking(server: LoopbackServer, least: int, measure: Measure) -> Measure:
    """A measure that ends the benchmark if a round asks a server less often: it would be a figure of something else."""

    def measured() -> Cost:
        server.requests.clear()
        cost = measure()
        asked = len(server.requests)
        return cost if asked >= least else sys.exit(f"{asked} questions where {least} were to be asked")

    return measured


def _file(name: str, version: str, days: float) -> File:
    wheel = Artefact(f"{name.replace('-', '_')}-{version}-py3-none-any.whl", b"")
    return File(wheel, version, ago(days=days), core_metadata=False)


def _version(name: str, version: str, days: float) -> tuple[str, Version]:
    tarball = Artefact(f"{name.rpartition('/')[2]}-{version}.tgz", b"")
    return version, Version({"name": name, "version": version}, tarball, ago(days=days))
