"""The least that holds for every client in every CI run: one happy install and three refusals.

The whole list of refusals, with every version: `python -m pytest -m matrix` (see docs/clients.md).
"""

from __future__ import annotations

import pytest

from tests.e2e.world import EACH, OLDEST, World, for_clients

pytestmark = pytest.mark.clients

EVERY = (*EACH, OLDEST)
GHOST = "sg-ghost-helper"


def lockable(world: World) -> None:
    """A manifest that asks for `sg-parent`, which needs `sg-alpha`; both established."""
    world.established("sg-alpha")
    world.established("sg-parent", needs={"sg-alpha": ""})
    world.box.driver.manifest(world.box, {"sg-parent": "" if world.ecosystem == "pypi" else "^1.0.0"})


@for_clients(EVERY)
def test_what_is_verified_installs_and_not_one_line_is_added(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLOPGUARD_TEST_START", "cold")  # here as people start it, the daemon included
    world.established("sg-beta")
    world.established("sg-alpha", needs={"sg-beta": ""})
    ran = world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert world.box.installed.items() >= {"sg-alpha": "1.2.0"}.items(), ran
    assert ran.lines == []


@for_clients(EVERY)
def test_an_invented_name_stops_everything_beside_it(world: World) -> None:
    world.established("sg-alpha")
    ran = world.install("sg-alpha", GHOST)
    world.refuses_all(ran, 1, "not-found", GHOST)
    assert "nothing was installed" in ran.err


@for_clients(EVERY)
def test_a_denied_dependency_stops_the_install_and_is_named_by_us(world: World) -> None:
    world.release("sg-evil-core", "1.0.0", days_old=800, armed=True)
    world.established("sg-parent", needs={"sg-evil-core": ""})
    ran = world.install("sg-parent", deny=["sg-evil-core"])
    world.refuses(ran, 1, "denied", "sg-evil-core")
    assert world.box.installed == {}, ran


@for_clients(EVERY)
def test_a_lock_file_is_what_the_bare_client_writes_and_no_way_around(world: World) -> None:
    driver = world.box.driver
    if not driver.lock:
        pytest.skip("this client has no lock file")
    lockable(world)
    ran = world.guarded(*driver.relock())
    assert ran.rc == 0, ran
    place = world.box.project / driver.lock
    ours = place.read_bytes()
    place.unlink()
    assert world.box.direct(*driver.relock()).rc == 0
    assert place.read_bytes() == ours
    world.registry.forget()
    refused = world.guarded(*driver.sync(), deny=["sg-alpha"])
    world.refuses(refused, 1, "denied", "sg-alpha")
    assert world.registry.downloads == [], refused
    assert place.read_bytes() == ours
