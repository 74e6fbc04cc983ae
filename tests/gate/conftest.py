"""`opened(...)`: a gate before the simulated registries of the test, with one session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slopguard.gate.thread import GateThread
from slopguard.indexes import Index
from tests.gate.house import House, build, npm_index, pypi_index
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

Opened = Callable[..., House]


@pytest.fixture
def opened(tmp_path: Path, pypi: PyPI, npm: Npm) -> Iterator[Opened]:
    """Opens sessions: `opened(indexes..., typed=..., rows=..., **settings)`; by default both registries, user level."""
    houses: list[House] = []
    with GateThread() as gate:

        def make(*indexes: Index, **more: Any) -> House:
            chosen = indexes or (pypi_index(pypi.url), npm_index(npm.url))
            houses.append(build(gate, tmp_path / f"home{len(houses)}", chosen, **more))
            return houses[-1]

        yield make
        for house in houses:
            gate.close(house.session)
            house.store.close()
