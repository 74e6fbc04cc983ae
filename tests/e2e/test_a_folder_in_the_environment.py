"""A folder of archives named by a variable, as container images do: only what it offers is foreign."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.world import PYTHON, World, for_clients
from tests.simulators.artefacts import core_metadata, wheel

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
