"""Told to stay offline, slopguard installs what it has fetched before, and says what it has not."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.test_warm_cache import empty_again
from tests.e2e.world import World, for_clients
from tests.simulators.sandbox import Ran
from tests.simulators.server import Break

pytestmark = pytest.mark.clients

CLIENTS = [("pip", "newest"), ("uv", "newest"), ("npm", "newest")]
CACHES = (".cache", ".npm")
OFFLINE = {"SLOPGUARD_OFFLINE": "1"}


def afresh(world: World) -> None:
    """Nothing is installed, the client's own cache is empty, and the registry is silent."""
    empty_again(world)
    for name in CACHES:
        shutil.rmtree(world.box.home / name, ignore_errors=True)
    world.registry.forget()
    world.registry.fail("*", Break.REFUSE)


def install(world: World, name: str, *, listed: bool, env: dict[str, str] | None = None) -> Ran:
    rows = (
        ",".join(f"{world.ecosystem} {each} allow" for each in ("sg-parent", "sg-alpha", "sg-other")) if listed else ""
    )
    return world.box.guarded(*world.box.install(name), env=env, rows=rows)


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "established"])
@for_clients(CLIENTS)
def test_what_was_installed_before_is_installed_from_the_cache(world: World, *, listed: bool) -> None:
    world.established("sg-alpha")
    world.established("sg-parent", needs={"sg-alpha": ""})
    first = install(world, "sg-parent", listed=listed)
    assert first.rc == 0, first
    before = world.box.installed
    afresh(world)
    ran = install(world, "sg-parent", listed=listed, env=OFFLINE)
    assert ran.rc == 0, ran
    assert world.box.installed == before
    assert world.registry.requests == []


@for_clients(CLIENTS)
def test_what_was_not_is_could_not_verify(world: World) -> None:
    world.established("sg-alpha", "sg-other")
    assert install(world, "sg-alpha", listed=True).rc == 0
    afresh(world)
    ran = install(world, "sg-other", listed=True, env=OFFLINE)
    assert ran.rc == 4, ran
    assert any("offline" in line for line in ran.lines), ran
    assert world.box.installed == {}
    assert world.registry.requests == []


@for_clients(CLIENTS)
def test_an_empty_client_cache_costs_no_requests(world: World) -> None:
    world.registry.server.tags = True
    world.registry.server.cache_control = "max-age=600"
    world.established("sg-alpha")
    assert install(world, "sg-alpha", listed=False).rc == 0
    afresh(world)
    world.registry.mend()
    ran = install(world, "sg-alpha", listed=False)
    assert ran.rc == 0, ran
    assert [seen.path for seen in world.registry.requests if seen.method == "GET"] == []
