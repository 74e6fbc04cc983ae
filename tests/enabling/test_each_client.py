"""Every client: switched on, used plainly, switched off; and the home is what it was."""

from __future__ import annotations

import shlex

import pytest

from tests.e2e.world import EACH, World, for_clients
from tests.enabling.account import Account

pytestmark = pytest.mark.clients

GHOST = "sg-ghost-helper"


@for_clients(EACH)
def test_enable_use_disable_leaves_the_home_as_it_was(world: World) -> None:
    world.established("sg-alpha")
    world.box.write("~/.profile", f"PATH='{world.box.env['PATH']}'\nexport PATH\n")
    world.box.write("~/.bashrc", "alias ll='ls -l'")
    account = Account(world.box)
    before = account.snapshot()
    assert account.enable().rc == 0
    assert account.snapshot() != before
    ran = account.shell("bash -lc", shlex.join(world.box.install(GHOST)))
    world.refuses_all(ran, 1, "not-found", GHOST)
    ran = account.shell("bash -lc", shlex.join(world.box.install("sg-alpha")))
    assert ran.rc == 0, ran
    assert world.box.installed.items() >= {"sg-alpha": "1.2.0"}.items()
    assert ran.lines == []
    used = account.snapshot()
    assert account.disable().rc == 0
    after = account.snapshot()
    changed = {path for path in before if before[path] != after.get(path)}
    assert changed == set()
    assert after.keys() - before.keys() <= used.keys() - before.keys()  # what the client itself keeps in a home
    assert not [path for path in after.keys() - before.keys() if "slopguard" in path and "config" not in path]
