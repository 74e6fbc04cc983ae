"""What `npx` runs has the user's own network; what is installed on the way has not."""

from __future__ import annotations

import json

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.npm import Npm

pytestmark = pytest.mark.clients

SHOW = (
    "console.log(JSON.stringify({proxy: process.env.HTTPS_PROXY || null, registry: process.env.npm_config_registry}))"
)


@for_clients([("npm", "newest"), ("npm", "10.9.9")])
@pytest.mark.parametrize("own", [None, "http://proxy.example:3128"])
def test_the_command_of_npx_has_the_users_own_proxy(world: World, own: str | None) -> None:
    assert isinstance(world.registry, Npm)
    world.established("sg-alpha")
    world.box.write("show.js", SHOW)
    env = {"HTTPS_PROXY": own, "NO_PROXY": "127.0.0.1"} if own else {}
    ran = world.guarded("npx", "--yes", "--package", "sg-alpha", "-c", "node show.js", env=env)
    assert ran.rc == 0, ran
    assert json.loads(ran.out)["proxy"] == own
    assert "/npm/" in json.loads(ran.out)["registry"]


@for_clients([("npm", "10.9.9")])
def test_an_install_script_stays_under_the_net_and_the_users_shell_is_used(world: World) -> None:
    assert isinstance(world.registry, Npm)
    shell = world.box.write("~/my-shell", '#!/bin/sh\necho "mine" >> "$HOME/used"\nexec sh "$@"\n')
    shell.chmod(0o755)
    world.box.write("~/.npmrc", (world.box.home / ".npmrc").read_text() + f"script-shell={shell}\n")
    script = f'echo "$HTTPS_PROXY" > {world.box.root / "seen"}'
    for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
        world.registry.add("sg-alpha", version, days_old=days, scripts={"postinstall": script})
    ran = world.guarded("npx", "--yes", "--package", "sg-alpha", "-c", 'echo "proxy=$HTTPS_PROXY"')
    assert ran.rc == 0, ran
    assert "proxy=\n" in ran.out
    assert (world.box.root / "seen").read_text().startswith("http://")
    assert "mine\n" in (world.box.home / "used").read_text()
