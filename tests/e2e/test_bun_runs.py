"""bun and bunx start what they fetch: nothing of it runs before it was judged; what fetches nothing is not touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.drivers import driver
from tests.simulators.npm import Npm

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

BUN = [("bun", version) for version in driver("bun").versions]
GHOST = "sg-ghost-helper"
CODE = 'import * as it from "NAME"; console.log("ran with", typeof it);\n'


@pytest.fixture
def tool() -> Iterator[str]:
    """A name that no other test uses: before 1.4 bunx keeps what it fetched in /tmp, whatever the variables say."""
    name = f"sg-tool-{uuid4().hex[:10]}"
    yield name
    for left in Path("/tmp").glob(f"bunx-{os.getuid()}-{name}*"):
        shutil.rmtree(left)


def published(world: World, name: str, **needs: str) -> None:
    """Established releases of a tool that leaves a marker when it runs."""
    assert isinstance(world.registry, Npm)
    for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
        world.registry.add(name, version, requires=needs, days_old=days, bin={name: "index.js"})


def forget(world: World) -> None:
    """Take away the markers of what was allowed to run."""
    for name in world.box.traces:
        (world.box.markers / name).unlink()


def kept(world: World, name: str) -> list[Path]:
    """The lock files in bunx's own folders."""
    places = [*world.box.home.glob(f".bun/install/cache/.bunx-*/{name}@*"), *Path("/tmp").glob(f"bunx-*-{name}@*")]
    return [place / "bun.lock" for place in places if (place / "bun.lock").is_file()]


@for_clients(BUN)
@pytest.mark.parametrize("argv", ["bunx NAME", "bun x NAME", "bunx NAME@1.1.0", "bunx --bun NAME", "bunx -p NAME NAME"])
def test_what_is_verified_runs(world: World, tool: str, argv: str) -> None:
    published(world, tool)
    ran = world.guarded(*argv.replace("NAME", tool).split())
    assert (ran.rc, ran.lines) == (0, []), ran
    (lock,) = kept(world, tool)
    assert world.registry.url in lock.read_text()
    assert "/npm/" not in lock.read_text()


@for_clients(BUN)
@pytest.mark.parametrize("argv", ["bunx", "bun x", "bunx -p"])
def test_a_ghost_is_refused_before_bun_starts(world: World, argv: str) -> None:
    more = ["tool"] if argv.endswith("-p") else []
    ran = world.guarded(*argv.split(), GHOST, *more)
    world.refuses(ran, 1, "not-found", GHOST)
    assert f"{argv.split()[0]} was not started" in ran.err


@for_clients(BUN)
def test_a_template_that_nobody_wrote_is_refused(world: World) -> None:
    world.refuses(world.guarded("bun", "create", "sg-ghost", "place"), 1, "not-found", "create-sg-ghost")
    assert not (world.box.project / "place").exists()


@for_clients(BUN)
def test_a_denied_dependency_of_a_tool_stops_it(world: World, tool: str) -> None:
    world.established("sg-evil-core")
    published(world, tool, **{"sg-evil-core": "*"})
    world.refuses(world.guarded("bunx", tool, deny=["sg-evil-core"]), 1, "denied", "sg-evil-core")


@for_clients(BUN)
def test_what_bunx_kept_is_judged_again(world: World, tool: str) -> None:
    world.established("sg-evil-core")
    published(world, tool, **{"sg-evil-core": "*"})
    assert world.guarded("bunx", tool).rc == 0
    world.registry.forget()
    assert world.guarded("bunx", tool).rc == 0
    assert world.registry.downloads == []
    forget(world)
    ran = world.guarded("bunx", tool, deny=["sg-evil-core"])
    world.refuses(ran, 1, "denied", "sg-evil-core")
    assert "bunx was not started" in ran.err


@for_clients(BUN)
def test_a_scope_reaches_bunx_too(world: World, tool: str) -> None:
    name = f"@acme/{tool}"
    with Npm(credentials="Bearer of-the-scope") as private:
        for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
            private.add(name, version, days_old=days)
        scope = f'"@acme" = {{ url = "{private.url}", token = "of-the-scope" }}'
        world.box.write("~/.bunfig.toml", f"[install.scopes]\n{scope}\n")
        ran = world.guarded("bunx", name)
        assert ran.rc == 0, ran
        assert private.downloads == [f"{tool}-1.2.0.tgz"]
        assert world.registry.downloads == []
    for left in Path("/tmp").glob(f"bunx-{os.getuid()}-@acme/{tool}*"):
        shutil.rmtree(left)


@for_clients(BUN)
def test_code_without_node_modules_fetches_through_the_gate(world: World) -> None:
    world.established("sg-alpha")
    world.box.write("mine.ts", CODE.replace("NAME", "sg-alpha"))
    for argv in (("mine.ts",), ("run", "mine.ts"), ("-e", CODE.replace("NAME", "sg-alpha"))):
        ran = world.guarded("bun", *argv)
        assert (ran.rc, ran.out, ran.lines) == (0, "ran with object\n", []), ran
    assert world.registry.downloads == ["sg-alpha-1.2.0.tgz"]


@for_clients(BUN)
def test_an_invented_import_is_refused_by_name(world: World) -> None:
    world.box.write("mine.ts", CODE.replace("NAME", GHOST))
    ran = world.guarded("bun", "mine.ts")
    world.refuses(ran, 1, "not-found", GHOST)
    assert "ran with" not in ran.out


@for_clients(BUN)
def test_a_package_denied_since_does_not_come_from_the_cache_into_code(world: World) -> None:
    world.established("sg-alpha")
    world.box.write("mine.ts", CODE.replace("NAME", "sg-alpha"))
    assert world.guarded("bun", "mine.ts").rc == 0
    forget(world)
    ran = world.guarded("bun", "mine.ts", deny=["sg-alpha"])
    world.refuses(ran, 1, "denied", "sg-alpha")
    assert "ran with" not in ran.out


@for_clients(BUN)
@pytest.mark.parametrize("argv", [["mine.ts"], ["run", "mine.ts"], ["run", "script"], ["test"], ["--version"]])
def test_what_fetches_nothing_is_the_client_itself(world: World, argv: list[str]) -> None:
    world.box.write("package.json", '{"name": "mine", "scripts": {"script": "echo $BUN_CONFIG_REGISTRY-"}}')
    world.box.write("mine.ts", 'console.log(`${process.env.BUN_CONFIG_REGISTRY ?? ""}-`);\n')
    world.box.write("mine.test.ts", 'import { test } from "bun:test"; test("it", () => {});\n')
    (world.box.project / "node_modules").mkdir()
    bare, ran = world.box.direct("bun", *argv), world.guarded("bun", *argv)
    assert (ran.rc, ran.out) == (bare.rc, bare.out), ran
    assert world.registry.requests == []
    assert not (world.box.root / "slopguard").exists()
