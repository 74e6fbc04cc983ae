"""A small share of what `python -m tests.fuzz hooks` does: changed inputs to the hook of every agent."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agents.machine import Machine, machine_in
from tests.agents.spoken import ALL
from tests.fuzz.hook_inputs import mutated
from tests.fuzz.hooks import Found, in_a_process, settle, try_one


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine_in(tmp_path_factory.mktemp("fuzzed")) as found:
        settle(found)
        yield found


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("agent", ALL)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**64), named=st.booleans(), strict=st.booleans())
def test_any_input_has_a_valid_answer(agent: str, seed: int, named: bool, strict: bool) -> None:
    try_one(agent if named else "", mutated(Random(seed), agent), Found(), strict=strict)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("agent", ALL)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_so_have_any_bytes(agent: str, data: bytes) -> None:
    try_one(agent, data, Found())


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("agent", ["", *ALL])
def test_and_in_a_process_of_its_own(agent: str) -> None:
    found = Found()
    for number in range(2):
        in_a_process(agent, mutated(Random(f"{agent}{number}"), agent or ALL[number]), found)
    assert found.processes == 2
