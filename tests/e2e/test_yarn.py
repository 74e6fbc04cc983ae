"""What is special about yarn: two lock formats, scopes, dlx and create, plugins, yarns that projects bring along."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators import clients
from tests.simulators.npm import Npm

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

NAME, GHOST = "sg-alpha", "sg-ghost-helper"
MODERN, CLASSIC = ("yarn", "newest"), ("yarn", "1.22.22")
BOTH = [MODERN, CLASSIC]


@pytest.fixture
def acme(world: World) -> Iterator[Npm]:
    """The registry of the scope `@acme`, known to the user's own settings, with a token of its own."""
    world.established(NAME)
    with Npm(markers=world.box.markers) as registry:
        registry.add_established("@acme/x")
        if world.box.client.version == "newest":
            place = world.box.home / ".yarnrc.yml"
            scope = f"npmScopes:\n  acme:\n    npmRegistryServer: {registry.url!r}\n    npmAuthToken: of-acme\n"
            place.write_text(place.read_text() + scope)
        else:
            token = f"{registry.url.removeprefix('http:')}:_authToken=of-acme\n"
            world.box.write("~/.npmrc", f"@acme:registry={registry.url}\n{token}")
        yield registry


def lock(world: World) -> Path:
    return world.box.project / "yarn.lock"


def requiring(world: World, **needs: str) -> None:
    """A project that requires these."""
    world.box.driver.manifest(world.box, needs)


@for_clients(BOTH)
def test_a_scope_of_the_users_own_is_asked_with_its_own_token_and_the_lock_is_the_bare_clients(
    world: World, acme: Npm
) -> None:
    ran = world.install(NAME, "@acme/x")
    assert ran.rc == 0, ran
    assert ran.lines == []
    assert world.box.installed == {"@acme/x": "1.2.0", NAME: "1.2.0"}
    assert {seen.headers.get("authorization") for seen in acme.requests} == {"Bearer of-acme"}
    assert not any(seen.headers.get("authorization") for seen in world.registry.requests)
    ours = lock(world).read_bytes()
    lock(world).write_text("")
    assert world.box.direct("yarn", "install").rc == 0
    assert lock(world).read_bytes() == ours


@for_clients(BOTH)
def test_a_ghost_in_a_scope_is_not_asked_for_anywhere_else(world: World, acme: Npm) -> None:
    world.registry.forget()
    world.refuses_all(world.install(f"@acme/{GHOST}"), 1, "not-found", f"@acme/{GHOST}")
    assert world.registry.requests == []


@for_clients(BOTH)
@pytest.mark.parametrize("argv", ["add sg-ghost-helper", "add x@npm:sg-ghost-helper@1", "upgrade sg-ghost-helper"])
def test_no_spelling_hides_a_ghost(world: World, argv: str) -> None:
    world.established(NAME)
    command = argv.replace("upgrade", "up") if world.box.client.version == "newest" else argv
    world.refuses_all(world.guarded("yarn", *command.split()), 1, "not-found", GHOST)
    world.refuses_all(world.guarded("yarnpkg", *command.split()), 1, "not-found", GHOST)


@for_clients([MODERN])
@pytest.mark.parametrize("argv", ["dlx GHOST", "dlx -p GHOST sg-alpha", "init GHOST", "dlx -q GHOST --help"])
def test_what_dlx_would_run_is_judged(world: World, argv: str) -> None:
    world.established(NAME)
    world.refuses_all(world.guarded("yarn", *argv.replace("GHOST", GHOST).split()), 1, "not-found", GHOST)


@for_clients(BOTH)
def test_what_create_would_run_is_judged(world: World) -> None:
    world.established("create-thing")
    world.refuses_all(world.guarded("yarn", "create", GHOST), 1, "not-found", f"create-{GHOST}")
    ran = world.guarded("yarn", "create", "thing")
    assert ran.rc == 0, ran
    assert ran.lines == []


@for_clients([MODERN])
def test_dlx_runs_what_it_fetched_through_the_gate(world: World) -> None:
    world.established(NAME)
    ran = world.guarded("yarn", "dlx", NAME)
    assert ran.rc == 0, ran
    assert world.registry.downloads == ["sg-alpha-1.2.0.tgz"]
    assert lock(world).read_text() == ""


