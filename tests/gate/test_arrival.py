"""How a name arrived: from the wrapper's word, or, where nobody told us, from what was served."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.gate.arrival import Arrivals
from slopguard.gate.learning import npm_requirements, pypi_requirements
from slopguard.model import Arrival, Ecosystem, NormalizedName
from tests.gate.conftest import Opened
from tests.gate.house import PIP, UV, House
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM


def arrived(house: House, name: str) -> str:
    return {refusal.request.name: refusal.request.arrived.value for refusal in house.session.refusals}[
        NormalizedName(name)
    ]


def test_with_a_wrapper_everything_not_typed_is_transitive() -> None:
    arrivals = Arrivals(frozenset({(PYPI, NormalizedName("a"))}))
    assert not arrivals.learning
    assert arrivals.of(PYPI, NormalizedName("a")) is Arrival.INTRODUCED
    assert arrivals.of(NPM, NormalizedName("a")) is Arrival.TRANSITIVE
    assert arrivals.of(PYPI, NormalizedName("b")) is Arrival.TRANSITIVE


def test_without_a_wrapper_only_what_something_served_requires_is_transitive() -> None:
    arrivals = Arrivals(None)
    assert arrivals.learning
    assert arrivals.of(PYPI, NormalizedName("a")) is Arrival.INTRODUCED
    arrivals.learn(PYPI, [NormalizedName("a")])
    assert arrivals.of(PYPI, NormalizedName("a")) is Arrival.TRANSITIVE
    assert arrivals.of(NPM, NormalizedName("a")) is Arrival.INTRODUCED


def test_npm_names_are_learned_from_served_packuments(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app", requires={"sg-young": "*"}).add("sg-young", days_old=8)
    house = opened(typed=None)
    assert house.packument("sg-young").status == 403
    assert house.packument("sg-app").status == 200
    assert house.packument("sg-young").status == 200


def test_a_version_that_was_hidden_teaches_nothing(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app").add("sg-app", "2.0.0", requires={"sg-young": "*"}, hours_old=5)
    npm.add("sg-young", days_old=8)
    house = opened(typed=None)
    assert house.packument("sg-app").status == 200
    assert house.packument("sg-young").status == 403


def test_pypi_names_are_learned_from_served_metadata(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app", requires=["SG_Young>=1"]).add("sg-young", days_old=8)
    house = opened(typed=None)
    assert house.page("sg-young").status == 451
    assert house.ask("/pypi/main/files/sg-app/sg_app-1.2-py3-none-any.whl.metadata").status == 200
    assert house.page("sg-young").status == 200
    assert arrived(house, "sg-young") == "introduced"


@pytest.mark.parametrize(("agent", "byte_range"), [(PIP, ""), (UV, ""), (UV, "bytes=-100")])
def test_where_an_index_serves_no_metadata_the_wheel_itself_teaches(
    agent: str, byte_range: str, opened: Opened, pypi: PyPI
) -> None:
    pypi.add_established("sg-app", requires=["sg-young"]).add("sg-young", days_old=8)
    for file in pypi.files_of("sg-app"):
        file.core_metadata = False
    house = opened(typed=None)
    wheel = house.ask("/pypi/main/files/sg-app/sg_app-1.2-py3-none-any.whl", agent, Range=byte_range)
    assert (wheel.status, wheel.body) == (200, pypi.files_of("sg-app")[2].artefact.content)
    assert "Accept-Ranges" not in wheel.headers or agent == PIP
    assert house.page("sg-young").status == 200


def test_every_kind_of_requirement_and_the_targets_of_aliases_count() -> None:
    packument = b"""{"versions": {"1.0.0": {"dependencies": {"a": "1", "b": "npm:@x/real@^1", "c": "npm:other"},
        "optionalDependencies": {"d": "*"}, "peerDependencies": {"e": "*", "not a name": "*"}}}}"""
    assert npm_requirements(packument) == {"a", "@x/real", "other", "d", "e"}


def test_a_packument_of_another_shape_teaches_nothing() -> None:
    assert npm_requirements(b'{"versions": {"1.0.0": {"dependencies": ["a"]}}}') == frozenset()


@given(st.binary(max_size=200))
def test_no_metadata_breaks_the_reader(metadata: bytes) -> None:
    assert all(name == name.lower() for name in pypi_requirements(b"Requires-Dist: A_b (>1)\n" + metadata))
