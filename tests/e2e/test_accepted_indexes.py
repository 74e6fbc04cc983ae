"""An index that a person accepted, with the very command that its refusal printed, counts as one of their own."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.npm import Npm
from tests.simulators.person import typed
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

CLIENTS = [("pip", "newest"), ("pip", "22.3.1"), ("uv", "newest"), ("npm", "newest")]
OURS, THEIRS = "sg-corp", "sg-alpha"
FLAGS = {"pip": "--extra-index-url", "uv": "--index", "npm": "--registry"}
VARIABLES = {"pip": "PIP_EXTRA_INDEX_URL", "uv": "UV_INDEX", "npm": "npm_config_registry"}


@pytest.fixture
def other(world: World) -> Iterator[PyPI | Npm]:
    """A second registry with a package of its own."""
    made = Npm(markers=world.box.markers) if world.ecosystem == "npm" else PyPI(markers=world.box.markers)
    with made as registry:
        World(world.box, registry).established(OURS)
        world.established(THEIRS)
        yield registry


def told(lines: list[str]) -> list[str]:
    """The arguments of the command that a refusal says a person may run."""
    found = [re.search(r"a person runs: slopguard (trust \S+)$", line) for line in lines]
    return shlex.split(next(match[1] for match in found if match))


def trusted(world: World, *argv: str) -> None:
    code, shown = typed([sys.executable, "-m", "slopguard", *argv], world.box.env, world.box.project)
    assert code == 0, shown


@for_clients(CLIENTS)
def test_an_index_named_by_a_flag_counts_once_it_is_accepted_and_until_that_is_taken_back(
    world: World, other: PyPI | Npm
) -> None:
    named = (FLAGS[world.box.client.family], other.url, OURS)
    refused = world.install(*named)
    world.refuses_all(refused, 1, "foreign-source", OURS)
    assert other.requests == []
    trusted(world, *told(refused.lines))
    assert world.guarded("trust", "remove", other.url).rc == 0
    world.refuses_all(world.install(*named), 1, "foreign-source", OURS)
    trusted(world, *told(refused.lines))
    ran = world.install(*named)
    assert (ran.rc, ran.lines) == (0, []), ran
    assert world.box.installed == {OURS: "1.2.0"}


@for_clients(CLIENTS)
def test_so_it_is_for_one_named_by_the_environment_and_its_young_packages_are_refused(
    world: World, other: PyPI | Npm
) -> None:
    World(world.box, other).release("sg-fresh-thing", hours_old=20, armed=True)
    trusted(world, "trust", other.url)
    env = {VARIABLES[world.box.client.family]: other.url}
    world.refuses_all(world.install("sg-fresh-thing", env=env), 3, "unverified", "sg-fresh-thing")
    ran = world.install(OURS, env=env)
    assert (ran.rc, ran.lines) == (0, []), ran
    assert world.box.installed == {OURS: "1.2.0"}


@for_clients([("pip", "newest"), ("uv", "newest"), ("npm", "newest")])
def test_an_agent_is_told_to_ask_and_the_index_stays_foreign(world: World, other: PyPI | Npm) -> None:
    named = (FLAGS[world.box.client.family], other.url, OURS)
    refused = world.install(*named, env={"CLAUDECODE": "1"})
    world.refuses_all(refused, 1, "foreign-source", OURS)
    code, shown = typed(
        [sys.executable, "-m", "slopguard", *told(refused.lines)],
        world.box.env | {"CLAUDECODE": "1"},
        world.box.project,
    )
    assert code == 2
    assert f"Ask the user to run: slopguard trust {other.url}" in shown
    world.refuses_all(world.install(*named), 1, "foreign-source", OURS)