@for_clients([CLASSIC])
def test_global_packages_are_judged_and_their_lock_names_the_registry(world: World) -> None:
    world.established(NAME)
    world.refuses_all(world.guarded("yarn", "global", "add", GHOST), 1, "not-found", GHOST)
    ran = world.guarded("yarn", "global", "add", NAME)
    assert ran.rc == 0, ran
    text = (world.box.home / ".yarn-classic" / "global" / "yarn.lock").read_text()
    assert f'resolved "{world.registry.url}{NAME}/-/{NAME}-1.2.0.tgz#' in text


@for_clients(BOTH)
@pytest.mark.parametrize("flag", ["--frozen-lockfile", "--immutable"])
def test_a_frozen_install_leaves_the_lock_alone(world: World, flag: str) -> None:
    world.established(NAME)
    requiring(world, **{NAME: "^1.0.0"})
    assert world.box.direct("yarn", "install").rc == 0
    before, when = lock(world).read_bytes(), lock(world).stat().st_mtime_ns
    shutil.rmtree(world.box.project / "node_modules")
    ran = world.guarded("yarn", "install", flag)
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.2.0"}
    assert (lock(world).read_bytes(), lock(world).stat().st_mtime_ns) == (before, when)


@for_clients([CLASSIC])
def test_a_lock_of_yarn_1_that_names_another_host_is_refused(world: World) -> None:
    world.established(NAME)
    requiring(world, **{NAME: "^1.0.0"})
    assert world.box.direct("yarn", "install").rc == 0
    shutil.rmtree(world.box.project / "node_modules")
    world.registry.forget()
    lock(world).write_text(lock(world).read_text().replace(world.registry.server.origin, "http://127.0.0.1:9"))
    before = lock(world).read_bytes()
    world.refuses_all(world.guarded("yarn", "install"), 1, "foreign-source", NAME)
    assert lock(world).read_bytes() == before


@for_clients([MODERN])
def test_a_lock_whose_resolution_is_another_package_is_refused(world: World) -> None:
    world.established(NAME)
    world.release("sg-evil-core", "1.2.0", days_old=300, armed=True)
    requiring(world, **{NAME: "^1.0.0"})
    assert world.box.direct("yarn", "install").rc == 0
    shutil.rmtree(world.box.project / "node_modules")
    world.registry.forget()
    lock(world).write_text(lock(world).read_text().replace(f'"{NAME}@npm:1.2.0"', '"sg-evil-core@npm:1.2.0"'))
    for flags in ([], ["--immutable"]):
        world.refuses_all(world.guarded("yarn", "install", *flags, deny=["sg-evil-core"]), 1, "denied", "sg-evil-core")


@for_clients([MODERN])
def test_an_address_in_a_lock_that_is_no_registrys_is_refused(world: World) -> None:
    world.established(NAME)
    requiring(world, **{NAME: "^1.0.0"})
    assert world.box.direct("yarn", "install").rc == 0
    shutil.rmtree(world.box.project / "node_modules")
    address = "http%3A%2F%2F127.0.0.1%3A9%2Fsg-alpha%2F-%2Fsg-alpha-1.2.0.tgz"
    resolution = f"{NAME}@npm:1.2.0"
    lock(world).write_text(
        lock(world).read_text().replace(f'"{resolution}"', f'"{resolution}::__archiveUrl={address}"')
    )
    ran = world.guarded("yarn", "install")
    world.refuses(ran, 1, "foreign-source", NAME)
    assert world.box.installed == {}


@for_clients([MODERN])
def test_plug_and_play_works_and_adds_no_line(world: World) -> None:
    world.established(NAME)
    place = world.box.home / ".yarnrc.yml"
    place.write_text(place.read_text().replace("node-modules", "pnp"))
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert ran.lines == []
    assert (world.box.project / ".pnp.cjs").is_file()
    assert world.registry.downloads == ["sg-alpha-1.2.0.tgz"]


@for_clients([MODERN])
def test_no_network_is_no_way_around(world: World) -> None:
    world.established(NAME)
    assert world.install(NAME).rc == 0
    shutil.rmtree(world.box.project / "node_modules")
    offline = {"YARN_ENABLE_NETWORK": "0"}
    assert world.install(NAME, env=offline).rc == 4
    assert world.guarded("yarn", "install", "--immutable", env=offline).rc == 0
    assert world.guarded("yarn", "install", "--immutable", deny=[NAME]).rc == 1
    ran = world.guarded("yarn", "install", "--immutable", env=offline, deny=[NAME])
    world.refuses(ran, 1, "denied", NAME)


