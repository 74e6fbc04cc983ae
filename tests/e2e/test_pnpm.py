"""pnpm's own ways to bring packages in: workspaces, catalogs, dlx, another pnpm, config dependencies, scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.drivers import driver
from tests.simulators.npm import Npm

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

EVERY = tuple(("pnpm", version) for version in driver("pnpm").versions)
NEW = tuple(("pnpm", version) for version in driver("pnpm").versions if version != "10")
NAME, GHOST = "sg-alpha", "sg-ghost-helper"


def project(world: World, folder: str = ".", **fields: object) -> Path:
    return world.box.write(f"{folder}/package.json", json.dumps({"name": "mine", "version": "0.0.0", **fields}))


def forget(world: World) -> None:
    """What ran and was asked for until now."""
    world.registry.forget()
    for trace in world.box.markers.iterdir():
        trace.unlink()


def lock(world: World) -> Path:
    return world.box.project / "pnpm-lock.yaml"


@for_clients(EVERY)
@pytest.mark.parametrize("line", ["install", "-r install", "--filter a install", "-C packages/a install", "ci"])
def test_every_project_of_a_workspace_is_judged(world: World, line: str) -> None:
    if line == "ci" and world.box.client.version == "10":
        pytest.skip("pnpm 10 has no ci")
    world.box.write("pnpm-workspace.yaml", "packages: ['packages/*']\n")
    project(world, "packages/a")
    project(world, "packages/b", devDependencies={GHOST: "1"})
    world.refuses_all(world.guarded("pnpm", *line.split()), 1, "not-found", GHOST)


@for_clients(EVERY)
def test_what_a_catalog_puts_in_place_is_judged(world: World) -> None:
    world.established(NAME)
    project(world, dependencies={NAME: "catalog:"})
    world.box.write("pnpm-workspace.yaml", f"packages: ['.']\ncatalog:\n  {NAME}: npm:{GHOST}@1\n")
    world.refuses_all(world.guarded("pnpm", "install"), 1, "not-found", GHOST)
    world.box.write("pnpm-workspace.yaml", f"packages: ['.']\ncatalog:\n  {NAME}: ^1.0.0\n")
    ran = world.guarded("pnpm", "install")
    assert (ran.rc, ran.lines, world.box.installed) == (0, [], {NAME: "1.2.0"}), ran


@for_clients(EVERY)
@pytest.mark.parametrize("line", [["pnpm", "dlx"], ["pnpx"], ["pnpm", "create"]])
def test_a_tool_that_is_only_run_is_judged(world: World, line: list[str]) -> None:
    tool = f"create-{NAME}" if line[-1] == "create" else NAME
    world.established(tool)
    ran = world.guarded(*line, NAME)
    assert (ran.rc, ran.lines) == (0, []), ran
    ghost = f"create-{GHOST}" if line[-1] == "create" else GHOST
    forget(world)
    world.refuses_all(world.guarded(*line, GHOST), 1, "not-found", ghost)


@for_clients(EVERY)
def test_a_tools_dependency_denied_since_does_not_come_from_the_cache(world: World) -> None:
    world.established("sg-beta")
    world.established(NAME, needs={"sg-beta": ""})
    assert world.guarded("pnpm", "dlx", NAME).rc == 0
    forget(world)
    world.refuses(world.guarded("pnpm", "dlx", NAME, deny=["sg-beta"]), 1, "denied", "sg-beta")


@for_clients(EVERY)
@pytest.mark.parametrize("text", ["", "preferOffline: true\ncacheDir: ./cache\n"])
def test_versions_are_not_chosen_from_yesterdays_answers(world: World, text: str) -> None:
    world.established("sg-beta")
    world.established(NAME, needs={"sg-beta": ""})
    world.box.write("pnpm-workspace.yaml", f"packages: ['.']\n{text}")
    for deny in ([], ["sg-beta"]):
        world.box.driver.manifest(world.box, {NAME: "^1.0.0"})
        lock(world).unlink(missing_ok=True)
        ran = world.guarded("pnpm", "install", "--lockfile-only", deny=deny)
        assert ran.rc == len(deny), ran
    assert any("'sg-beta' (denied)" in line for line in ran.lines)


@for_clients(EVERY)
@pytest.mark.parametrize("line", [["ls"], ["install"], ["run", "build"], ["--version"]])
def test_another_pnpm_that_the_project_names_is_judged(world: World, line: list[str]) -> None:
    project(world, packageManager="pnpm@9.99.9", scripts={"build": "echo built"})
    ran = world.guarded("pnpm", *line)
    world.refuses_all(ran, 1, "not-found", "pnpm")
    assert "built" not in ran.out


@for_clients(EVERY)
def test_config_dependencies_are_judged_before_any_command(world: World) -> None:
    project(world)
    world.box.write("pnpm-workspace.yaml", f"configDependencies:\n  {GHOST}: 1.0.0+sha512-AQEB\n")
    for line in (["ls"], ["install"]):
        world.refuses_all(world.guarded("pnpm", *line), 1, "not-found", GHOST)


@for_clients(NEW)
def test_a_script_that_would_install_first_is_guarded_and_then_left_alone(world: World) -> None:
    world.established(NAME)
    project(world, dependencies={NAME: "^1.0.0"}, scripts={"build": "echo built"})
    ran = world.guarded("pnpm", "build")
    assert (ran.rc, ran.lines, world.box.installed) == (0, [], {NAME: "1.2.0"}), ran
    assert "built" in ran.out + ran.err
    world.registry.forget()
    again = world.guarded("pnpm", "build")
    assert (again.rc, world.registry.requests) == (0, []), again
    project(world, dependencies={NAME: "^1.0.0", GHOST: "1"}, scripts={"build": "echo built"})
    ran = world.guarded("pnpm", "build")
    world.refuses(ran, 1, "not-found", GHOST)
    assert "built" not in ran.out


@for_clients(EVERY)
def test_nothing_in_the_project_tells_that_there_was_a_gate(world: World) -> None:
    world.established(NAME)
    project(world, dependencies={NAME: "^1.0.0"})
    assert world.guarded("pnpm", "install").rc == 0
    files = [p for p in world.box.project.rglob("*") if p.is_file() and not p.is_symlink()]
    assert [p for p in files if b"/npm/" in p.read_bytes()] == []
    bare = world.box.direct("pnpm", "install")
    assert "Already up to date" in bare.out, bare


@pytest.fixture
def private(world: World) -> Iterator[Npm]:
    """A registry of a scope's own, which asks for a token and keeps its files on another host."""
    with Npm(credentials="Bearer t0ken", elsewhere=True, below="/api/npm/main") as registry:
        host = registry.url.removeprefix("http:")
        text = f"registry={world.registry.url}\n@acme:registry={registry.url}\n{host}:_authToken=t0ken\n"
        world.box.write("~/.npmrc", f"{text}update-notifier=false\n")
        yield registry


