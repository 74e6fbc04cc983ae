"""What is installed stands in files, addresses, caches and builds instead of on the command line."""

from __future__ import annotations

import shutil

import pytest

from tests.bypasses.listed import BEFORE, GATE, stops
from tests.e2e.world import World, for_clients
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

GOOD, GHOST, EVIL = "sg-alpha", "sg-ghost-helper", "sg-evil-core"
PIP, UV, NPM = ("pip", "newest"), ("uv", "newest"), ("npm", "newest")


@stops("nested `-r`", BEFORE)
@for_clients([PIP, UV])
def test_a_requirement_file_in_a_requirement_file(world: World) -> None:
    world.established(GOOD)
    world.box.write("requirements.txt", f"{GOOD}\n-r a/b.txt\n")
    world.box.write("a/b.txt", "--requirement=c.txt\n")
    world.box.write("a/c.txt", f"{GHOST}\n")
    world.refuses_all(world.guarded(*world.box.install("-r", "requirements.txt")), 1, "not-found", GHOST)


@stops("manifest edited first and then a bare install", BEFORE)
@for_clients([UV, NPM])
def test_a_manifest_edited_first(world: World) -> None:
    world.established(GOOD)
    world.box.driver.manifest(world.box, {GOOD: "", GHOST: ""} if world.ecosystem == "pypi" else {GHOST: "*"})
    command = ["uv", "sync"] if world.ecosystem == "pypi" else ["npm", "install"]
    world.refuses_all(world.guarded(*command), 1, "not-found", GHOST)


@stops("warm cache", BEFORE, GATE)
@for_clients([PIP, UV, NPM])
def test_a_cache_that_the_bare_client_warmed(world: World) -> None:
    world.established(EVIL)
    assert world.box.direct(*world.box.install(EVIL)).rc == 0
    shutil.rmtree(world.box.project / "node_modules", ignore_errors=True)
    world.registry.forget()
    ran = world.install(EVIL, deny=[EVIL])
    world.refuses(ran, 1, "denied", EVIL)
    assert world.registry.downloads == []


@stops("offline store", BEFORE)
@for_clients([UV, NPM])
def test_a_client_told_to_stay_offline(world: World) -> None:
    world.established(EVIL)
    assert world.box.direct(*world.box.install(EVIL)).rc == 0
    before = world.box.installed
    assert world.install(EVIL, deny=[EVIL]).rc == 1  # fetches the list that denies it
    ran = world.guarded(*world.box.install("--offline", EVIL), deny=[EVIL])
    world.refuses(ran, 1, "denied", EVIL)
    assert world.box.installed == before


@stops("lockfile URL installs", BEFORE)
@for_clients([UV, NPM])
def test_a_lock_file_with_addresses_of_its_own(world: World) -> None:
    world.established(GOOD)
    driver = world.box.driver
    driver.manifest(world.box, {GOOD: "" if world.ecosystem == "pypi" else "*"})
    assert world.box.direct(*driver.relock()).rc == 0
    lock = world.box.project / driver.lock
    with (Npm if world.ecosystem == "npm" else PyPI)(markers=world.box.markers) as rogue:
        lock.write_text(lock.read_text().replace(world.registry.server.origin, rogue.server.origin))
        world.refuses_all(world.guarded(*driver.sync()), 1, "foreign-source", GOOD)
        assert rogue.requests == []


ADDRESSES = {
    "git specs": ("git+https://code.example/x/{0}.git", "git+https://code.example/x/{0}.git"),
    "tarball and URL specs": ("https://files.example/{0}-1.0.tar.gz", "https://files.example/{0}-1.0.0.tgz"),
}


@stops("git specs", BEFORE)
@stops("tarball and URL specs", BEFORE)
@for_clients([PIP, UV, NPM])
@pytest.mark.parametrize("way", ADDRESSES)
def test_an_address_instead_of_a_name(world: World, way: str) -> None:
    world.established(GOOD)
    spec = ADDRESSES[way][world.ecosystem == "npm"].format(GOOD)
    for text in (spec, f"{GOOD} @ {spec}" if world.ecosystem == "pypi" else f"{GOOD}@{spec}"):
        ran = world.install(text)
        assert ran.rc == 1, ran
        assert any("(foreign-source)" in line for line in ran.lines), ran
        assert world.box.installed == {}


