"""A client that a guarded client starts works as it did before the shims came, and behind the same gate."""

from __future__ import annotations

import json

import pytest

from tests.e2e.world import World, for_clients

pytestmark = pytest.mark.clients


def nested(world: World, script: str) -> None:
    """A project whose own install starts npm again."""
    told = {
        "name": "mine",
        "version": "0.0.0",
        "dependencies": {"sg-alpha": "^1.0.0"},
        "scripts": {"postinstall": script},
    }
    world.box.write("package.json", json.dumps(told))


@for_clients((("npm", "newest"),))
def test_an_install_within_an_install_installs(world: World) -> None:
    world.established("sg-alpha", "sg-beta")
    nested(world, "npm install --no-save --ignore-scripts --prefix other sg-beta")
    assert world.box.guarded("enable", "--yes").rc == 0
    ran = world.box.direct("sh", "-c", '. "$SLOPGUARD_HOME/shims/env.sh"; npm install')
    assert ran.rc == 0, ran
    assert (world.box.project / "other/node_modules/sg-beta").is_dir(), ran


@for_clients((("npm", "newest"),))
def test_an_install_within_an_install_is_guarded(world: World) -> None:
    world.established("sg-alpha")
    nested(world, "npm install --no-save --ignore-scripts --prefix other sg-ghost")
    assert world.box.guarded("enable", "--yes").rc == 0
    ran = world.box.direct("sh", "-c", '. "$SLOPGUARD_HOME/shims/env.sh"; npm install')
    world.refuses(ran, 1, "not-found", "sg-ghost")


@for_clients((("npm", "newest"),))
def test_an_install_within_an_install_of_the_same_folder_ends(world: World) -> None:
    world.established("sg-alpha", "sg-beta")
    nested(world, "test -e again || { touch again; npm install sg-beta; }")
    assert world.box.guarded("enable", "--yes").rc == 0
    assert world.box.guarded("npm", "install", "--ignore-scripts").rc == 0
    ran = world.box.direct("timeout", "60", "sh", "-c", '. "$SLOPGUARD_HOME/shims/env.sh"; npm install')
    assert ran.rc == 0, ran
    assert world.box.installed.keys() == {"sg-alpha", "sg-beta"}, ran
    lock = json.loads((world.box.project / "package-lock.json").read_text())
    recorded = [entry["resolved"] for name, entry in lock["packages"].items() if name]
    assert len(recorded) == 2
    assert all(address.startswith(world.registry.url) for address in recorded), recorded