@for_clients(EVERY)
def test_a_scopes_private_registry_and_its_lock_file(world: World, private: Npm) -> None:
    world.established(NAME)
    World(world.box, private).established("@acme/tool")
    project(world, dependencies={NAME: "^1.0.0", "@acme/tool": "^1.0.0"})
    assert world.box.direct("pnpm", "install", "--lockfile-only").rc == 0
    bare = lock(world).read_bytes()
    assert b"tarball: " in bare
    lock(world).unlink()
    ran = world.guarded("pnpm", "install", "--lockfile-only")
    assert (ran.rc, ran.lines, lock(world).read_bytes()) == (0, [], bare), ran
    ran = world.guarded("pnpm", "install", "--frozen-lockfile")
    assert (ran.rc, ran.lines, lock(world).read_bytes()) == (0, [], bare), ran
    assert world.box.installed == {NAME: "1.2.0", "@acme/tool": "1.2.0"}


@for_clients(EVERY)
def test_a_strangers_host_in_the_lock_file_is_refused_and_never_asked(world: World, private: Npm) -> None:
    World(world.box, private).established("@acme/tool")
    project(world, dependencies={"@acme/tool": "^1.0.0"})
    assert world.box.direct("pnpm", "install", "--lockfile-only").rc == 0
    with Npm() as rogue:
        rogue.add_established("@acme/tool")
        lock(world).write_text(lock(world).read_text().replace(private.files.origin, rogue.server.origin))
        ran = world.guarded("pnpm", "install", "--frozen-lockfile")
        world.refuses(ran, 1, "foreign-source", "@acme/tool")
        assert rogue.requests == []


