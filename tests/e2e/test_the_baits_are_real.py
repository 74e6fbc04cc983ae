"""Without slopguard the same commands install the same packages and run their code: the baits are real."""

from __future__ import annotations

import pytest

from tests.e2e.world import PYTHON, World, for_clients
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

CLIENTS = (*PYTHON, ("npm", "machine"), ("npm", "10.9.9"))
"""npm 12 runs no install script that a person has not approved."""


@for_clients(CLIENTS)
def test_unguarded_a_fresh_package_installs_and_runs_its_own_code(world: World) -> None:
    world.release("sg-fresh-thing", hours_old=20, armed=True)
    ran = world.box.direct(*world.box.install("sg-fresh-thing"))
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-fresh-thing": "1.0.0"}
    assert len(world.box.traces) == 1


@for_clients(CLIENTS)
def test_unguarded_a_flag_brings_the_rogue_version(world: World) -> None:
    world.established("sg-alpha")
    made = Npm(markers=world.box.markers) if world.ecosystem == "npm" else PyPI(markers=world.box.markers)
    with made as rogue:
        World(world.box, rogue).release("sg-alpha", "9.0.0", armed=True)
        flag = "--registry" if world.ecosystem == "npm" else "--index-url"
        ran = world.box.direct(*world.box.install(flag, rogue.url, "sg-alpha"))
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "9.0.0"}
    assert len(world.box.traces) == 1