@for_clients([MODERN])
@pytest.mark.parametrize(("theirs", "expected"), [("0", "1.1.0"), ("3000d", None)])
def test_the_longer_of_two_cooldowns_counts(world: World, theirs: str, expected: str | None) -> None:
    for version, days in (("1.0.0", 900), ("1.1.0", 600)):
        world.release(NAME, version, days_old=days)
    world.release(NAME, "1.2.0", hours_old=20)
    place = world.box.home / ".yarnrc.yml"
    place.write_text(place.read_text().replace("npmMinimalAgeGate: 0", f"npmMinimalAgeGate: {theirs}"))
    ran = world.install(NAME)
    assert (ran.rc == 0) is (expected is not None), ran
    assert world.box.installed == ({NAME: expected} if expected else {})


@for_clients([MODERN])
def test_catalogs_are_read_and_no_ghost_hides_in_them(world: World) -> None:
    world.established(NAME)
    world.box.write(".yarnrc.yml", f"catalog:\n  {NAME}: ^1.0.0\n")
    world.box.write("package.json", json.dumps({"name": "mine", "dependencies": {NAME: "catalog:"}}))
    ran = world.guarded("yarn", "install")
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.2.0"}
    world.box.write(".yarnrc.yml", f"catalog:\n  {NAME}: npm:{GHOST}@^1.0.0\n")
    world.refuses(world.guarded("yarn", "install"), 1, "not-found", GHOST)


@for_clients(BOTH)
def test_a_workspace_is_installed_with_all_its_members_judged(world: World) -> None:
    world.established(NAME)
    root = {"name": "mine", "private": True, "workspaces": ["packages/*"]}
    world.box.write("package.json", json.dumps(root))
    world.box.write("packages/a/package.json", json.dumps({"name": "a", "version": "1.0.0"}))
    needs = {"name": "b", "version": "1.0.0", "dependencies": {"a": "1.0.0", NAME: "^1.0.0"}}
    world.box.write("packages/b/package.json", json.dumps(needs))
    ran = world.guarded("yarn", "install")
    assert ran.rc == 0, ran
    assert ran.lines == []
    world.refuses(world.guarded("yarn", "workspace", "a", "add", GHOST), 1, "not-found", GHOST)
    inside = world.box.project / "packages" / "a"
    world.refuses(world.box.guarded("yarn", "add", GHOST, cwd=inside), 1, "not-found", GHOST)


@for_clients(BOTH)
@pytest.mark.parametrize("version", ["2.4.2", "3.8.7", CLASSIC[1]])
def test_a_yarn_that_the_project_brings_along_is_guarded_too(world: World, version: str) -> None:
    world.established(NAME)
    both = {file: (world.box.home / file) for file in (".yarnrc", ".yarnrc.yml")}
    both[".yarnrc"].write_text(f'registry "{world.registry.url}"\n')
    both[".yarnrc.yml"].write_text(f"npmRegistryServer: {world.registry.url!r}\nnodeLinker: node-modules\n")
    package, file = ("yarn", "lib/cli.js") if version == CLASSIC[1] else ("@yarnpkg/cli-dist", "bin/yarn.js")
    release = world.box.project / ".yarn" / "releases" / f"yarn-{version}.cjs"
    release.parent.mkdir(parents=True)
    shutil.copy(clients.node_tool(package, version).parent / "lib" / "node_modules" / package / file, release)
    world.box.write(".yarnrc.yml", f"yarnPath: .yarn/releases/yarn-{version}.cjs\n")
    assert world.box.direct("yarn", "--version").out.strip() == version
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.2.0"}
    world.refuses(world.install(GHOST), 1, "not-found", GHOST)
    world.refuses(world.guarded("yarn", "install", deny=[NAME]), 1, "denied", NAME)


@for_clients(BOTH)
def test_no_trace_is_left_but_the_clients_own(world: World) -> None:
    world.established(NAME)
    before = {path: path.read_bytes() for path in world.box.home.rglob(".*rc*") if path.is_file()}
    assert world.install(NAME).rc == 0
    after = {path: path.read_bytes() for path in world.box.home.rglob(".*rc*") if path.is_file()}
    assert after == before
    found = {path.name for path in world.box.project.iterdir()} - {".yarn"}  # where yarn 4 keeps its install state
    assert found == {"node_modules", "package.json", "yarn.lock"}
    assert "127.0.0.1" not in (world.box.project / "package.json").read_text()
