"""Side doors that clients have: settings files named by the environment, link pages, aliases, build requirements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.test_foreign_sources import untouched
from tests.e2e.world import ALL, NODE, PYTHON, World, for_clients
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

NAME, GHOST = "sg-alpha", "sg-ghost-helper"


@pytest.fixture
def rogue(world: World) -> Iterator[PyPI | Npm]:
    """A second registry, which offers a higher version of a package that is fine elsewhere."""
    world.established(NAME)
    made = Npm(markers=world.box.markers) if world.ecosystem == "npm" else PyPI(markers=world.box.markers)
    with made as registry:
        World(world.box, registry).release(NAME, "9.0.0", armed=True)
        yield registry


@for_clients(ALL)
def test_a_settings_file_named_by_the_environment_is_not_the_users_own(world: World, rogue: PyPI | Npm) -> None:
    if world.reads == "poetry":
        pytest.skip("poetry's variable names a folder: see test_poetry_sources.py")
    if str(world.box.client) == "bun-1.2.23":
        pytest.skip("before 1.4 the user's .npmrc beats every bunfig.toml, so that the rogue is not asked anyway")
    texts = {
        "pip": ("PIP_CONFIG_FILE", f"[global]\nindex-url = {rogue.url}\n"),
        "uv": ("UV_CONFIG_FILE", f'[[index]]\nurl = "{rogue.url}"\ndefault = true\n'),
        "pdm": ("PDM_CONFIG_FILE", f'[pypi]\nurl = "{rogue.url}"\n'),
        "npm": ("npm_config_userconfig", f"registry={rogue.url}\n"),
        "pnpm": ("pnpm_config_npmrc_auth_file", f"registry={rogue.url}\n"),
        "yarn 1": ("npm_config_userconfig", f"registry={rogue.url}\n"),
        "yarn 4": ("YARN_RC_FILENAME", f"npmRegistryServer: {rogue.url!r}\n"),
        "bun": ("BUN_OPTIONS", f'[install]\nregistry = "{rogue.url}"\n'),
    }
    variable, text = texts[world.reads]
    place = world.box.write("settings.conf", text)
    named = f"--config={place}" if variable == "BUN_OPTIONS" else str(place)
    world.refuses(world.install(NAME, env={variable: named}), 1, "foreign-source", NAME)
    untouched(world, rogue)


@for_clients(PYTHON)
def test_a_page_of_links_is_an_index_too(world: World, rogue: PyPI | Npm) -> None:
    links = f"{rogue.url}{NAME}/"
    world.refuses(world.install("--find-links", links, NAME), 1, "foreign-source", NAME)
    world.box.write("requirements.txt", f"--find-links {links}\n{NAME}\n")
    ran = world.guarded(*world.box.install("-r", "requirements.txt"))
    world.refuses(ran, 1, "foreign-source", NAME)
    untouched(world, rogue)


@for_clients([("pip", "newest"), ("pip", "22.3.1")])
def test_pip_isolated_still_goes_through_the_gate(world: World) -> None:
    world.established(NAME)
    ran = world.guarded("pip", "--isolated", "install", "--index-url", world.registry.url, GHOST)
    assert ran.rc in (1, 4), ran
    assert world.box.installed == {}


@for_clients(PYTHON)
def test_a_ghost_among_the_build_requirements_stops_the_build(world: World) -> None:
    assert isinstance(world.registry, PyPI)
    for version, days in (("1.0", 900), ("1.1", 600), ("1.2", 300)):
        world.registry.add(NAME, version, days_old=days, wheels=(), source=True, build_requires=[GHOST])
    ran = world.install(NAME)
    world.refuses(ran, 1, "not-found", GHOST)
    assert world.box.installed == {}


@for_clients(NODE)
def test_an_alias_does_not_hide_what_it_stands_for(world: World) -> None:
    world.established("express")
    world.refuses_all(world.install(f"express@npm:{GHOST}@^1.0.0"), 1, "not-found", GHOST)
    manifest = '{"name": "mine", "version": "0.0.0", "dependencies": {"express": "npm:GHOST@^1"}}'
    world.box.write("package.json", manifest.replace("GHOST", GHOST))
    world.refuses_all(world.guarded("npm", "install"), 1, "not-found", GHOST)


@for_clients(NODE)
def test_an_override_does_not_hide_what_it_puts_in_place(world: World) -> None:
    world.established("sg-beta")
    world.established(NAME, needs={"sg-beta": "*"})
    manifest = '{"name": "mine", "version": "0.0.0", "dependencies": {"sg-alpha": "*"}, '
    world.box.write("package.json", manifest + f'"overrides": {{"sg-beta": "npm:{GHOST}@1"}}}}')
    ran = world.guarded("npm", "install")
    world.refuses(ran, 1, "not-found", GHOST)
    assert world.box.installed == {}


@for_clients([("uv", "newest")])
def test_uvx_judges_the_tool_and_what_comes_with_it(world: World) -> None:
    world.established(NAME)
    for argv in (["uvx", GHOST], ["uvx", "--from", GHOST, NAME], ["uvx", "--with", GHOST, NAME]):
        world.refuses_all(world.guarded(*argv), 1, "not-found", GHOST)


@for_clients(ALL)
def test_run_guards_every_client_that_a_command_starts(world: World) -> None:
    world.established(NAME)
    world.box.write("setup.sh", f"set -e\n{' '.join(world.box.install(NAME))}\n{' '.join(world.box.install(GHOST))}\n")
    ran = world.guarded("run", "--", "sh", "setup.sh")
    world.refuses(ran, 1, "not-found", GHOST)
    assert world.box.installed == {NAME: "1.2.0"}
