"""A folder of archives named by a variable, as container images do: only what it offers is foreign."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.world import PYTHON, World, for_clients
from tests.simulators.artefacts import core_metadata, wheel
from tests.simulators.person import typed

pytestmark = pytest.mark.clients

ELSEWHERE, OFFERED, PARENT = "sg-alpha", "sg-beta", "sg-parent"


@pytest.fixture
def folder(world: World) -> Path:
    """Holds a newer version of one of three established packages; the third one needs that."""
    world.established(ELSEWHERE, OFFERED)
    world.established(PARENT, needs={OFFERED: ""})
    made = wheel(OFFERED, "9.0.0", core_metadata(OFFERED, "9.0.0"), markers=world.box.markers)
    place = world.box.root / "wheels"
    place.mkdir()
    (place / made.filename).write_bytes(made.content)
    return place


def variables(world: World, folder: Path) -> dict[str, str]:
    return {"UV_FIND_LINKS" if world.box.client.family == "uv" else "PIP_FIND_LINKS": str(folder)}


@for_clients(PYTHON)
def test_what_the_folder_lacks_installs_as_ever(world: World, folder: Path) -> None:
    ran = world.install(ELSEWHERE, env=variables(world, folder))
    assert ran.rc == 0, ran
    assert ran.lines == []
    assert world.box.installed == {ELSEWHERE: "1.2.0"}


@for_clients(PYTHON)
def test_what_the_folder_offers_is_foreign_and_the_variable_is_named(world: World, folder: Path) -> None:
    env = variables(world, folder)
    ran = world.install(OFFERED, env=env)
    world.refuses_all(ran, 1, "foreign-source", OFFERED)
    assert any(f"is named by the variable {next(iter(env))};" in line for line in ran.lines), ran


@for_clients(PYTHON)
def test_so_it_is_for_a_dependency(world: World, folder: Path) -> None:
    ran = world.install(PARENT, env=variables(world, folder))
    world.refuses(ran, 1, "foreign-source", OFFERED)
    assert world.box.installed == {}


@pytest.fixture
def tree(world: World, folder: Path) -> Path:
    """The same archive in an index on disk, a page a project (PEP 503)."""
    archive = next(folder.iterdir())
    place = world.box.root / "simple"
    (place / OFFERED).mkdir(parents=True)
    (place / OFFERED / archive.name).write_bytes(archive.read_bytes())
    (place / OFFERED / "index.html").write_text(f'<a href="{archive.name}">{archive.name}</a>')
    return place


@for_clients([("pip", "newest"), ("pip", "22.3.1"), ("uv", "newest")])
def test_so_it_is_for_an_index_on_disk(world: World, tree: Path) -> None:
    names = {"pip": ("PIP_EXTRA_INDEX_URL",), "uv": ("UV_EXTRA_INDEX_URL", "UV_INDEX")}[world.box.client.family]
    for variable in names:
        env = {variable: tree.as_uri()}
        ran = world.install(OFFERED, env=env)
        world.refuses_all(ran, 1, "foreign-source", OFFERED)
        assert any(f"is named by the variable {variable};" in line for line in ran.lines), ran
    ran = world.install(ELSEWHERE, env=env)
    assert (ran.rc, ran.lines) == (0, []), ran
    assert world.box.installed == {ELSEWHERE: "1.2.0"}


@for_clients([("pip", "newest"), ("uv", "newest")])
def test_named_by_a_flag_it_is_foreign_whatever_it_offers(world: World, folder: Path) -> None:
    for name in (OFFERED, ELSEWHERE):
        ran = world.install("--find-links", str(folder), name)
        world.refuses_all(ran, 1, "foreign-source", name)
        assert any("--find-links" in line and "nobody trusted it" in line for line in ran.lines), ran


@for_clients([("pip", "newest"), ("uv", "newest")])
def test_a_folder_that_a_person_accepted_counts_but_says_no_dates(world: World, folder: Path) -> None:
    code, shown = typed([sys.executable, "-m", "slopguard", "trust", folder.as_uri()], world.box.env, world.box.project)
    assert code == 0, shown
    world.refuses_all(world.install(OFFERED, env=variables(world, folder)), 3, "no-dates", OFFERED)
