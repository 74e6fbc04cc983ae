"""Requirements that the client reads where nobody looked: by URL, from standard input, by variable, in settings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.world import PYTHON, World, for_clients
from tests.simulators.artefacts import core_metadata, sdist, wheel
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, LoopbackServer

pytestmark = pytest.mark.clients

NAME, EVIL = "sg-alpha", "sg-evil"
UV = [("uv", "newest")]


@pytest.fixture
def rogue(world: World) -> Iterator[PyPI]:
    """A registry that nobody configured; building what it holds leaves a marker."""
    world.established(NAME)
    with PyPI(markers=world.box.markers) as registry:
        World(world.box, registry).release(EVIL, armed=True)
        yield registry


@pytest.fixture
def page(rogue: PyPI) -> Iterator[LoopbackServer]:
    """A server whose every page is a requirement file with that package."""
    server = LoopbackServer(lambda seen, body: Answer(200, place(rogue).encode(), "text/plain"))
    yield server
    server.close()


def place(rogue: PyPI, name: str = EVIL) -> str:
    """A requirement that names where it comes from."""
    return f"{name} @ {rogue.server.origin}/files/{EVIL}/sg_evil-1.0.0.tar.gz\n"


def untouched(world: World, rogue: PyPI) -> None:
    """Nothing was fetched from strangers, built or installed."""
    assert rogue.requests == []
    assert world.box.traces == []
    assert world.box.installed == {}


@for_clients(PYTHON)
@pytest.mark.parametrize("option", ["-r", "-c"])
def test_requirements_by_url_are_refused_unread(world: World, rogue: PyPI, page: LoopbackServer, option: str) -> None:
    ran = world.install(NAME, option, f"{page.origin}/r.txt")
    assert ran.rc == 2, ran
    assert "by URL" in ran.lines[0], ran
    assert page.requests == []
    untouched(world, rogue)


@for_clients(PYTHON)
def test_a_variable_that_names_requirements_by_url_is_no_way_past(
    world: World, rogue: PyPI, page: LoopbackServer
) -> None:
    variables = {"pip": ("PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"),
                 "uv": ("UV_CONSTRAINT", "UV_OVERRIDE", "UV_BUILD_CONSTRAINT")}  # fmt: skip
    for variable in variables[world.box.client.family]:
        ran = world.install(NAME, env={variable: f"{page.origin}/r.txt"})
        assert ran.rc == 2, ran
        assert page.requests == []
    untouched(world, rogue)


@for_clients(UV)
@pytest.mark.parametrize("argv", ["pip install -r -", "pip sync -", "pip install -c - sg-alpha", "add -r -"])
def test_requirements_from_standard_input_are_refused(world: World, rogue: PyPI, argv: str) -> None:
    world.box.write("pyproject.toml", '[project]\nname = "mine"\nversion = "0"\n')
    ran = world.guarded("uv", *argv.split())
    assert ran.rc == 2, ran
    untouched(world, rogue)


@for_clients(UV)
@pytest.mark.parametrize("option", ["-c", "--constraints", "--overrides", "UV_CONSTRAINT", "UV_OVERRIDE"])
def test_a_limit_that_names_a_place_is_a_foreign_source(world: World, rogue: PyPI, option: str) -> None:
    world.box.write("limits.txt", place(rogue, NAME))
    options, env = ([option, "limits.txt"], {}) if option.startswith("-") else ([], {option: "limits.txt"})
    world.refuses_all(world.install(*options, NAME, env=env), 1, "foreign-source", NAME)
    untouched(world, rogue)


@for_clients(UV)
def test_paths_start_where_uv_starts_them_not_at_its_project(world: World, rogue: PyPI) -> None:
    world.box.write("r.txt", place(rogue))
    world.box.write("decoy/r.txt", f"{NAME}\n")
    for options, env in ((["--project", "decoy"], {}), ([], {"UV_PROJECT": "decoy"})):
        ran = world.guarded("uv", *options, "pip", "install", "-r", "r.txt", env=env)
        world.refuses_all(ran, 1, "foreign-source", EVIL)
    untouched(world, rogue)


@for_clients(UV)
@pytest.mark.parametrize("file", ["uv.toml", "pyproject.toml"])
def test_settings_cannot_slip_a_place_into_a_build(world: World, rogue: PyPI, file: str) -> None:
    for version, days in (("1.0", 900), ("1.1", 600), ("1.2", 300)):
        world.registry.add("sg-src", version, days_old=days, wheels=(), source=True)
    head = "[tool.uv.extra-build-dependencies]" if file == "pyproject.toml" else "[extra-build-dependencies]"
    world.box.write(file, f'{head}\nsg-src = ["{place(rogue).strip()}"]\n')
    world.refuses_all(world.install("sg-src"), 1, "foreign-source", EVIL)
    untouched(world, rogue)


@for_clients(UV)
@pytest.mark.parametrize("file", ["uv.toml", "pyproject.toml", "~/.config/uv/uv.toml"])
@pytest.mark.parametrize("key", ["constraint-dependencies", "override-dependencies"])
def test_limits_in_settings_hold_as_they_do_for_bare_uv(world: World, file: str, key: str) -> None:
    world.established(NAME)
    folder = world.box.home if file.startswith("~") else world.box.project
    there = folder / file.removeprefix("~/")
    before = there.read_text(encoding="utf-8") if there.exists() else ""
    head = '[project]\nname = "mine"\nversion = "0"\n[tool.uv]\n' if file == "pyproject.toml" else ""
    world.box.write(file, f'{head}{key} = ["{NAME}<1.2"]\n{before}')
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.1.0"}, ran


@for_clients(PYTHON)
def test_where_a_strange_index_is_named_is_said_in_plain_words(world: World, rogue: PyPI) -> None:
    variable = {"pip": "PIP_INDEX_URL", "uv": "UV_DEFAULT_INDEX"}[world.box.client.family]
    ran = world.install(NAME, env={variable: rogue.url})
    assert any(f"is named by the variable {variable}; nobody trusted it" in line for line in ran.lines), ran


@for_clients([("pip", "newest"), ("pip", "24.0"), ("pip", "22.3.1")])
def test_metadata_that_a_build_makes_up_leads_nowhere(world: World, rogue: PyPI) -> None:
    assert isinstance(world.registry, PyPI)
    for version, days in (("1.0", 900), ("1.1", 600), ("1.2", 300)):
        world.registry.add("sg-src", version, days_old=days, wheels=(), source=True)
        built = wheel("sg-src", version, core_metadata("sg-src", version, requires=[place(rogue).strip()]))
        made = sdist("sg-src", version, core_metadata("sg-src", version), built=built)
        world.registry.files_of("sg-src")[-1].artefact = made
    ran = world.install("sg-src")
    assert ran.rc != 0, ran
    untouched(world, rogue)