@stops("editable specs", BEFORE)
@for_clients([PIP, UV])
def test_an_editable_project_that_requires_a_ghost(world: World) -> None:
    world.established(GOOD)
    manifest = f'[project]\nname = "mine"\nversion = "0"\ndependencies = ["{GHOST}"]\n'
    world.box.write("lib/pyproject.toml", manifest)
    world.refuses_all(world.guarded(*world.box.install("-e", "./lib")), 1, "not-found", GHOST)
    ran = world.guarded(*world.box.install("-e", f"git+https://code.example/x.git#egg={GOOD}"))
    assert ran.rc == 1, ran
    assert any("(foreign-source)" in line for line in ran.lines), ran


@stops("`--index-url` and `--extra-index-url` changes", BEFORE)
@for_clients([PIP, UV, NPM])
def test_another_index_by_flag(world: World) -> None:
    world.established(GOOD)
    with (Npm if world.ecosystem == "npm" else PyPI)(markers=world.box.markers) as rogue:
        World(world.box, rogue).release(GOOD, "9.0.0", armed=True)
        flags = ("--registry",) if world.ecosystem == "npm" else ("--index-url", "--extra-index-url")
        for flag in flags:
            world.refuses_all(world.install(f"{flag}={rogue.url}", GOOD), 1, "foreign-source", GOOD)
        assert rogue.downloads == []


@stops('sdist build code during "dry" resolution', GATE)
@for_clients([PIP, UV])
def test_a_dry_run_builds_nothing_that_is_refused(world: World) -> None:
    """Resolution alone runs build code; what is refused is never handed over, so nothing of it runs."""
    world.release(EVIL, "1.0.0", days_old=800, armed=True)
    world.established("sg-parent", needs={EVIL: ""})
    ran = world.guarded(*world.box.install("--dry-run", "sg-parent"), deny=[EVIL])
    world.refuses(ran, 1, "denied", EVIL)
    assert [name for name in world.registry.downloads if name.startswith("sg_evil")] == []


@stops("build-isolation requirements", GATE)
@for_clients([PIP, UV])
def test_what_a_build_requires(world: World) -> None:
    assert isinstance(world.registry, PyPI)
    for version, days in (("1.0", 900), ("1.1", 600), ("1.2", 300)):
        world.registry.add(GOOD, version, days_old=days, wheels=(), source=True, build_requires=[GHOST])
    ran = world.install(GOOD)
    world.refuses(ran, 1, "not-found", GHOST)
    assert world.box.installed == {}


@stops("manager config overriding CA", GATE)
@for_clients([PIP, NPM])
def test_a_projects_own_authority_is_not_believed(world: World) -> None:
    """The gate speaks plain HTTP on loopback; whom to believe upstream, a project has no say in."""
    world.established(GOOD)
    text = {
        "pip": ("pip.conf", "[global]\ncert = mine.pem\n"),
        "npm": (".npmrc", "cafile=mine.pem\nstrict-ssl=false\n"),
    }
    name, lines = text[world.box.client.family]
    world.box.write(name, lines)
    ran = world.install(GHOST)
    world.refuses_all(ran, 1, "not-found", GHOST)


@stops("unsupported manager version", BEFORE, GATE)
@for_clients([("pip", "22.3.1"), ("npm", "10.9.9")])
def test_an_old_client(world: World) -> None:
    world.established(GOOD)
    world.release(EVIL, "1.0.0", days_old=800, armed=True)
    world.established("sg-parent", needs={EVIL: ""})
    world.refuses_all(world.install(GHOST), 1, "not-found", GHOST)
    world.refuses(world.install("sg-parent", deny=[EVIL]), 1, "denied", EVIL)
    assert world.box.installed == {}
