"""What is pipx's alone: two backends, a shared pip, environments that are installed again, scripts, `run`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators import clients
from tests.simulators.artefacts import Artefact
from tests.simulators.drivers.pipx import Pipx, home, spec_file
from tests.simulators.pypi import File, PyPI
from tests.simulators.registry import ago

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

NAME, OTHER, GHOST, EVIL = "sg-alpha", "sg-beta", "sg-ghost-helper", "sg-evil-core"
BOTH = tuple(("pipx", version) for version in Pipx.versions)
ONE = (BOTH[0],)
SCRIPT = '# /// script\n# dependencies = ["NAME"]\n# ///\nimport pathlib\npathlib.Path("it-ran").touch()\n'


@for_clients(BOTH)
def test_every_command_that_installs_judges_what_it_is_given(world: World) -> None:
    world.established(NAME, OTHER)
    assert world.install(NAME).rc == 0
    world.registry.forget()
    before = world.box.installed
    world.box.write("tools.json", spec_file({GHOST: GHOST}))
    world.box.write("more.txt", f"{OTHER}\n{GHOST}\n")
    for argv in (
        ["inject", NAME, OTHER, GHOST],
        ["inject", NAME, "-r", "more.txt"],
        ["install", "--preinstall", GHOST, OTHER],
        ["install", "--backend", "pip", GHOST],
        ["install-all", "tools.json"],
        ["run", GHOST],
        ["run", "--spec", GHOST, OTHER],
        ["run", "--with", GHOST, OTHER],
        ["upgrade", "--install", GHOST],
        ["runpip", NAME, "install", GHOST],
    ):
        world.refuses(world.guarded("pipx", *argv), 1, "not-found", GHOST)
        assert world.registry.downloads == [], argv
        assert world.box.installed == before


@for_clients(BOTH)
def test_every_command_that_installs_works(world: World) -> None:
    world.established(NAME, OTHER, "sg-old")
    assert world.guarded("pipx", "install", "sg-old==1.0.0").rc == 0
    for argv in (
        ["install", NAME],
        ["inject", NAME, OTHER],
        ["runpip", "sg-old", "install", OTHER],
        ["upgrade", NAME],
        ["reinstall", NAME],
        ["upgrade-all"],
        ["reinstall-all"],
    ):
        ran = world.guarded("pipx", *argv)
        assert (ran.rc, ran.lines) == (0, []), ran
    assert world.box.installed == {NAME: "1.2.0", OTHER: "1.2.0", "sg-old": "1.2.0"}
    kept = [path.read_bytes() for path in home(world.box).glob("venvs/*/pipx_metadata.json")]
    assert not any(b"127.0.0.1" in text for text in kept)


@for_clients(BOTH)
def test_a_denied_dependency_is_not_upgraded_to(world: World) -> None:
    world.established(NAME)
    assert world.install(f"{NAME}==1.0.0").rc == 0
    world.established(EVIL)
    world.release(NAME, "1.3.0", needs={EVIL: ""}, days_old=200)
    world.refuses(world.guarded("pipx", "install", "--force", NAME, deny=[EVIL]), 1, "denied", EVIL)
    assert EVIL not in world.box.installed
    assert not [name for name in world.registry.downloads if "evil" in name]


@for_clients(BOTH)
def test_run_runs_what_is_verified_and_nothing_else(world: World) -> None:
    world.established(NAME)
    ran = world.guarded("pipx", "run", NAME)
    assert (ran.rc, ran.lines) == (0, []), ran
    assert f"{NAME.replace('-', '_')}-1.2.0.ran" in world.box.traces


@for_clients(BOTH)
def test_a_script_is_judged_by_what_it_requires(world: World) -> None:
    world.established(NAME)
    world.box.write("bad.py", SCRIPT.replace("NAME", GHOST))
    for argv in (["run", "bad.py"], ["install", "bad.py"]):
        world.refuses_all(world.guarded("pipx", *argv), 1, "not-found", GHOST)
    assert not (world.box.project / "it-ran").exists()
    world.box.write("good.py", SCRIPT.replace("NAME", NAME))
    ran = world.guarded("pipx", "run", "good.py")
    assert (ran.rc, ran.lines) == (0, []), ran
    assert (world.box.project / "it-ran").exists()
    assert (world.box.project / "good.py").read_text() == SCRIPT.replace("NAME", NAME)


@for_clients(BOTH)
def test_a_script_by_url_is_a_foreign_source(world: World) -> None:
    url = f"{world.registry.server.origin}/files/script.py"
    world.refuses(world.guarded("pipx", "run", url), 1, "foreign-source", "script-py")
    assert world.registry.requests == []


@for_clients(BOTH)
def test_an_index_in_the_options_for_the_backend_is_foreign(world: World) -> None:
    world.established(NAME)
    with PyPI(markers=world.box.markers) as rogue:
        rogue.add_established(NAME)
        for option in ("--index-url", "--extra-index-url", "--find-links"):
            ran = world.guarded("pipx", "install", f"--pip-args={option} {rogue.url}", NAME)
            world.refuses_all(ran, 1, "foreign-source", NAME)
        assert rogue.requests == []


@for_clients(ONE)
def test_an_index_that_was_remembered_bare_is_not_asked_again(world: World) -> None:
    world.established(NAME)
    with PyPI(markers=world.box.markers) as other:
        other.add_established(NAME)
        assert world.box.direct("pipx", "install", "-i", other.url, NAME).rc == 0
        other.forget()
        for argv in (["upgrade", NAME], ["upgrade-all"], ["reinstall", NAME], ["inject", NAME, OTHER]):
            ran = world.guarded("pipx", *argv)
            assert ran.rc == 2, ran
        assert other.requests == []


@for_clients(BOTH)
def test_the_settings_of_the_other_backend_do_not_count(world: World) -> None:
    world.established(NAME)
    with PyPI(markers=world.box.markers) as other:
        env = {"uv": {"PIP_INDEX_URL": other.url}, "pip": {"UV_DEFAULT_INDEX": other.url}}[world.reads]
        ran = world.install(NAME, env=env)
        assert (ran.rc, ran.lines) == (0, []), ran
        assert other.requests == []


@for_clients([BOTH[1]])
def test_backend_pip_is_pointed_at_the_gate_where_uv_is_there_too(world: World) -> None:
    world.established(NAME)
    with PyPI(markers=world.box.markers) as pips:
        pips.add_established(OTHER)
        world.box.write("~/.config/pip/pip.conf", f"[global]\nindex-url = {pips.url}\n")
        ran = world.guarded("pipx", "install", "--backend", "pip", OTHER)
        assert (ran.rc, ran.lines) == (0, []), ran
        world.refuses(world.guarded("pipx", "install", "--backend", "pip", GHOST), 1, "not-found", GHOST)
        assert GHOST not in world.registry.pages
        assert world.install(NAME).rc == 0


def publish_pip(world: World) -> str:
    """Put the newest pip on the registry, as old as any established package; its file name."""
    assert isinstance(world.registry, PyPI)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "pip",
        "--dest",
    ]
    wheel = next(clients.kept("pip-wheel", command).glob("pip-*.whl"))
    file = File(Artefact(wheel.name, wheel.read_bytes()), wheel.name.split("-")[1], ago(days=200), core_metadata=False)
    world.registry.projects["pip"] = [file]
    return wheel.name


def no_shared_pip(world: World) -> Path:
    """pipx as it is before its first use."""
    shared = home(world.box) / "shared"
    shared.rename(world.box.root / "shared-before")
    return shared


@for_clients(ONE)
def test_the_pip_that_pipx_fetches_for_itself_passes_the_gate(world: World) -> None:
    world.established(NAME)
    wheel, shared = publish_pip(world), no_shared_pip(world)
    ran = world.install(NAME)
    assert (ran.rc, ran.lines) == (0, []), ran
    assert wheel in world.registry.downloads
    assert list(shared.glob("lib/*/site-packages/pip/__init__.py"))


@for_clients(ONE)
def test_a_denied_pip_is_not_fetched(world: World) -> None:
    world.established(NAME)
    publish_pip(world)
    no_shared_pip(world)
    world.refuses(world.install(NAME, deny=["pip"]), 1, "denied", "pip")
    assert world.registry.downloads == []
