"""pnpm's settings that put another package in place, or move what it reads: nothing comes from a stranger by them.

The manifests have a script of their own, so that the kernel does not confine pnpm: what is refused here is refused
because it was read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.drivers import driver
from tests.simulators.npm import Npm

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

EVERY = tuple(("pnpm", version) for version in driver("pnpm").versions)
NEW = tuple(("pnpm", version) for version in driver("pnpm").versions if version != "10")
OLD = (("pnpm", "10"),)
GATE = re.compile(rb"/npm/[0-9a-f]{12}/|\?elsewhere")
NAME, STRANGER = "sg-alpha", "sg-stranger"


@pytest.fixture
def rogue(world: World) -> Iterator[Npm]:
    world.established(NAME)
    with Npm() as registry:
        registry.add_established(STRANGER)
        yield registry


def project(world: World, folder: str = ".", **fields: object) -> Path:
    text = {"name": "mine", "version": "0.0.0", "scripts": {"prepare": "true"}, **fields}
    return world.box.write(f"{folder}/package.json", json.dumps(text))


def address(registry: Npm, name: str = STRANGER, version: str = "1.0.0") -> str:
    return f"{registry.url}{name}/-/{name}-{version}.tgz"


def refused(world: World, rogue: Npm, *argv: str) -> None:
    ran = world.guarded(*argv)
    assert ran.rc == 1, ran
    assert any("(foreign-source)" in line for line in ran.lines), ran
    assert (rogue.requests, world.box.installed) == ([], {}), ran


@for_clients(OLD)
def test_what_package_json_adds_to_a_package(world: World, rogue: Npm) -> None:
    extension = {NAME: {"dependencies": {STRANGER: address(rogue)}}}
    project(world, dependencies={NAME: "^1.0.0"}, pnpm={"packageExtensions": extension})
    refused(world, rogue, "pnpm", "install")


@for_clients(OLD)
@pytest.mark.parametrize("line", ["ls", "install"])
def test_config_dependencies_of_package_json(world: World, rogue: Npm, line: str) -> None:
    """They come before any command, with their integrity and no question to the registry."""
    named = {NAME: f"1.2.0+{world.registry.packages[NAME]['1.2.0'].artefact.integrity}"}  # type: ignore[union-attr]
    project(world, pnpm={"configDependencies": named})
    world.refuses_all(world.guarded("pnpm", line, deny=[NAME]), 1, "denied", NAME)
    project(
        world, pnpm={"configDependencies": {STRANGER: {"integrity": "1.0.0+sha512-AQEB", "tarball": address(rogue)}}}
    )
    refused(world, rogue, "pnpm", line)


@for_clients(EVERY)
@pytest.mark.parametrize("glob", ["packages/[ab]", "packages/[!b]", "pack{age,}s/@(a|b)", "packages/!(b)"])
def test_members_named_by_unusual_globs(world: World, rogue: Npm, glob: str) -> None:
    project(world)
    project(world, "packages/a", dependencies={STRANGER: address(rogue)})
    world.box.write("pnpm-workspace.yaml", f"packages: ['{glob}']\n")
    refused(world, rogue, "pnpm", "install")


@for_clients(EVERY)
@pytest.mark.parametrize("line", [["pnpm", "dlx", "create-sg"], ["pnpx", "create-sg"], ["pnpm", "create", "sg"]])
def test_what_an_override_puts_in_place_of_a_tool(world: World, rogue: Npm, line: list[str]) -> None:
    world.established("create-sg")
    project(world)
    world.box.write("pnpm-workspace.yaml", f"packages: ['.']\noverrides:\n  create-sg: {address(rogue)}\n")
    refused(world, rogue, *line)


@for_clients(NEW)
@pytest.mark.parametrize("line", [["pnpx"], ["pnpm", "dlx"], ["pnpm", "--package=sg-tool@catalog:", "dlx"]])
def test_what_a_catalog_puts_in_place_of_a_tool(world: World, rogue: Npm, line: list[str]) -> None:
    world.established("sg-tool")
    project(world)
    world.box.write("pnpm-workspace.yaml", f"packages: ['.']\ncatalog:\n  sg-tool: {address(rogue)}\n")
    refused(world, rogue, *line, "sg-tool" if len(line) > 2 else "sg-tool@catalog:")


@for_clients(EVERY)
def test_what_an_option_or_a_variable_puts_in_place(world: World, rogue: Npm) -> None:
    project(world, dependencies={NAME: "^1.0.0"})
    instead = json.dumps({NAME: address(rogue)})
    for argv, env in ([f"--config.overrides={instead}"], {}), ([], {"pnpm_config_overrides": instead}):
        ran = world.guarded("pnpm", "install", *argv, env=env)
        assert (ran.rc, rogue.requests, world.box.installed) == (2, [], {}), ran
        assert ran.lines == [
            "slopguard: no option or variable may put other packages in place. Say it in pnpm-workspace.yaml."
        ]


def moved(world: World, rogue: Npm) -> str:
    """A lock file's text that has the package from a stranger."""
    project(world, dependencies={NAME: "^1.0.0"})
    assert world.box.direct("pnpm", "install", "--lockfile-only", "--ignore-scripts").rc == 0
    place = world.box.project / "pnpm-lock.yaml"
    text = place.read_text()
    place.unlink()
    rogue.packages[NAME] = world.registry.packages[NAME]  # type: ignore[union-attr]
    known = rogue.packages[NAME]["1.2.0"].artefact.integrity
    changed = text.replace(f"{known}}}", f"{known}, tarball: {address(rogue, NAME, '1.2.0')}}}")
    assert changed != text
    return changed


