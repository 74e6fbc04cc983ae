"""uv's pages of links (`find-links`, flat indexes) pass the gate: the same candidates as bare uv has, each judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.artefacts import core_metadata, wheel
from tests.simulators.pypi import PyPI

pytestmark = [pytest.mark.clients, for_clients([("uv", "newest")])]

NAME, HELPER, OWN = "sg-alpha", "sg-beta", "sg-only"
FORMS = ('find-links = ["LINKS"]\nTABLES', 'TABLES\n[[index]]\nurl = "LINKS"\nformat = "flat"\n')


@pytest.fixture
def links(world: World) -> Path:
    """A folder with newer wheels of two packages that the index has, and with one it has not."""
    world.box.settings("[upstream.pypi]\ncurated = true\n")
    world.established(NAME, HELPER)
    folder = world.box.root / "links"
    folder.mkdir()
    for name, version, needs in ((NAME, "2.0.0", [HELPER]), (HELPER, "2.0.0", []), (OWN, "1.0.0", [])):
        made = wheel(name, version, core_metadata(name, version, requires=needs), markers=world.box.markers)
        (folder / made.filename).write_bytes(made.content)
    return folder


def at_user_level(world: World, links: Path, form: str) -> None:
    """The links in the user's own uv.toml, beside the index."""
    place = world.box.home / ".config/uv/uv.toml"
    text = form.replace("LINKS", str(links)).replace("TABLES", place.read_text(encoding="utf-8"))
    place.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("form", FORMS)
def test_a_denied_package_that_links_hold_stops_the_command(world: World, links: Path, form: str) -> None:
    at_user_level(world, links, form)
    world.refuses_all(world.install(NAME, deny=[HELPER]), 1, "denied", HELPER)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("more", [(), ("--no-index",), ("--index-strategy", "unsafe-best-match")])
def test_the_candidates_are_those_of_bare_uv(world: World, links: Path, form: str, more: tuple[str, ...]) -> None:
    at_user_level(world, links, form)
    world.box.write("in.txt", f"{NAME}\n{OWN}\n")
    command = ("uv", "pip", "compile", "-q", "--no-header", "in.txt", *more)
    bare = world.box.direct(*command)
    ran = world.box.guarded(*command, rows=",".join(f"pypi {name} allow" for name in (NAME, HELPER, OWN)))
    assert (ran.rc, ran.out) == (bare.rc, bare.out), ran


def test_links_give_way_to_a_version_that_only_the_index_has(world: World, links: Path) -> None:
    at_user_level(world, links, FORMS[0])
    world.release(NAME, "3.0.0", days_old=30)
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "3.0.0"}


def test_a_lock_made_with_links_is_good_for_bare_uv(world: World, links: Path) -> None:
    at_user_level(world, links, FORMS[0])
    manifest = '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["NAME"]\n'
    world.box.write("pyproject.toml", manifest.replace("NAME", NAME))
    made = world.guarded("uv", "lock")
    lock = (world.box.project / "uv.lock").read_text(encoding="utf-8")
    assert made.rc == 0, made
    assert "/pypi/" not in lock
    bare = world.box.direct("uv", "sync", "--locked")
    assert bare.rc == 0, bare
    assert world.box.installed == {NAME: "2.0.0", HELPER: "2.0.0"}


@pytest.mark.parametrize("variable", [True, False])
def test_links_of_strangers_are_foreign(world: World, links: Path, variable: bool) -> None:
    assert isinstance(world.registry, PyPI)
    flags, env = ((), {"UV_FIND_LINKS": str(links)}) if variable else (("--find-links", str(links)), {})
    world.refuses_all(world.install(*flags, NAME, env=env), 1, "foreign-source", NAME)
