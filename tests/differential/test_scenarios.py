"""The gate is transparent for what is allowed, and never the cause of a quiet downgrade: scenarios of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.gate.thread import GateThread
from tests.differential.compare import transparent, withheld
from tests.differential.scenario import Scenario, read
from tests.simulators.clients import Unavailable, client

pytestmark = pytest.mark.clients

SCENARIOS = [read(path) for path in sorted((Path(__file__).parent / "scenarios").glob("*.toml"))]


@pytest.fixture(scope="module")
def gate() -> Iterator[GateThread]:
    with GateThread() as running:
        yield running


@pytest.fixture(params=["uv", "pip"])
def resolver(request: pytest.FixtureRequest) -> str:
    try:
        client(request.param, "newest")
    except Unavailable as why:
        pytest.skip(str(why))
    return str(request.param)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_with_everything_allowed_the_resolution_is_the_same(
    scenario: Scenario, gate: GateThread, resolver: str
) -> None:
    result = transparent(scenario, gate, resolver)
    assert result.verdict == "same", result.detail
    assert resolver == "pip" or result.as_stated, result


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_with_one_package_withheld_the_outcome_is_the_one_implied(
    scenario: Scenario, gate: GateThread, resolver: str
) -> None:
    for result in withheld(scenario, gate, resolver):
        assert result.verdict != "WRONG", f"{result.withheld} withheld:\n{result.detail}"
