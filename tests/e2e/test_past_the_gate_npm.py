"""npm's own ways past a registry: one hyphen, options that only some npm knows, lock files inside tarballs."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.e2e.world import NODE, World, for_clients
from tests.simulators.artefacts import npm_tarball
from tests.simulators.npm import Npm

pytestmark = pytest.mark.clients

NAME, EVIL, PARENT = "sg-alpha", "sg-evil", "sg-parent"


@pytest.fixture
def rogue(world: World) -> Iterator[Npm]:
    """A registry that nobody configured; installing what it holds leaves a marker."""
    world.established(NAME)
    world.box.write("package.json", '{"name": "mine", "version": "0.0.0"}')
    with Npm(markers=world.box.markers) as registry:
        World(world.box, registry).release(EVIL, armed=True)
        World(world.box, registry).release(NAME, "9.0.0", armed=True)
        yield registry


@for_clients(NODE)
@pytest.mark.parametrize("option", ["-reg", "-registry", "-regis", "--reg", "-registry="])
def test_an_option_with_one_hyphen_is_the_same_option(world: World, rogue: Npm, option: str) -> None:
    where = [f"{option}{rogue.url}"] if option.endswith("=") else [option, rogue.url]
    for argv in ([*where, "install", NAME], ["install", *where, NAME]):
        world.refuses_all(world.guarded("npm", *argv), 1, "foreign-source", NAME)
    assert rogue.requests == []


@for_clients(NODE)
@pytest.mark.parametrize("argv", ["--sso-type ls install URL", "install --expires URL", "nonsense install URL"])
def test_words_that_not_every_npm_reads_alike_are_refused(world: World, rogue: Npm, argv: str) -> None:
    url = f"{rogue.url}{EVIL}/-/{EVIL}-1.0.0.tgz"
    ran = world.guarded("npm", *argv.replace("URL", url).split())
    assert ran.rc == 2, ran
    assert rogue.requests == []
    assert world.box.installed == {}


@for_clients([*NODE, ("npm", "machine")])
def test_a_lock_file_inside_a_package_does_not_say_where_to_fetch(world: World, rogue: Npm) -> None:
    assert isinstance(world.registry, Npm)
    for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
        world.registry.add(PARENT, version, days_old=days, requires={NAME: "*"}, _hasShrinkwrap=True)
        held = world.registry.packages[PARENT][version]
        entry = {"version": "9.0.0", "resolved": f"{rogue.url}{EVIL}/-/{EVIL}-1.0.0.tgz", "hasInstallScript": True}
        lock = {"name": PARENT, "version": version, "lockfileVersion": 3, "requires": True}
        lock["packages"] = {"": {"name": PARENT, "version": version}, f"node_modules/{NAME}": entry}
        made = with_lock(held.manifest, json.dumps(lock).encode())
        world.registry.packages[PARENT][version] = replace(held, artefact=replace(held.artefact, content=made))
    ran = world.install(PARENT)
    assert ran.rc == 0, ran
    assert rogue.requests == [], ran
    assert world.box.traces == [], ran
    assert world.box.installed == {NAME: "1.2.0", PARENT: "1.2.0"}, ran


def with_lock(manifest: dict[str, object], lock: bytes) -> bytes:
    """A tarball of this manifest with an npm-shrinkwrap.json in it."""
    plain, buffer = io.BytesIO(npm_tarball(manifest).content), io.BytesIO()
    with tarfile.open(fileobj=plain) as old, tarfile.open(fileobj=buffer, mode="w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        added = tarfile.TarInfo("package/npm-shrinkwrap.json")
        added.size = len(lock)
        new.addfile(added, io.BytesIO(lock))
    return buffer.getvalue()
