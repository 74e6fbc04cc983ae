"""A dependency that is refused stops the install: the parent is never quietly taken in an older version."""

from __future__ import annotations

import pytest

from tests.e2e.world import ALL, World, for_clients

pytestmark = pytest.mark.clients

EVIL = "sg-evil-core"
SPECS = {"pypi": ("", "<2", "==1.0.0", "~=1.0"), "npm": ("*", "<2", "1.0.0", "~1.0")}


def parent_needing_evil(world: World, spec: str) -> None:
    """`sg-parent` 1.0.0 and 1.1.0 need nothing; 1.2.0 needs evil, and a sibling that is fine."""
    world.established("sg-sibling")
    world.established("sg-parent", needs={"sg-sibling": "", EVIL: spec})


@for_clients(ALL)
@pytest.mark.parametrize("which", range(4), ids=["any", "below", "pinned", "compatible"])
def test_a_denied_dependency_stops_the_install_whatever_its_range(world: World, which: int) -> None:
    world.release(EVIL, "0.9.0", days_old=900, armed=True)
    world.release(EVIL, "1.0.0", days_old=800, armed=True)
    parent_needing_evil(world, SPECS[world.ecosystem][which])
    ran = world.install("sg-parent", deny=[EVIL])
    world.refuses(ran, 1, "denied", EVIL)
    assert world.box.installed == {}, ran


@for_clients(ALL)
def test_a_dependency_that_does_not_exist_stops_the_install(world: World) -> None:
    parent_needing_evil(world, SPECS[world.ecosystem][1])
    ran = world.install("sg-parent")
    world.refuses(ran, 1, "not-found", EVIL)
    assert world.box.installed == {}, ran


@for_clients(ALL)
def test_a_dependency_registered_yesterday_stops_the_install(world: World) -> None:
    world.release(EVIL, "1.0.0", hours_old=20, armed=True)
    parent_needing_evil(world, SPECS[world.ecosystem][0])
    ran = world.install("sg-parent")
    assert ran.rc == 3, ran
    assert f"'{EVIL}'" in "".join(ran.lines)
    assert world.box.installed == {}
    assert world.box.traces == []


@for_clients(ALL)
def test_an_older_parent_that_does_not_need_it_installs(world: World) -> None:
    world.release(EVIL, "1.0.0", days_old=800, armed=True)
    parent_needing_evil(world, SPECS[world.ecosystem][0])
    ran = world.install(world.exactly("sg-parent", "1.1.0"), deny=[EVIL])
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-parent": "1.1.0"}
