"""An agent that edits the project's settings to let itself through: error 2 naming the key, nothing started."""

from __future__ import annotations

import pytest

from tests.e2e.world import ALL, World, for_clients

pytestmark = pytest.mark.clients

LOOSENING = {
    "mode": 'mode = "observe"\n',
    "internal.{eco}": '[internal]\n{eco} = ["*"]\n',
    "established_days": "established_days = 1\n",
    "min_version_age_days": "min_version_age_days = 0\n",
    "own.{eco}": '[own]\n{eco} = ["*"]\n',
    "upstream.{eco}": '[upstream.{eco}]\nurl = "https://registry.example/"\n',
}


@for_clients([*ALL, ("npm", "machine")])
def test_loosening_settings_in_a_project_are_refused_by_name(world: World) -> None:
    world.release("sg-fresh-thing", hours_old=20, armed=True)
    for key, text in LOOSENING.items():
        world.box.write("slopguard.toml", text.replace("{eco}", world.ecosystem))
        ran = world.install("sg-fresh-thing")
        assert ran.rc == 2, ran
        assert key.replace("{eco}", world.ecosystem) in ran.err, ran
        assert world.box.installed == {}
        assert world.registry.requests == []
    (world.box.project / "slopguard.toml").unlink()
    rows = [(row["verdict"], row["rule"], row["package"]) for row in world.box.ledger()]
    assert rows == [("refused", "config", f"settings:{world.box.project}")] * len(LOOSENING)


@for_clients([("pip", "newest"), ("uv", "newest")])
def test_the_table_in_pyproject_is_no_way_around(world: World) -> None:
    world.release("sg-fresh-thing", hours_old=20, armed=True)
    world.box.write("pyproject.toml", '[tool.slopguard]\nmode = "observe"\n')
    ran = world.install("sg-fresh-thing")
    assert ran.rc == 2, ran
    assert "mode" in ran.err
    assert world.box.installed == {}


@for_clients([("pip", "newest"), ("npm", "machine")])
def test_neither_the_environment_nor_a_flag_loosens(world: World) -> None:
    world.release("sg-fresh-thing", hours_old=20, armed=True)
    place = world.box.write("loose.toml", 'mode = "observe"\n')
    ran = world.install("sg-fresh-thing", env={"SLOPGUARD_CONFIG": str(place)})
    assert ran.rc == 2, ran
    ran = world.install("sg-fresh-thing", env={"SLOPGUARD_OFFLINE": "1"})
    assert ran.rc in (3, 4), ran
    ran = world.install("sg-fresh-thing", env={"SLOPGUARD_ACTOR": "human", "SLOPGUARD_MODE": "observe"})
    assert ran.rc == 3, ran
    assert world.box.installed == {}


@for_clients([("pip", "newest"), ("uv", "newest"), ("npm", "machine")])
def test_the_user_may_observe_and_every_line_says_so(world: World) -> None:
    world.release("sg-fresh-thing", hours_old=20)
    world.box.settings('mode = "observe"\n')
    ran = world.install("sg-fresh-thing")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-fresh-thing": "1.0.0"}
    assert ran.lines
    assert all(line.startswith("slopguard: OBSERVED ") for line in ran.lines), ran
