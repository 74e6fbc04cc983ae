"""The rehearsal: what the guard would have stopped of the lock files that lie here, by the judge that will guard."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.cli.program import Program
from tests.e2e.world import World, for_clients

pytestmark = pytest.mark.clients


def locked(world: World, folder: str, names: Mapping[str, str]) -> None:
    """A package-lock.json as npm writes it."""
    packages = {f"node_modules/{name}": {"version": version} for name, version in names.items()}
    told = {"name": "mine", "lockfileVersion": 3, "packages": {"": {"name": "mine"}, **packages}}
    world.box.write(f"{folder}package-lock.json", json.dumps(told))


@for_clients((("npm", "newest"),))
def test_it_counts_what_would_be_stopped_and_names_the_first_of_it(world: World) -> None:
    world.established("sg-alpha", "sg-beta")
    ghosts = {f"sg-ghost-{number}": "1.0.0" for number in range(6)}
    locked(world, "", {"sg-alpha": "1.2.0", **ghosts})
    locked(world, "app/", {"sg-alpha": "1.2.0", "sg-beta": "1.2.0"})
    locked(world, "app/deeper/", {"sg-other-ghost": "1.0.0"})
    locked(world, "node_modules/", {"sg-other-ghost": "1.0.0"})
    ran = world.box.guarded("enable", "--dry-run")
    assert ran.rc == 0, ran
    said = ran.out.partition("rehearsal on ")[2].splitlines()
    assert said[:2] == ["package-lock.json, app/package-lock.json", "  8 packages: 6 would be stopped"], ran
    assert said[2:8] == [*(f"    npm:sg-ghost-{n} 1.0.0  not-found" for n in range(5)), "    and 1 more"]
    assert world.box.ledger() == []


@for_clients((("npm", "newest"),))
def test_it_stops_what_the_guarded_install_stops(world: World) -> None:
    world.established("sg-alpha")
    world.box.driver.manifest(world.box, {"sg-alpha": "^1.0.0"})
    assert world.box.direct(*world.box.driver.relock()).rc == 0
    assert "  1 package: 0 would be stopped\n" in world.box.guarded("enable", "--dry-run").out
    world.box.team_list("npm\tsg-alpha\tdeny\trule=denied")
    ran = world.box.guarded("enable", "--dry-run")
    assert "  1 package: 1 would be stopped\n    npm:sg-alpha 1.2.0  denied\n" in ran.out, ran
    world.refuses(world.guarded(*world.box.driver.sync(), deny=["sg-alpha"]), 1, "denied", "sg-alpha")


@for_clients((("npm", "newest"),))
def test_offline_it_says_so_and_asks_nobody(world: World) -> None:
    locked(world, "", {"sg-alpha": "1.2.0"})
    world.registry.forget()
    ran = world.box.guarded("enable", "--dry-run", env={"SLOPGUARD_OFFLINE": "1"})
    assert "rehearsal on package-lock.json, offline: by the lists alone\n" in ran.out, ran
    assert "  1 package: 1 would be stopped\n    npm:sg-alpha 1.2.0  unverified\n" in ran.out, ran


@for_clients((("uv", "newest"),))
def test_a_lock_file_is_judged_with_the_indexes_of_the_client_that_wrote_it(world: World) -> None:
    world.established("sg-alpha")
    world.box.driver.manifest(world.box, {"sg-alpha": ""})
    assert world.box.direct(*world.box.driver.relock()).rc == 0
    ran = world.box.guarded("enable", "--dry-run")
    assert "rehearsal on uv.lock\n  1 package: 0 would be stopped\n" in ran.out, ran


def test_where_no_client_can_say_what_it_asks_the_lists_alone_judge_and_that_is_said(slopguard: Program) -> None:
    entry = {"version": "1.0.0", "resolved": "https://registry.example/x.tgz", "integrity": "sha512-" + "A" * 86 + "=="}
    slopguard.write(
        "project/package-lock.json", json.dumps({"lockfileVersion": 3, "packages": {"node_modules/x": entry}})
    )
    slopguard.write("project/sub/uv.lock", "no lock file")
    ran = slopguard("enable", "--dry-run", "npm", env={"PATH": "/nowhere"})
    assert ran.rc == 0, ran
    assert "  uv.lock cannot be read, so it was left out\n" in ran.out
    assert "  judged by the lists alone, as these clients do not say what they ask: npm\n" in ran.out


def test_nothing_here_to_try_it_on_is_said(slopguard: Program) -> None:
    assert "rehearsal: no lock file here to try it on\n" in slopguard("enable", "--dry-run").out
