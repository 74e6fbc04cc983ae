"""Members of a workspace are found however its globs are written: what they name is judged."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from slopguard.clients import workspace_globs
from tests.e2e.world import World, for_clients
from tests.simulators.npm import Npm

NAME = "sg-alpha"
GLOBS = [
    "packages/{a,b}",
    "packages/\\a",
    "packages/other/../a",
    "packages/@(a|b)",
    "packages/!(b)",
    "{apps,packages}/*",
]


@pytest.fixture
def stranger(world: World) -> Iterator[Npm]:
    """A registry that nobody trusts."""
    world.established(NAME)
    with Npm(markers=world.box.markers) as registry:
        registry.add(NAME, "1.2.0")
        yield registry


@pytest.mark.clients
@for_clients([("bun", "newest"), ("yarn", "newest"), ("yarn", "1.22.22")])
@pytest.mark.parametrize("glob", GLOBS)
def test_no_glob_hides_a_member(world: World, stranger: Npm, glob: str) -> None:
    scripts = {"postinstall": "true"}  # with these nothing is confined
    root = {"name": "mine", "private": True, "license": "MIT", "workspaces": [glob], "scripts": scripts}
    world.box.write("package.json", json.dumps(root))
    needs = {NAME: f"{stranger.url}{NAME}/-/{NAME}-1.2.0.tgz"}
    world.box.write("packages/a/package.json", json.dumps({"name": "a", "version": "1.0.0", "dependencies": needs}))
    world.box.write("packages/b/package.json", json.dumps({"name": "b", "version": "1.0.0"}))
    world.refuses(world.guarded(world.box.client.family, "install"), 1, "foreign-source", NAME)
    assert (stranger.requests, world.box.installed) == ([], {})


@pytest.mark.parametrize(
    ("glob", "meant"),
    [
        ("packages/*", (["packages/*"], True)),
        ("packages/**/", (["packages/**"], True)),
        ("{apps,packages}/{a,b}", (["apps/a", "apps/b", "packages/a", "packages/b"], True)),
        ("packages/{a,{b,c}}", (["packages/a", "packages/b", "packages/a", "packages/c"], True)),
        ("packages/{1..3}", (["packages/*"], False)),
        ("packages/+(a|@(b|c))", (["packages/*"], False)),
        ("packages/[^a]", (["packages/*"], False)),
        ("{a,b}" * 9, (["**"], False)),
        (".", ([], True)),
    ],
)
def test_a_glob_is_said_exactly_or_too_widely(glob: str, meant: tuple[list[str], bool]) -> None:
    found, exact = workspace_globs.plain(glob)
    assert (sorted(found), exact) == (sorted(meant[0]), meant[1])