@for_clients(EVERY)
@pytest.mark.parametrize("file", ["pnpm-workspace.yaml", ".npmrc"])
def test_a_registry_that_the_project_names_is_foreign(world: World, file: str) -> None:
    project(world)
    with Npm() as rogue:
        rogue.add_established(NAME)
        texts = {".npmrc": f"registry={rogue.url}\n", "pnpm-workspace.yaml": f"registries:\n  default: {rogue.url}\n"}
        world.box.write(file, texts[file])
        ran = world.guarded("pnpm", "add", "-w" if file != ".npmrc" else "-D", NAME)
        world.refuses_all(ran, 1, "foreign-source", NAME)
        assert rogue.requests == []
        assert any(f"{file}:" in line for line in ran.lines), ran


@for_clients(EVERY)
def test_a_registry_of_the_workspaces_own_that_is_trusted_goes_through_the_gate(world: World) -> None:
    """pnpm 10 takes it before flags and variables; the file is the same afterwards."""
    with Npm() as other:
        World(world.box, other).established("@acme/tool")
        World(world.box, other).release("@acme/evil", days_old=900)
        world.box.write("~/.npmrc", f"registry={world.registry.url}\n@acme:registry={other.url}\n")
        text = f"packages: ['.']\nregistries:\n  '@acme': {other.url}\n"
        place = world.box.write("pnpm-workspace.yaml", text)
        ran = world.guarded("pnpm", "add", "-w", "@acme/tool", deny=["@acme/evil"])
        assert (ran.rc, ran.lines, world.box.installed) == (0, [], {"@acme/tool": "1.2.0"}), ran
        assert place.read_text() == text
        assert [q.path for q in other.requests if "authorization" in q.headers] == []


@for_clients(NEW)
@pytest.mark.parametrize("where", ["pnpm-workspace.yaml", "~/.config/pnpm/config.yaml"])
def test_a_longer_cooldown_of_pnpms_own_counts(world: World, where: str) -> None:
    world.established(NAME)
    world.release(NAME, "1.3.0", days_old=20)
    project(world)
    world.box.write(where, f"minimumReleaseAge: {60 * 24 * 60}\nupdateNotifier: false\n")
    line = ["pnpm", "add", *(["-w"] if where == "pnpm-workspace.yaml" else []), NAME]
    assert world.guarded(*line).rc == 0
    assert world.box.installed == {NAME: "1.2.0"}


@for_clients(EVERY)
def test_so_does_a_longer_one_of_ours(world: World) -> None:
    world.established(NAME)
    world.release(NAME, "1.3.0", hours_old=30)
    assert world.install(NAME).rc == 0
    assert world.box.installed == {NAME: "1.2.0"}


@for_clients(NEW)
def test_a_scope_for_which_pnpm_has_a_registry_of_its_own_is_not_asked_for_there(world: World) -> None:
    world.established(NAME, needs={"@jsr/std__path": "^1.0.0"})
    ran = world.install(NAME)
    world.refuses(ran, 1, "foreign-source", "@jsr/std__path")


@for_clients(EVERY)
@pytest.mark.parametrize("spec", ["gh:@acme/foo", "jsr:@std/path", "work:@acme/foo", "node@runtime:22"])
def test_registries_behind_a_prefix_are_foreign(world: World, spec: str) -> None:
    ran = world.install(spec)
    assert ran.rc == 1, ran
    assert any("(foreign-source)" in line for line in ran.lines), ran


@for_clients(EVERY)
def test_frozen_and_offline_from_the_store(world: World) -> None:
    world.established(NAME)
    project(world, dependencies={NAME: "^1.0.0"})
    assert world.guarded("pnpm", "install").rc == 0
    assert world.guarded("pnpm", "install", "--frozen-lockfile").rc == 0
    world.registry.forget()
    ran = world.guarded("pnpm", "install", "--frozen-lockfile", "--offline")
    assert ran.rc == 0, ran
    assert world.registry.requests == []
    assert world.guarded("pnpm", "install", "--offline").rc == 4


@for_clients(EVERY)
def test_pnpm_does_not_ask_for_news_of_itself(world: World) -> None:
    world.established(NAME)
    world.box.write("~/.npmrc", f"registry={world.registry.url}\n")
    world.box.write("~/.config/pnpm/config.yaml", "")
    assert world.install(NAME).rc == 0
    assert "pnpm" not in world.registry.pages
