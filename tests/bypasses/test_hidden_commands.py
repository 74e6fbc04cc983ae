"""The installer started so that nobody recognises it: under `slopguard run` its environment leads to the gate."""

from __future__ import annotations

import pytest

from tests.bypasses.listed import BEFORE, ENVIRONMENT, GATE, SHIM, stops
from tests.e2e.world import World, for_clients
from tests.simulators.sandbox import Ran

GOOD, GHOST = "sg-alpha", "sg-ghost-helper"
PIP, UV, NPM = ("pip", "newest"), ("uv", "newest"), ("npm", "newest")


def under_run(world: World, text: str, shell: str = "sh") -> Ran:
    """A shell script under `slopguard run`; the good name is there, so that an empty registry proves nothing."""
    world.established(GOOD)
    return world.guarded("run", "--", shell, "-c", text)


def stopped(world: World, ran: Ran) -> None:
    """Claim: the ghost was refused by us, and nothing was installed."""
    world.refuses(ran, 1, "not-found", GHOST)
    assert world.box.installed == {}, ran


@stops("absolute path to the manager", ENVIRONMENT, GATE)
@for_clients([PIP, UV, NPM])
def test_an_absolute_path(world: World) -> None:
    client, *words = world.box.install(GHOST)
    folder = world.box.driver.places(world.box)[0]
    stopped(world, under_run(world, f"{folder / client} {' '.join(words)}"))


@stops("`python -m pip`", ENVIRONMENT, GATE)
@for_clients([PIP])
@pytest.mark.parametrize("flags", ["", "-I", "-X utf8"])
def test_python_m_pip(world: World, flags: str) -> None:
    stopped(world, under_run(world, f"{world.box.venv}/bin/python {flags} -m pip install {GHOST}"))


@stops("renamed copy or symlink of the installer", ENVIRONMENT, GATE)
@for_clients([PIP, UV])
@pytest.mark.parametrize("how", ["cp", "ln -s"])
def test_a_renamed_installer(world: World, how: str) -> None:
    client, *words = world.box.install(GHOST)
    folder = world.box.driver.places(world.box)[0]
    stopped(world, under_run(world, f"{how} {folder / client} ./helper && ./helper {' '.join(words)}"))


@stops("shell variable or script file hiding the word", SHIM, BEFORE)
@for_clients([PIP, NPM])
def test_a_variable_and_a_script_hide_the_word(world: World) -> None:
    client, *words = world.box.install(GHOST)
    stopped(world, under_run(world, f"A={client[:2]}; B={client[2:]}; $A$B {' '.join(words)}"))
    world.box.write("fine.sh", f"exec {client} {' '.join(words)}\n")
    stopped(world, under_run(world, "sh ./fine.sh"))


@stops("`bash -lc`", ENVIRONMENT, GATE)
@for_clients([PIP, NPM])
def test_a_login_shell_that_sets_its_own_path(world: World) -> None:
    folder = world.box.driver.places(world.box)[0]
    world.box.write("~/.bash_profile", f'export PATH="{folder}:$PATH"\n')
    stopped(world, under_run(world, f"bash -lc '{' '.join(world.box.install(GHOST))}'"))


@stops("`$(...)`", SHIM, BEFORE)
@for_clients([PIP, NPM])
def test_a_substitution(world: World) -> None:
    stopped(world, under_run(world, f"echo $({' '.join(world.box.install(GHOST))}); exit 1"))


@stops("aliases such as `npm isntall`", BEFORE)
@for_clients([NPM])
@pytest.mark.parametrize("verb", ["isntall", "i", "add", "insta"])
def test_an_alias_of_a_command(world: World, verb: str) -> None:
    world.established(GOOD)
    stopped(world, world.guarded("npm", verb, GHOST))


@stops("`npm:` alias specs", BEFORE)
@for_clients([NPM])
def test_an_alias_of_a_package(world: World) -> None:
    world.established("express")
    stopped(world, world.guarded("npm", "install", f"express@npm:{GHOST}@1"))


@stops("`npx -p`", BEFORE)
@for_clients([NPM])
@pytest.mark.parametrize(
    "argv", [["-y", "-p", GHOST, GOOD], ["--package", GHOST, "-c", "true"], [f"--package={GHOST}", GOOD]]
)
def test_another_package_of_npx(world: World, argv: list[str]) -> None:
    world.established(GOOD)
    stopped(world, world.guarded("npx", *argv))


@stops("`uvx --with`", BEFORE)
@for_clients([UV])
@pytest.mark.parametrize("argv", [["--with", GHOST, GOOD], [f"--with={GOOD},{GHOST}", GOOD], ["--from", GHOST, GOOD]])
def test_another_package_of_uvx(world: World, argv: list[str]) -> None:
    world.established(GOOD)
    stopped(world, world.guarded("uvx", *argv))
