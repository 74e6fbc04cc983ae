"""Lock files: existing ones work, new ones come out clean, and none is a way around."""

from __future__ import annotations

import json

import pytest

from tests.e2e.world import NODE, World, for_clients

pytestmark = pytest.mark.clients

UV = [("uv", "newest")]
PROJECT = '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["sg-parent"]\n'
MANIFEST = '{"name": "mine", "version": "0.0.0", "dependencies": {"sg-parent": "^1.0.0"}}'


def published(world: World) -> None:
    """`sg-parent`, which needs `sg-alpha`; both established."""
    world.established("sg-alpha")
    world.established("sg-parent", needs={"sg-alpha": ""})


def locked(world: World) -> bytes:
    """A project whose lock file was made by the client itself, unguarded; gives the lock's bytes."""
    published(world)
    if world.ecosystem == "pypi":
        world.box.write("pyproject.toml", PROJECT)
        made = world.box.direct("uv", "lock")
        place = world.box.project / "uv.lock"
    else:
        world.box.write("package.json", MANIFEST)
        made = world.box.direct("npm", "install", "--package-lock-only")
        place = world.box.project / "package-lock.json"
    assert made.rc == 0, made
    world.registry.forget()
    return place.read_bytes()


@for_clients(UV)
@pytest.mark.parametrize("flag", ["--locked", "--frozen", "--no-cache"])
def test_uv_sync_works_with_an_existing_lock_and_leaves_it_alone(world: World, flag: str) -> None:
    before = locked(world)
    ran = world.guarded("uv", "sync", flag)
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0", "sg-parent": "1.2.0"}
    assert (world.box.project / "uv.lock").read_bytes() == before
    assert ran.lines == []


@for_clients(UV)
def test_uv_writes_the_lock_it_would_write_without_us(world: World) -> None:
    published(world)
    world.established("sg-extra")
    world.box.write("pyproject.toml", PROJECT)
    guarded = world.guarded("uv", "add", "sg-extra")
    assert guarded.rc == 0, guarded
    ours = (world.box.project / "uv.lock").read_text()
    assert world.registry.server.origin in ours
    (world.box.project / "uv.lock").unlink()
    assert world.box.direct("uv", "lock").rc == 0
    assert ours == (world.box.project / "uv.lock").read_text()


@for_clients(NODE)
def test_npm_ci_works_with_an_existing_lock_and_leaves_it_alone(world: World) -> None:
    before = locked(world)
    ran = world.guarded("npm", "ci")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0", "sg-parent": "1.2.0"}
    assert (world.box.project / "package-lock.json").read_bytes() == before


@for_clients(NODE)
def test_npm_leaves_no_gate_address_in_the_lock(world: World) -> None:
    published(world)
    world.box.write("package.json", MANIFEST)
    ran = world.guarded("npm", "install")
    assert ran.rc == 0, ran
    lock = json.loads((world.box.project / "package-lock.json").read_text())
    entries = [entry for key, entry in lock["packages"].items() if key]
    assert len(entries) == 2
    assert all(entry["integrity"].startswith("sha512-") for entry in entries)
    assert all(entry.get("resolved", world.registry.url).startswith(world.registry.url) for entry in entries), lock


@for_clients([*UV, *NODE])
def test_a_lock_that_names_a_denied_package_is_refused(world: World) -> None:
    before = locked(world)
    commands = {"uv": [["uv", "sync", "--frozen"], ["uv", "sync"]], "npm": [["npm", "ci"], ["npm", "install"]]}
    for command in commands[world.box.client.family]:
        ran = world.guarded(*command, deny=["sg-alpha"])
        world.refuses_all(ran, 1, "denied", "sg-alpha")
    assert before in [path.read_bytes() for path in world.box.project.glob("*lock*")]


@for_clients([*UV, *NODE])
def test_a_lock_that_names_a_foreign_host_is_refused(world: World) -> None:
    locked(world)
    place = next(iter(world.box.project.glob("*lock*")))
    text = place.read_text()
    place.write_text(text.replace(world.registry.server.origin, "http://127.0.0.1:9"))
    command = ["uv", "sync", "--frozen"] if world.ecosystem == "pypi" else ["npm", "ci"]
    ran = world.guarded(*command)
    assert ran.rc == 1, ran
    assert any("(foreign-source)" in line for line in ran.lines), ran
    assert world.box.installed == {}


@for_clients(NODE)
def test_a_lock_that_names_a_young_package_is_refused(world: World) -> None:
    locked(world)
    world.release("sg-fresh-thing", hours_old=20, armed=True)
    world.box.write("package.json", MANIFEST.replace("sg-parent", "sg-fresh-thing"))
    made = world.box.direct("npm", "install", "--package-lock-only")
    assert made.rc == 0, made
    ran = world.guarded("npm", "ci")
    assert ran.rc == 3, ran
    assert world.box.installed == {}
    assert world.box.traces == []
