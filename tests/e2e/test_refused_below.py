"""What was refused below counts, whatever the command in between makes of it."""

from __future__ import annotations

import json
import sys

import pytest

from tests.e2e.world import World, for_clients

pytestmark = pytest.mark.clients

GHOST = "sg-ghost-helper"


@for_clients([("pip", "newest"), ("npm", "newest")])
@pytest.mark.parametrize("script", ["{0}; echo done", "{0} || true", "make -f m all", "bash -c '{0}' | cat"])
def test_a_script_that_ignores_it_ends_with_our_code(world: World, script: str) -> None:
    world.box.write("m", f"all:\n\t{' '.join(world.box.install(GHOST))}\n")
    ran = world.guarded("run", "--", "sh", "-c", script.format(" ".join(world.box.install(GHOST))))
    world.refuses_all(ran, 1, "not-found", GHOST)


@for_clients([("pip", "newest")])
def test_an_index_that_is_down_below_is_4(world: World) -> None:
    world.box.write("~/.config/pip/pip.conf", "[global]\nindex-url = http://127.0.0.1:9/simple/\n")
    ran = world.guarded("run", "--", "sh", "-c", f"{' '.join(world.box.install(GHOST))}; true")
    assert ran.rc == 4, ran


@for_clients([("pip", "newest")])
def test_what_the_client_itself_fails_at_is_the_commands_own_business(world: World) -> None:
    world.established("sg-alpha")
    ran = world.guarded("run", "--", "sh", "-c", "pip install sg-alpha --no-such-option; exit 7")
    assert ran.rc == 7, ran


@for_clients([("npm", "10.9.9")])
def test_a_lifecycle_script_that_ignores_it_does_not_hide_it(world: World) -> None:
    world.established("sg-alpha")
    guard = f"{sys.executable} -m slopguard npm install --prefix sub {GHOST} || true"
    world.box.write("sub/package.json", '{"name": "sub", "version": "0.0.0"}')
    manifest = {
        "name": "mine",
        "version": "0.0.0",
        "scripts": {"postinstall": guard},
        "dependencies": {"sg-alpha": "*"},
    }
    world.box.write("package.json", json.dumps(manifest))
    ran = world.guarded("npm", "install")
    assert ran.rc == 1, ran
    assert f"'{GHOST}' (not-found)" in ran.text
