"""Clients that a script of the project or of a package starts by name, as many do: they work, and they are guarded."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.egress import landlock
from tests.conftest import MakeSandbox
from tests.e2e.world import World
from tests.simulators.npm import Npm

pytestmark = pytest.mark.clients
confines = pytest.mark.skipif(not landlock.available(), reason="this kernel has no Landlock rule for TCP")

GUARD = f"{sys.executable} -m slopguard"


@pytest.fixture(params=["newest", "10.9.9"])
def npm_world(request: pytest.FixtureRequest, make_sandbox: MakeSandbox, markers: Path) -> Iterator[World]:
    with Npm(markers=markers) as registry:
        world = World(make_sandbox("npm", request.param).use(registry), registry)
        world.established("sg-beta")
        world.box.write("client/package.json", '{"name": "client", "version": "0.0.0"}')
        yield world


def project(world: World, script: str) -> None:
    """A project whose own script runs when it is installed."""
    world.box.write(
        "package.json", json.dumps({"name": "mine", "version": "0.0.0", "scripts": {"postinstall": script}})
    )


def package(world: World, script: str) -> None:
    """A package whose script runs when it is installed."""
    assert isinstance(world.registry, Npm)
    world.box.write("~/.npmrc", (world.box.home / ".npmrc").read_text() + "dangerously-allow-all-scripts=true\n")
    for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
        world.registry.add("sg-alpha", version, days_old=days, scripts={"postinstall": script})


def inside(world: World, name: str) -> bool:
    return (world.box.project / "client" / "node_modules" / name).exists()


def in_client(world: World, command: str) -> str:
    return f"cd {world.box.project / 'client'} && {command}"


def test_the_projects_own_script_installs_a_part_of_it(npm_world: World) -> None:
    project(npm_world, "cd client && npm install sg-beta")
    ran = npm_world.guarded("npm", "install")
    assert ran.rc == 0, ran
    assert inside(npm_world, "sg-beta")
    lock = json.loads((npm_world.box.project / "client" / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/sg-beta"]["resolved"].startswith(npm_world.registry.url)


@pytest.mark.parametrize("start", ["npm", f"{GUARD} npm"], ids=["by name", "guarded"])
def test_a_ghost_in_it_is_refused_though_the_script_makes_nothing_of_that(npm_world: World, start: str) -> None:
    project(npm_world, f"cd client && {start} install sg-ghost-helper || true")
    ran = npm_world.guarded("npm", "install")
    assert ran.rc == 1, ran
    assert not inside(npm_world, "sg-ghost-helper")
    assert ran.lines[-1] == "slopguard: a guarded command that npm started ended in 1. What it said: slopguard log"


def test_what_npx_runs_may_install(npm_world: World) -> None:
    ran = npm_world.guarded("npx", "--yes", "--package", "sg-beta", "-c", "cd client && npm install sg-beta")
    assert ran.rc == 0, ran
    assert inside(npm_world, "sg-beta")
    assert "/npm/" not in (npm_world.box.project / "client" / "package-lock.json").read_text()


@confines
@pytest.mark.parametrize("start", ["npm", f"{GUARD} npm", f"{GUARD} run -- npm"], ids=["by name", "guarded", "run"])
def test_a_packages_script_installs_through_the_gate_above(npm_world: World, start: str) -> None:
    package(npm_world, in_client(npm_world, f"{start} install sg-beta"))
    ran = npm_world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert inside(npm_world, "sg-beta")
    for lock in (npm_world.box.project / "client").rglob("*package-lock.json"):
        assert "127.0.0.1" not in lock.read_text()


@confines
def test_three_deep_a_ghost_is_still_refused(npm_world: World) -> None:
    deep = in_client(npm_world, f"{GUARD} run -- sh -c '{GUARD} npm install sg-ghost-helper || true'")
    package(npm_world, deep)
    project(npm_world, f"cd client && {GUARD} npm install sg-alpha || true")
    ran = npm_world.guarded("npm", "install")
    assert ran.rc == 1, ran
    assert not inside(npm_world, "sg-ghost-helper")
    assert [row["package"] for row in npm_world.box.ledger() if row["rule"] == "not-found"]


def test_a_variable_alone_takes_nobody_past_the_guard(npm_world: World, tmp_path: Path) -> None:
    (tmp_path / "held.json").write_text("{}")
    (tmp_path / "environment.json").write_text("{}")
    ran = npm_world.guarded("npm", "install", "sg-ghost-helper", env={"SLOPGUARD_RUN": f"{tmp_path}/environment.json"})
    npm_world.refuses_all(ran, 1, "not-found", "sg-ghost-helper")


@pytest.mark.parametrize("event", ["postinstall", "dependencies", "prepare"])
def test_whichever_script_of_the_project_it_is(npm_world: World, event: str) -> None:
    own = {"name": "mine", "version": "0.0.0", "scripts": {event: "cd client && npm install sg-beta"}}
    npm_world.box.write("package.json", json.dumps({**own, "dependencies": {"sg-beta": "1.0.0"}}))
    ran = npm_world.guarded("npm", "install")
    assert ran.rc == 0, ran
    lock = json.loads((npm_world.box.project / "client" / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/sg-beta"]["resolved"].startswith(npm_world.registry.url)
