"""What a project's files may try on yarn: spellings that only yarn reads, and what it remembers."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators import clients
from tests.simulators.npm import Npm

pytestmark = pytest.mark.clients

NAME, EVIL = "sg-alpha", "sg-evil-core"
MODERN, CLASSIC = ("yarn", "newest"), ("yarn", "1.22.22")


@pytest.fixture
def stranger(world: World) -> Iterator[Npm]:
    """A registry that nobody trusts, with packages under known names; the project runs code of its own."""
    world.established(NAME, "@acme/x")
    requiring(world, **{NAME: "^1.0.0"})
    with Npm(markers=world.box.markers) as registry:
        registry.add(NAME, "1.2.0", postinstall=True)
        registry.add("@acme/x", "1.0.0", postinstall=True)
        yield registry


def requiring(world: World, **needs: str) -> None:
    """A project with a script of its own: nothing that it installs is confined."""
    manifest = {"name": "mine", "license": "MIT", "dependencies": needs, "scripts": {"postinstall": "true"}}
    world.box.write("package.json", json.dumps(manifest))


def emptied(world: World) -> None:
    shutil.rmtree(world.box.project / "node_modules", ignore_errors=True)
    shutil.rmtree(world.box.project / ".yarn", ignore_errors=True)
    world.registry.forget()


def locked(world: World) -> str:
    """The lock file of the project, by yarn itself; nothing is installed and no cache is warm."""
    assert world.box.direct("yarn", "install").rc == 0
    emptied(world)
    shutil.rmtree(world.box.home / ".yarn-classic", ignore_errors=True)
    return (world.box.project / "yarn.lock").read_text()


@for_clients([CLASSIC])
@pytest.mark.parametrize(
    "field",
    ['resolved  "URL"', '"res\\u006flved" "URL"', 'comment, resolved "URL"', 'resolved "ESCAPED"', 'resolved:"URL"'],
)
def test_no_spelling_of_an_address_in_a_lock_of_yarn_1_is_overlooked(world: World, stranger: Npm, field: str) -> None:
    text = re.sub(r"  integrity .*\n", "", locked(world))
    url = f"{stranger.url}{NAME}/-/{NAME}-1.2.0.tgz"
    said = field.replace("URL", url).replace("ESCAPED", url.replace("/", "\\/"))
    world.box.write("yarn.lock", re.sub(r"resolved .*", lambda _: said, text))
    ran = world.guarded("yarn", "install")
    assert ran.rc == 2, ran
    assert (stranger.requests, world.box.installed, world.box.traces) == ([], {}, [])


@for_clients([CLASSIC])
@pytest.mark.parametrize("address", ["file:./a.tgz", "./a.tgz"])
def test_an_archive_in_the_project_does_not_pass_for_a_registrys_package(
    world: World, stranger: Npm, address: str
) -> None:
    text = re.sub(r"  integrity .*\n", "", locked(world))
    (world.box.project / "a.tgz").write_bytes(stranger.packages[NAME]["1.2.0"].artefact.content)
    world.box.write("yarn.lock", re.sub(r"resolved .*", f'resolved "{address}"', text))
    world.refuses_all(world.guarded("yarn", "install"), 1, "foreign-source", NAME)


@for_clients([CLASSIC])
def test_a_lock_that_reads_otherwise_as_yaml_is_refused(world: World, stranger: Npm) -> None:
    emptied(world)
    entry = f'  version: "1.2.0"\n  resolved: "{stranger.url}a.tgz"\n  resolution: "{NAME}@npm:1.2.0"\n'
    world.box.write("yarn.lock", f'__metadata:\n  version: 8\n\n"{NAME}@^1.0.0":\n{entry}')
    ran = world.guarded("yarn", "install")
    assert ran.rc == 2, ran
    assert (stranger.requests, world.box.installed) == ([], {})


@for_clients([MODERN])
def test_no_entry_of_a_later_lock_hides_behind_a_line_break_of_yaml_1_1(world: World, stranger: Npm) -> None:
    text = locked(world)
    good = next(entry for entry in text.split("\n\n") if entry.startswith(f'"{NAME}@'))
    bad = re.sub(
        r"\n  checksum.*", "", good.replace(f"{NAME}@npm:1.2.0", f"{NAME}@{stranger.url}{NAME}/-/{NAME}-1.2.0.tgz")
    )
    hidden = "# \u2028" + good.replace("\n", "\u2028")
    world.box.write("yarn.lock", f"{text.replace(good, bad)}\n{hidden}\n")
    ran = world.guarded("yarn", "install")
    assert ran.rc in (1, 2), ran  # the entry that yarn sees is judged, or the file is refused as a whole
    assert (stranger.requests, world.box.installed) == ([], {})


@for_clients([CLASSIC])
@pytest.mark.parametrize(
    "line",
    [
        '"@acme:regi\\u0073try" "URL"',
        'other, "@acme:registry" "URL"',
        '"@acme:registry":"URL"',
        '"\\u002d\\u002dregistry" "URL"',
    ],
)
def test_no_spelling_of_a_registry_in_a_yarnrc_is_overlooked(world: World, stranger: Npm, line: str) -> None:
    requiring(world, **{NAME: "^1.0.0", "@acme/x": "^1.0.0"})
    world.box.write(".yarnrc", line.replace("URL", stranger.url) + "\n")
    ran = world.guarded("yarn", "install")
    assert ran.rc in (1, 2), ran
    assert (stranger.requests, world.box.installed, world.box.traces) == ([], {}, [])


@for_clients([MODERN, CLASSIC])
def test_an_exact_dependency_denied_since_does_not_come_out_of_what_yarn_remembers(world: World) -> None:
    world.established(EVIL)
    world.established("sg-parent", needs={EVIL: "1.2.0"})
    requiring(world, **{"sg-parent": "1.2.0"})
    assert world.guarded("yarn", "install").rc == 0
    emptied(world)
    world.box.write("yarn.lock", "")
    world.refuses(world.guarded("yarn", "install", deny=[EVIL]), 1, "denied", EVIL)
    assert world.box.installed == {}


@for_clients([MODERN, CLASSIC])
@pytest.mark.parametrize("line", ["yarnPath: PATH # ours", '"yarnPath": PATH', "yarnPath : PATH"])
def test_a_yarn_that_the_project_names_is_known_however_that_is_written(world: World, line: str) -> None:
    world.established(NAME)
    world.box.write("~/.yarnrc", f'registry "{world.registry.url}"\n')
    world.box.write("~/.yarnrc.yml", f"npmRegistryServer: {world.registry.url!r}\nnodeLinker: node-modules\n")
    release = world.box.project / ".yarn" / "releases" / "ours.cjs"
    release.parent.mkdir(parents=True)
    held = clients.node_tool("@yarnpkg/cli-dist", "newest").parent / "lib" / "node_modules" / "@yarnpkg" / "cli-dist"
    shutil.copy(held / "bin" / "yarn.js", release)
    world.box.write(".yarnrc.yml", line.replace("PATH", ".yarn/releases/ours.cjs") + "\nnpmMinimalAgeGate: 0\n")
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.2.0"}
    world.refuses(world.guarded("yarn", "install", deny=[NAME]), 1, "denied", NAME)


@for_clients([CLASSIC])
def test_what_yarn_1_notes_of_an_installation_is_what_it_notes_by_itself(world: World) -> None:
    world.established(NAME, "sg-beta")
    requiring(world, **{NAME: "^1.0.0"})
    note, lock = world.box.project / "node_modules" / ".yarn-integrity", world.box.project / "yarn.lock"
    assert world.guarded("yarn", "install").rc == 0
    ours = (note.read_bytes(), lock.read_bytes())
    assert "Already up-to-date" in world.box.direct("yarn", "install").text
    assert "Already up-to-date" in world.guarded("yarn", "install").text
    assert (note.read_bytes(), lock.read_bytes()) == ours
    shutil.rmtree(world.box.project / "node_modules")
    lock.write_text("")
    assert world.box.direct("yarn", "install").rc == 0  # out of the cache that the guarded one filled
    assert (note.read_bytes(), lock.read_bytes()) == ours


def member(world: World) -> None:
    """A workspace, one of whose members is `a`."""
    world.box.write("package.json", '{"name": "mine", "private": true, "license": "MIT", "workspaces": ["packages/*"]}')
    world.box.write("packages/a/package.json", '{"name": "a", "version": "1.0.0", "license": "MIT"}')


@for_clients([CLASSIC])
@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("packages/a/.npmrc", "@acme:registry=URL"),
        ("packages/a/.yarnrc", '"@acme:registry" "URL"'),
        ("packages/a/.yarnrc", '--registry "URL"'),
        ("packages/a/.yarnrc.yml", '"--add.registry": "URL"'),
        (".yarnrc.yml", '"--registry": "URL"'),
    ],
)
def test_settings_of_a_member_and_options_in_a_later_yarns_file_are_not_overlooked(
    world: World, stranger: Npm, file: str, line: str
) -> None:
    member(world)
    world.box.write(file, line.replace("URL", stranger.url) + "\n")
    inside = world.box.project / "packages" / "a"
    for ran in (
        world.guarded("yarn", "workspace", "a", "add", "@acme/x"),
        world.box.guarded("yarn", "add", "@acme/x", cwd=inside),
    ):
        assert ran.rc in (1, 2), ran
        assert (stranger.requests, world.box.installed, world.box.traces) == ([], {}, [])


@for_clients([MODERN])
@pytest.mark.parametrize("file", ["packages/a/.yarnrc.yml", "~/.yarnrc.yml"])
def test_packages_that_any_settings_file_adds_are_judged(world: World, stranger: Npm, file: str) -> None:
    member(world)
    place = world.box.write(file, "") if not file.startswith("~") else world.box.home / ".yarnrc.yml"
    added = f"{stranger.url}{NAME}/-/{NAME}-1.2.0.tgz"
    extension = f'packageExtensions:\n  "{NAME}@*":\n    dependencies:\n      added: "{added}"\n'
    place.write_text(place.read_text() + extension)
    ran = world.box.guarded("yarn", "add", NAME, cwd=world.box.project / "packages" / "a")
    world.refuses(ran, 1, "foreign-source", "added")
    world.refuses(world.guarded("yarn", "workspace", "a", "add", NAME), 1, "foreign-source", "added")
    assert (stranger.requests, world.box.installed) == ([], {})


@for_clients([CLASSIC])
@pytest.mark.parametrize("file", [".yarnrc", "packages/a/.yarnrc", "packages/a/.npmrc"])
def test_the_file_that_names_a_registry_is_the_one_that_is_said(world: World, stranger: Npm, file: str) -> None:
    member(world)
    line = "@acme:registry=URL" if file.endswith("npmrc") else '"@acme:registry" "URL"'
    place = world.box.write(file, f"\n{line}\n".replace("URL", stranger.url))
    ran = world.box.guarded("yarn", "add", "@acme/x", cwd=world.box.project / "packages" / "a")
    world.refuses(ran, 1, "foreign-source", "@acme/x")
    assert f"index {stranger.url} is named by {place}:2; " in ran.text
