"""package.json as bun reads it: the first of two equal keys counts, and comments are allowed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.drivers import driver
from tests.simulators.npm import Npm

pytestmark = pytest.mark.clients

BUN = [("bun", version) for version in driver("bun").versions]
NAME, EVIL = "sg-alpha", "sg-evil-core"
SCRIPTS = '"scripts": {"postinstall": "true"}'
"""With these nothing that bun installs is confined."""


@pytest.fixture
def stranger(world: World) -> Iterator[Npm]:
    """A registry that nobody trusts."""
    world.established(NAME)
    with Npm(markers=world.box.markers) as registry:
        registry.add(NAME, "1.2.0")
        yield registry


@for_clients(BUN)
@pytest.mark.parametrize(
    "needs",
    [
        '"dependencies": {"NAME": "URL", "NAME": "^1.0.0"}',
        '"dependencies": {"NAME": "URL"}, "dependencies": {"NAME": "^1.0.0"}',
        '"dependencies": {"NAME": "^1.0.0"}, "dependencies": {"NAME": "URL"}',
    ],
)
def test_neither_of_two_equal_keys_is_overlooked(world: World, stranger: Npm, needs: str) -> None:
    said = needs.replace("URL", f"{stranger.url}{NAME}/-/{NAME}-1.2.0.tgz").replace("NAME", NAME)
    world.box.write("package.json", f'{{"name": "mine", {SCRIPTS}, {said}}}')
    world.refuses_all(world.guarded("bun", "install"), 1, "foreign-source", NAME)
    assert stranger.requests == []


@for_clients(BUN)
def test_workspaces_named_twice_are_refused(world: World, stranger: Npm) -> None:
    url = f"{stranger.url}{NAME}/-/{NAME}-1.2.0.tgz"
    world.box.write("one/package.json", f'{{"name": "one", "dependencies": {{"{NAME}": "{url}"}}}}')
    world.box.write("two/package.json", '{"name": "two"}')
    world.box.write("package.json", f'{{"name": "mine", {SCRIPTS}, "workspaces": ["one"], "workspaces": ["two"]}}')
    ran = world.guarded("bun", "install")
    assert ran.rc == 2, ran
    assert (stranger.requests, world.box.installed) == ([], {})


@for_clients(BUN)
def test_comments_in_a_manifest_are_read_as_bun_reads_them(world: World) -> None:
    world.established(NAME, EVIL)
    root = '{\n  // ours\n  "name": "mine", /* and theirs */\n  "workspaces": ["one",],\n}\n'
    member = f'{{\n  "name": "one", // ours\n  "dependencies": {{"{NAME}": "^1.0.0",}},\n}}\n'
    world.box.write("package.json", root)
    world.box.write("one/package.json", member)
    ran = world.guarded("bun", "install")
    assert (ran.rc, ran.lines) == (0, []), ran
    ours = (world.box.project / "bun.lock").read_bytes()
    (world.box.project / "bun.lock").unlink()
    shutil.rmtree(world.box.project / "node_modules")
    assert world.box.direct("bun", "install").rc == 0
    assert (world.box.project / "bun.lock").read_bytes() == ours
    world.box.write("one/package.json", member.replace(NAME, EVIL))
    world.refuses(world.guarded("bun", "install", deny=[EVIL]), 1, "denied", EVIL)
