"""A bun.lock that a person adopted: what it holds installs whatever its age, exactly, and nothing else does."""

from __future__ import annotations

import sys

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.drivers import driver
from tests.simulators.person import typed

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

BUN = [("bun", version) for version in driver("bun").versions]


def adopted(world: World) -> None:
    """A project that bare bun locked to a version of today, accepted by a person at the terminal."""
    world.established("sg-alpha", "sg-parent")
    world.release("sg-alpha", "1.3.0", hours_old=5, days_old=0)
    world.release("sg-parent", "1.3.0", hours_old=5, days_old=0, needs={"sg-alpha": "^1.0.0"})
    world.box.driver.manifest(world.box, {"sg-parent": "^1.0.0"})
    assert world.box.direct(*world.box.driver.relock()).rc == 0
    before = world.guarded(*world.box.driver.sync())
    assert before.rc == 3, before
    code, shown = typed([sys.executable, "-m", "slopguard", "trust"], world.box.env, world.box.project)
    assert code == 0, shown
    assert "2 packages, by name, version and digest" in shown


@for_clients(BUN)
@pytest.mark.parametrize("argv", ["install --frozen-lockfile", "install"])
def test_what_was_adopted_installs(world: World, argv: str) -> None:
    adopted(world)
    lock = world.box.project / "bun.lock"
    before = lock.read_bytes()
    ran = world.guarded("bun", *argv.split())
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.3.0", "sg-parent": "1.3.0"}
    assert lock.read_bytes() == before


@for_clients(BUN)
def test_another_digest_under_the_same_version_is_another_package(world: World) -> None:
    adopted(world)
    lock = world.box.project / "bun.lock"
    text = lock.read_text()
    at = text.index("sha512-") + len("sha512-")
    lock.write_text(text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :])
    ran = world.guarded(*world.box.driver.sync())
    assert ran.rc in (1, 3), ran
    assert world.box.installed == {}
