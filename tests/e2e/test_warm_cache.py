"""A client's warm cache holds a package that was denied since: it does not come out again."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.world import ALL, World, for_clients
from tests.simulators.clients import fresh_venv

pytestmark = pytest.mark.clients

OFFLINE = {
    "pip": [],
    "pipx": [],
    "poetry": [],
    "pdm": [],
    "uv": ["--offline"],
    "npm": ["--prefer-offline"],
    "pnpm": ["--prefer-offline"],
    "bun": ["--prefer-offline"],
    "yarn": ["--offline"],
}


def empty_again(world: World) -> None:
    """A fresh environment; the client's cache stays."""
    if empty := getattr(world.box.driver, "empty", None):
        empty(world.box)
        return
    if world.ecosystem == "npm":
        shutil.rmtree(world.box.project / "node_modules")
        return
    shutil.rmtree(world.box.venv)
    fresh_venv(world.box.venv, world.box.client if world.box.client.family == "pip" else None)


@for_clients(ALL)
def test_a_package_denied_since_does_not_come_from_the_cache(world: World) -> None:
    world.established("sg-evil-core")
    world.established("sg-parent", needs={"sg-evil-core": ""})
    first = world.install("sg-parent")
    assert first.rc == 0, first
    for extra in ([], OFFLINE[world.box.client.family]):
        for name in ("sg-evil-core", "sg-parent"):
            empty_again(world)
            ran = world.install(*extra, name, deny=["sg-evil-core"])
            if name == "sg-parent" and "--offline" in extra:
                assert ran.rc == 4, ran  # nobody is asked what the parent needs, so nothing can be verified
            else:
                world.refuses(ran, 1, "denied", "sg-evil-core")
            assert world.box.installed == {}, ran
            (world.box.project / "node_modules").mkdir(exist_ok=True)


@for_clients(ALL)
def test_a_second_install_from_a_warm_cache_is_as_allowed_as_the_first(world: World) -> None:
    world.established("sg-alpha")
    for _ in range(2):
        ran = world.install("sg-alpha")
        assert ran.rc == 0, ran
        assert world.box.installed == {"sg-alpha": "1.2.0"}
        empty_again(world)
