"""A name registered yesterday: nothing vouches for it, and its build or install script does not run."""

from __future__ import annotations

import pytest

from tests.e2e.world import ALL, World, for_clients

pytestmark = pytest.mark.clients

YOUNG = "sg-fresh-thing"


@for_clients(ALL)
def test_a_name_registered_yesterday_is_unverified_however_it_is_asked_for(world: World) -> None:
    world.release(YOUNG, "1.0.0", hours_old=20, armed=True)
    for spec in (YOUNG, world.exactly(YOUNG, "1.0.0")):
        ran = world.install(spec)
        assert ran.rc == 3, ran
        assert "sg-fresh-thing" in "".join(ran.lines)
        assert world.box.installed == {}
        assert world.registry.downloads == []
        assert world.box.traces == []
    world.refuses_all(world.install(YOUNG), 3, "unverified", YOUNG)


@for_clients(ALL)
def test_one_old_release_does_not_make_a_name_established(world: World) -> None:
    world.release(YOUNG, "1.0.0", days_old=800, armed=True)
    world.refuses_all(world.install(YOUNG), 3, "unverified", YOUNG)


@for_clients(ALL)
def test_many_releases_of_one_week_do_not_make_a_name_established(world: World) -> None:
    for number in range(9):
        world.release(YOUNG, f"1.{number}.0", days_old=12 - number, armed=True)
    world.refuses_all(world.install(YOUNG), 3, "unverified", YOUNG)
