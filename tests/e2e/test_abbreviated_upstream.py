"""Real clients install settled names from abbreviated packuments, and never a version that is too young."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.npm import CORGI, Npm
from tests.simulators.sandbox import Ran

pytestmark = pytest.mark.clients

ALL = [("npm", "newest"), ("pnpm", "newest"), ("bun", "newest")]
BRIEF = ALL[1:]
"""npm writes licences into its lock file, for which it reads full packuments."""
ROWS = "npm sg-parent allow,npm sg-alpha allow"


def install(world: World, *words: str) -> Ran:
    return world.box.guarded(*world.box.install(*words), rows=ROWS)


def forms(registry: object, name: str) -> list[str]:
    """Which forms of a packument were asked for."""
    assert isinstance(registry, Npm)
    asked = [seen for seen in registry.requests if seen.path.strip("/") == name]
    return ["short" if CORGI in seen.headers["accept"] else "full" for seen in asked]


@for_clients(BRIEF)
def test_what_nobody_touched_lately_is_fetched_once_and_briefly(world: World) -> None:
    world.established("sg-alpha")
    world.established("sg-parent", needs={"sg-alpha": ""})
    ran = install(world, "sg-parent")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-parent": "1.2.0", "sg-alpha": "1.2.0"}
    for name in world.box.installed:
        assert forms(world.registry, name) == ["short"]


@for_clients([("npm", "newest")])
def test_npm_fetches_in_full_what_it_reads_in_full_and_briefly_what_its_lock_file_holds(world: World) -> None:
    world.established("sg-alpha")
    world.established("sg-parent", needs={"sg-alpha": ""})
    assert install(world, "sg-parent").rc == 0
    for name in ("sg-parent", "sg-alpha"):
        assert forms(world.registry, name) == ["full"]
    shutil.rmtree(world.box.project / "node_modules")
    shutil.rmtree(world.box.home / ".npm")
    world.registry.forget()
    ran = world.box.guarded("npm", "ci", rows=ROWS)
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-parent": "1.2.0", "sg-alpha": "1.2.0"}
    for name in world.box.installed:
        assert forms(world.registry, name) == ["short"]


@for_clients(ALL)
def test_what_has_a_young_version_is_fetched_in_full_and_steps_back(world: World) -> None:
    world.established("sg-alpha")
    world.established("sg-parent", needs={"sg-alpha": ""})
    assert isinstance(world.registry, Npm)
    world.registry.add("sg-alpha", "2.0.0", hours_old=5)
    ran = install(world, "sg-parent")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-parent": "1.2.0", "sg-alpha": "1.2.0"}
    assert forms(world.registry, "sg-alpha") == (["full"] if world.box.client.family == "npm" else ["short", "full"])
