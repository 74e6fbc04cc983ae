"""A young version is stepped over, with a line that says so; a young dependency waits a week."""

from __future__ import annotations

import pytest

from tests.e2e.world import ALL, World, for_clients

pytestmark = pytest.mark.clients


@for_clients(ALL)
def test_a_version_inside_the_cooldown_is_stepped_over_with_a_note(world: World) -> None:
    world.established("sg-alpha")
    world.release("sg-alpha", "1.3.0", hours_old=20, armed=True)
    ran = world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0"}
    assert world.box.traces == []
    note = f"slopguard: NOTE {world.ecosystem} 'sg-alpha' (too-new): 1.3.0 is 20 hours old; 1.2.0 used until "
    assert [line.startswith(note) for line in ran.lines] == [True], ran


@for_clients(ALL)
def test_a_pin_of_a_version_inside_the_cooldown_is_refused_until_it_is_old_enough(world: World) -> None:
    world.established("sg-alpha")
    world.release("sg-alpha", "1.3.0", hours_old=20, armed=True)
    ran = world.install(world.exactly("sg-alpha", "1.3.0"))
    world.refuses_all(ran, 3, "too-new", "sg-alpha")
    assert "wait until 20" in "".join(ran.lines)


@for_clients(ALL)
def test_a_version_of_a_dependency_inside_the_cooldown_is_stepped_over(world: World) -> None:
    world.established("sg-alpha")
    world.release("sg-alpha", "1.3.0", hours_old=20, armed=True)
    world.established("sg-parent", needs={"sg-alpha": ""})
    ran = world.install("sg-parent")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0", "sg-parent": "1.2.0"}
    assert world.box.traces == []


@for_clients(ALL)
def test_a_parents_dependency_ten_days_old_is_vouched_and_typed_it_is_not(world: World) -> None:
    world.release("sg-newborn", "1.0.0", days_old=10)
    world.established("sg-parent", needs={"sg-newborn": ""})
    world.refuses_all(world.install("sg-newborn"), 3, "unverified", "sg-newborn")
    ran = world.install("sg-parent")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-newborn": "1.0.0", "sg-parent": "1.2.0"}
    rules = {row["rule"] for row in world.box.ledger() if "sg-newborn" in row["purl"]}
    assert rules == {"unverified", "vouched"}
