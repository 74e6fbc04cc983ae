"""A name that no index has: refused before the client starts, wherever the name stands."""

from __future__ import annotations

import pytest

from tests.e2e.world import ALL, PYTHON, World, for_clients

pytestmark = pytest.mark.clients

GHOST = "sg-ghost-helper"


@for_clients(ALL)
def test_a_ghost_on_the_command_line_stops_everything_beside_it(world: World) -> None:
    world.established("sg-alpha")
    for specs in ([GHOST], [world.exactly(GHOST, "1.0.0")], ["sg-alpha", GHOST]):
        ran = world.install(*specs)
        world.refuses_all(ran, 1, "not-found", GHOST)
        assert "nothing was installed" in ran.err
    assert f"Without it: {' '.join(world.box.install('sg-alpha'))}" in ran.err


@for_clients(ALL)
def test_what_is_verified_installs_and_stderr_gains_nothing(world: World) -> None:
    world.established("sg-beta")
    world.established("sg-alpha", needs={"sg-beta": ""})
    ran = world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0", "sg-beta": "1.2.0"}
    assert ran.lines == []


@for_clients(PYTHON)
def test_a_ghost_in_a_requirement_file_is_found_through_its_includes(world: World) -> None:
    world.established("sg-alpha")
    world.box.write("requirements.txt", "sg-alpha\n-r more/dev.txt\n")
    world.box.write("more/dev.txt", f"# tools\n{GHOST} ~= 1.0 ; python_version > '3'\n")
    ran = world.guarded(*world.box.install("-r", "requirements.txt"))
    world.refuses_all(ran, 1, "not-found", GHOST)


@for_clients([("uv", "newest")])
@pytest.mark.parametrize("argv", [["add", GHOST], ["sync"], ["lock"], ["run", "hello.py"], ["tool", "run", GHOST]])
def test_a_ghost_in_a_uv_project(world: World, argv: list[str]) -> None:
    wanted = "" if GHOST in argv else f'"{GHOST}"'
    project = f'[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = [{wanted}]\n'
    before = world.box.write("pyproject.toml", project).read_bytes()
    world.box.write("hello.py", f'# /// script\n# dependencies = ["{GHOST}"]\n# ///\nprint("ran")\n')
    ran = world.guarded("uv", *argv)
    world.refuses_all(ran, 1, "not-found", GHOST)
    assert (world.box.project / "pyproject.toml").read_bytes() == before
    assert not (world.box.project / "uv.lock").exists()
    assert "ran" not in ran.out.split()


@for_clients([("npm", "machine")])
@pytest.mark.parametrize("argv", [["npm", "install"], ["npm", "isntall", "-D", GHOST], ["npx", "--yes", GHOST]])
def test_a_ghost_in_an_npm_project(world: World, argv: list[str]) -> None:
    wanted = {} if GHOST in argv else {GHOST: "^1.0.0"}
    manifest = f'{{"name": "mine", "version": "0.0.0", "dependencies": {str(wanted).replace(chr(39), chr(34))}}}'
    before = world.box.write("package.json", manifest).read_bytes()
    world.refuses_all(world.guarded(*argv), 1, "not-found", GHOST)
    assert (world.box.project / "package.json").read_bytes() == before
    assert not (world.box.project / "package-lock.json").exists()
