"""What is installed in `node_modules`, as each client lays it out."""

from __future__ import annotations

import json

import pytest

from slopguard.check import installed, node_modules
from slopguard.model import SourceKind

DIGEST = "sha512-" + "A" * 86 + "=="


@pytest.fixture
def project(tmp_path):
    """A project with a manifest that asks for two packages, one under another name."""
    manifest = {"name": "app", "dependencies": {"a": "^1", "other": "npm:real@2"}}
    (tmp_path / "package.json").write_text(json.dumps(manifest))
    return tmp_path


def put(folder, name, version="1.0.0", claimed=None):
    place = folder / name
    place.mkdir(parents=True)
    (place / "package.json").write_text(json.dumps({"name": claimed or name, "version": version}))
    return place


def found(project):
    reading = node_modules.read(project / "node_modules")
    return {(each.raw, each.version): each for each in reading.sightings}


def test_packages_scoped_and_nested_ones_are_found_with_their_file(project):
    modules = project / "node_modules"
    place = put(modules, "a")
    put(modules, "@s/b", "2.0.0")
    put(place / "node_modules", "c", "3.0.0")
    (modules / ".bin").mkdir()
    packages = found(project)
    assert set(packages) == {("a", "1.0.0"), ("@s/b", "2.0.0"), ("c", "3.0.0")}
    assert packages["c", "3.0.0"].location.path == str(place / "node_modules" / "c" / "package.json")
    assert [key for key, each in packages.items() if "requested" in each.extra] == [("a", "1.0.0")]


def test_npms_record_says_where_a_package_came_from_and_its_digest(project):
    modules = project / "node_modules"
    put(modules, "a")
    entry = {"version": "1.0.0", "resolved": "https://registry.example/a/-/a-1.0.0.tgz", "integrity": DIGEST}
    (modules / ".package-lock.json").write_text(
        json.dumps({"lockfileVersion": 3, "packages": {"node_modules/a": entry}})
    )
    each = found(project)["a", "1.0.0"]
    assert each.source.index == "https://registry.example/"
    assert [digest.partition(":")[0] for digest in each.digests] == ["sha512"]


def test_a_version_that_npms_record_does_not_hold_has_no_digest(project):
    modules = project / "node_modules"
    put(modules, "a", "1.0.1")
    entry = {"version": "1.0.0", "resolved": "https://registry.example/a/-/a-1.0.0.tgz", "integrity": DIGEST}
    (modules / ".package-lock.json").write_text(
        json.dumps({"lockfileVersion": 3, "packages": {"node_modules/a": entry}})
    )
    assert found(project)["a", "1.0.1"].digests == frozenset()


def test_the_store_of_pnpm_is_read_once_for_each_package(project):
    modules = project / "node_modules"
    stored = put(modules / ".pnpm" / "a@1.0.0" / "node_modules", "a")
    put(modules / ".pnpm" / "b@2.0.0" / "node_modules", "b", "2.0.0")
    (modules / "a").symlink_to(stored)
    (modules / ".pnpm" / "a@1.0.0" / "node_modules" / "b").symlink_to("../../b@2.0.0/node_modules/b")
    (modules / ".pnpm" / "lock.yaml").write_text(
        f"lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {{integrity: {DIGEST}}}\n"
    )
    packages = found(project)
    assert set(packages) == {("a", "1.0.0"), ("b", "2.0.0")}
    assert packages["a", "1.0.0"].extra["requested"] == "1"
    assert packages["a", "1.0.0"].digests
    assert not packages["b", "2.0.0"].extra


def test_a_link_out_of_the_folder_is_a_project_of_the_workspace(project):
    member = put(project / "packages", "member")
    (project / "node_modules").mkdir()
    (project / "node_modules" / "member").symlink_to(member)
    ((key, each),) = found(project).items()
    assert (key, each.source.kind, each.source.index) == (("member", None), SourceKind.WORKSPACE, str(member))


def test_an_alias_that_the_manifest_names_is_the_real_package(project):
    put(project / "node_modules", "other", "2.0.0", claimed="real")
    assert {(key, each.extra["alias"]) for key, each in found(project).items()} == {(("real", "2.0.0"), "other")}


def test_a_package_that_calls_itself_another_is_judged_under_both_names(project):
    put(project / "node_modules", "evil", claimed="react")
    assert set(found(project)) == {("evil", "1.0.0"), ("react", "1.0.0")}


@pytest.mark.parametrize("text", [None, "{", "[]", '"a"'])
def test_a_folder_that_does_not_say_what_it_is_is_a_problem(project, text):
    place = project / "node_modules" / "a"
    place.mkdir(parents=True)
    if text is not None:
        (place / "package.json").write_text(text)
    reading = node_modules.read(project / "node_modules")
    assert reading.sightings == ()
    assert [each.location.path for each in reading.problems] == [str(place / "package.json")]


def test_links_in_a_circle_end(project):
    place = put(project / "node_modules", "a")
    (place / "node_modules").symlink_to(project / "node_modules")
    (project / "node_modules" / "b").symlink_to("b")
    assert ("a", "1.0.0") in found(project)


def test_archives_of_yarn_are_told(project):
    (project / ".pnp.cjs").write_text("")
    assert "yarn" in installed.read(project, {"VIRTUAL_ENV": str(project)}).notes[-1]


def test_what_is_installed_for_both_languages_is_read(project):
    put(project / "node_modules", "a")
    (project / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    readings = installed.read(project, {"VIRTUAL_ENV": str(project)}, pip=False).readings
    assert [each.path.name for each in readings] == ["site-packages", "node_modules"]
