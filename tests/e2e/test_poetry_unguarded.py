"""poetry without the part of ours that guards it: not started, or kept from every index and said to be unguarded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.drivers.poetry import own, place_poetry
from tests.simulators.proxy import Proxy

pytestmark = pytest.mark.clients

POETRY = [("poetry", "newest")]
NAME, GHOST, HOST = "sg-alpha", "sg-ghost-helper", "registry.example"


def script(world: World) -> Path:
    return own(world.box) / "bin" / "poetry"


@for_clients(POETRY)
@pytest.mark.parametrize("flag", ["--no-plugins", "--no-plug"])
def test_without_plugins_it_is_not_started(world: World, flag: str) -> None:
    world.established(NAME)
    ran = world.guarded("poetry", "add", flag, NAME)
    assert ran.rc == 2, ran
    assert "cannot be guarded" in ran.err
    assert world.registry.requests == []


@for_clients(POETRY)
def test_a_poetry_that_does_not_load_the_guard_reaches_nobody_and_says_so(world: World) -> None:
    """The registry has a name that only the user's proxy knows: no kernel's rule is needed to keep poetry from it."""
    world.established(NAME)
    with Proxy({HOST: world.registry.server.origin}) as proxy:
        place_poetry(world.box, f"http://{HOST}/")
        script(world).write_text(script(world).read_text().replace("/bin/python\n", "/bin/python -E\n", 1))
        ran = world.guarded("poetry", "add", NAME, env={"HTTP_PROXY": proxy.url})
        assert ran.rc == 4, ran
        assert "did not load what guards it" in ran.err
        assert proxy.asked, ran  # by us, before it was started
    agents = {seen.headers.get("user-agent", "").partition("/")[0] for seen in world.registry.requests}
    assert "poetry" not in agents
    assert world.box.installed == {}
    assert world.registry.downloads == []


@for_clients(POETRY)
def test_a_poetry_behind_a_wrapper_is_guarded_too(world: World) -> None:
    world.established(NAME)
    real = script(world).rename(script(world).with_name("poetry-real"))
    script(world).write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    script(world).chmod(0o755)
    ran = world.guarded("poetry", "add", NAME)
    assert (ran.rc, world.box.installed) == (0, {NAME: "1.2.0"}), ran
    world.refuses(world.guarded("poetry", "add", GHOST), 1, "not-found", GHOST)


@for_clients(POETRY)
def test_a_wrapper_around_what_loads_no_plugins_is_refused_beforehand(world: World) -> None:
    real = script(world).rename(script(world).with_name("poetry-real"))
    real.write_text(real.read_text().replace("/bin/python\n", "/bin/python -E\n", 1))
    script(world).write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    script(world).chmod(0o755)
    ran = world.guarded("poetry", "add", NAME)
    assert ran.rc == 2, ran
    assert "does not load its plugins" in ran.err
    assert world.registry.requests == []
