"""Workspaces: members that name one another are nobody's packages, as long as the client links them."""

from __future__ import annotations

import json

import pytest

from tests.e2e.world import World, for_clients

pytestmark = [
    pytest.mark.clients,
    pytest.mark.matrix,
    for_clients([("npm", "newest"), ("yarn", "newest"), ("yarn", "1.22.22")]),
]

NAME = "sg-alpha"


def workspace(world: World, wanted: str) -> None:
    """Two members, the second of which needs the first at this version."""
    world.established(NAME)
    world.box.write("package.json", json.dumps({"name": "mine", "private": True, "workspaces": ["packages/*"]}))
    world.box.write("packages/a/package.json", json.dumps({"name": "sg-member", "version": "1.0.0"}))
    second = {"name": "sg-other", "version": "1.0.0", "dependencies": {"sg-member": wanted, NAME: "^1.0.0"}}
    world.box.write("packages/b/package.json", json.dumps(second))


@pytest.mark.parametrize("wanted", ["1.0.0", "^1.0.0", "*"])
def test_a_member_that_another_names_is_linked_and_not_judged(world: World, wanted: str) -> None:
    workspace(world, wanted)
    ran = world.guarded(world.box.client.family, "install")
    assert ran.rc == 0, ran
    assert ran.lines == []
    assert world.box.installed[NAME] == "1.2.0"
    assert "sg-member" not in world.registry.pages


def test_a_version_that_no_member_has_is_judged_when_it_is_asked_for(world: World) -> None:
    workspace(world, "^2.0.0")
    ran = world.guarded(world.box.client.family, "install")
    world.refuses(ran, 1, "not-found", "sg-member")
    assert NAME not in world.box.installed


def test_a_young_package_of_a_members_name_is_held_back_as_one_that_was_asked_for(world: World) -> None:
    workspace(world, "^2.0.0")
    world.release("sg-member", "2.0.0", hours_old=20, armed=True)
    ran = world.guarded(world.box.client.family, "install")
    assert ran.rc in (1, 3), ran
    assert any("'sg-member'" in line for line in ran.lines), ran
    assert world.box.traces == []