@for_clients(EVERY)
@pytest.mark.parametrize("where", ["pnpm-workspace.yaml", "option", "variable"])
def test_a_lock_file_kept_elsewhere(world: World, rogue: Npm, where: str) -> None:
    text = moved(world, rogue).replace("\n  .:", "\n  ..:")
    world.box.write("locks/pnpm-lock.yaml", text)
    if where == "pnpm-workspace.yaml":
        world.box.write(where, "packages: ['.']\nlockfileDir: ./locks\n")
    if where == "variable":
        for prefix in ("npm", "pnpm"):
            world.box.env[f"{prefix}_config_lockfile_dir"] = "./locks"
    refused(world, rogue, "pnpm", "install", *(["--lockfile-dir=locks"] if where == "option" else []))


@for_clients(EVERY)
def test_what_is_noted_as_installed_where_there_is_no_lock_file(world: World, rogue: Npm) -> None:
    world.box.write("node_modules/.pnpm/lock.yaml", moved(world, rogue))
    refused(world, rogue, "pnpm", "install")


@for_clients(EVERY)
def test_a_lock_file_with_the_conflicts_of_a_merge(world: World, rogue: Npm) -> None:
    """pnpm puts both sides together; so are both judged."""
    text = moved(world, rogue)
    entry = next(line for line in text.splitlines(keepends=True) if "tarball: " in line)
    harmless = entry.partition(", tarball")[0] + "}\n"
    place = world.box.project / "pnpm-lock.yaml"
    both = text.replace(entry, f"<<<<<<< HEAD\n{harmless}=======\n{entry}>>>>>>> other\n")
    place.write_text(both)
    refused(world, rogue, "pnpm", "install")
    place.write_text(both.replace(entry, harmless))
    ran = world.guarded("pnpm", "install")
    assert (ran.rc, ran.lines, world.box.installed) == (0, [], {NAME: "1.2.0"}), ran
    assert "<<<<" not in place.read_text()


def workspace(world: World) -> None:
    world.box.write("pnpm-workspace.yaml", "packages: ['packages/*']\ninjectWorkspacePackages: true\n")
    project(world, "packages/a", name="a", files=["x"], dependencies={NAME: "^1.0.0"})
    assert world.box.direct("pnpm", "install").rc == 0


def branch(world: World) -> None:
    world.box.write(".git/HEAD", "ref: refs/heads/feat\n")
    world.box.write(".git/config", "[core]\n\trepositoryformatversion = 0\n")
    for folder in ("objects", "refs/heads"):
        (world.box.project / ".git" / folder).mkdir(parents=True)
    world.box.write("pnpm-workspace.yaml", "packages: ['.']\ngitBranchLockfile: true\n")


def settled(world: World) -> None:
    world.box.write("pnpm-workspace.yaml", "packages: ['.']\nmodulesDir: modules\nvirtualStoreDir: packages\n")


def locked(world: World) -> None:
    assert world.box.direct("pnpm", "install", "--lockfile-only").rc == 0


def nothing(world: World) -> None:
    pass


@for_clients(EVERY)
@pytest.mark.parametrize(
    ("before", "line"),
    [
        (nothing, "install"),
        (branch, "install"),
        (settled, "install"),
        (nothing, "install --modules-dir=modules --virtual-store-dir=packages"),
        (nothing, "install --lockfile-dir=locks"),
        (locked, "fetch"),
        (locked, "install --frozen-lockfile"),
        (workspace, "--filter a deploy out"),
        (nothing, f"add -g {NAME}"),
        (nothing, f"add -g --global-dir=globals {NAME}"),
    ],
)
def test_no_file_anywhere_names_the_gate(world: World, before: Callable[[World], None], line: str) -> None:
    """A registry that keeps its files elsewhere has their addresses written down in more places."""
    with Npm(elsewhere=True, below="/api/npm/main") as registry:
        world.box.use(registry)
        World(world.box, registry).established(NAME)
        project(world, dependencies={NAME: "^1.0.0"})
        (world.box.project / "locks").mkdir()
        before(world)
        home = world.box.home / "pnpm"
        path = f"{world.box.env['PATH']}:{home}:{home}/bin"
        ran = world.guarded("pnpm", *line.split(), env={"PNPM_HOME": str(home), "PATH": path})
        assert (ran.rc, ran.lines) == (0, []), ran
    known = (world.box.root / "slopguard", world.box.home / ".config" / "slopguard")
    files = [path for path in world.box.root.rglob("*") if path.is_file() and not path.is_symlink()]
    written = [path for path in files if not any(path.is_relative_to(folder) for folder in known)]
    assert any(path.name == ".modules.yaml" for path in written)
    assert [path for path in written if GATE.search(path.read_bytes())] == []
