"""A lock file that does not hold what its manifest asks for is told of; one that leaves things out by right is not."""

from __future__ import annotations

import pytest

from slopguard.check import locks
from slopguard.readers import package_lock, pdm_lock

from ..readers.files import HERE
from . import lock_texts
from .lock_texts import ROOTED, WRITERS, Package, lock, manifest, read

FORMATS = sorted(WRITERS.keys() - {"pylock"})
HELD = [Package("direct", ("below",), "1.5.0"), Package("below")]


def details(locked, *manifests):
    return [finding.detail for finding in locks.drift(locked, manifests)]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_lock_file_that_fits_is_not_told_of(format_):
    assert not details(lock(format_, HELD, ["direct"]), manifest(format_, ["direct >=1,<2"]))
    assert not details(lock(format_, HELD, ["direct"]))


@pytest.mark.parametrize("format_", FORMATS)
def test_what_is_not_locked_is_told_with_both_places(format_):
    asking = manifest(format_, ["direct", "added"])
    (found,) = locks.drift(lock(format_, HELD, ["direct"]), [asking])
    assert (found.rule, found.detail) == ("lock-drift", "added: not in it")
    asked = next(s.location for s in asking.sightings if s.raw == "added")
    assert [(place.path, place.line) for place in found.locations] == [
        (asked.path, asked.line),
        (f"/project/{WRITERS[format_][0]}", None),
    ]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_version_that_the_manifest_leaves_out_is_told_with_both_places(format_):
    asking = manifest(format_, ["direct >=2"])
    locked = lock(format_, HELD, ["direct"])
    (found,) = locks.drift(locked, [asking])
    assert found.detail == "direct: in another version"
    held = next(s.location for s in locked.sightings if s.raw == "direct")
    assert [place.line for place in found.locations] == [asking.sightings[0].location.line, held.line]
    assert held.line


@pytest.mark.parametrize("format_", ROOTED)
def test_what_is_no_longer_asked_for_is_told_where_the_lock_file_records_it(format_):
    locked = lock(format_, [*HELD, Package("former")], ["direct", "former"])
    assert details(locked, manifest(format_, ["direct"])) == ["former: no longer asked for"]


@pytest.mark.parametrize("format_", FORMATS)
def test_one_finding_a_manifest_names_the_first_three(format_):
    asking = manifest(format_, ["direct >=2", "one", "two", "three", "four", "five"])
    (found,) = locks.drift(lock(format_, HELD, ["direct"]), [asking])
    assert found.detail == "one, two, three and 2 more: not in it; direct: in another version"
    assert len(found.locations) == 7


@pytest.mark.parametrize("format_", FORMATS)
def test_of_several_locked_versions_one_that_fits_is_enough(format_):
    twice = [Package("direct", (), "1.0.0"), Package("direct", (), "2.0.0")]
    assert not details(lock(format_, twice[1:], ["direct"]), manifest(format_, ["direct >=2"]))
    if format_ in ("uv", "poetry", "pdm", "pnpm", "pnpm 5", "yarn 1"):  # a key can stand once in the others
        assert not details(lock(format_, twice, ["direct"]), manifest(format_, ["direct >=2"]))


def test_a_pylock_may_be_of_something_else():
    assert not details(lock("pylock", HELD), manifest("pylock", ["direct", "added"]))


PYPROJECT = """\
[project]
name = "app"
version = "1"
dependencies = ["direct", "app[fast]", "old; python_version < '3'", "pinned>=9", "gitted", "here"]
[build-system]
requires = ["builder"]
[project.optional-dependencies]
fast = ["quick"]
[dependency-groups]
dev = ["direct", "below", "tester", "linter"]
[tool.hatch.envs.docs]
dependencies = ["docs-tool", "direct"]
[tool.uv]
override-dependencies = ["pinned==1"]
[tool.uv.sources]
gitted = { git = "https://git.example/gitted" }
here = { path = "here" }
"""


def test_uv_locks_extras_but_no_build_requirements_overrides_or_other_tools_groups():
    held = [*HELD, Package("pinned"), Package("tester")]
    found = details(lock("uv", held, ["direct", "pinned", "gitted", "here"]), read("pyproject.toml", PYPROJECT))
    assert found == ["quick, linter: not in it"]


def test_a_group_of_which_little_is_locked_was_not_asked_for():
    text = '[project]\nname = "app"\nversion = "1"\ndependencies = ["direct"]\n[dependency-groups]\n'
    few = read("pyproject.toml", text + 'dev = ["below", "one", "two"]\n')
    most = read("pyproject.toml", text + 'dev = ["below", "direct", "also", "one"]\n')
    for format_ in ("poetry", "pdm", "uv"):
        held = lock(format_, [*HELD, Package("also")], ["direct", "below", "also"])
        assert not any("one" in detail for detail in details(held, few)), format_
        assert details(held, most) == ["one: not in it"], format_


POETRY = """\
[tool.poetry]
name = "app"
[tool.poetry.dependencies]
python = "^3.11"
direct = "^1.2"
below = "~1.0"
old = { version = "1", python = "<3" }
maybe = { version = "*", optional = true }
several = [{ version = "1", python = "<3.12" }, { version = "2", python = ">=3.12" }]
setuptools = "*"
here = { path = "../here" }
"""


def test_poetrys_own_notation_is_read():
    asking = read("pyproject.toml", POETRY)
    assert not details(lock("poetry", [*HELD, Package("several", (), "2.0")]), asking)
    old = [Package("direct", (), "2.0.0"), Package("below", (), "1.1")]
    assert details(lock("poetry", old), asking) == ["direct, below: in another version"]


def test_a_pdm_lock_of_some_groups_is_not_called_stale():
    some = pdm_lock.read(HERE / "pdm.docs.lock", lambda path: lock_texts.pdm_lock(HELD, []))
    assert not details(some, manifest("pdm", ["direct", "added"]))


PACKAGE = """{
"name": "app",
"workspaces": ["packages/*"],
"dependencies": {"direct": "^1.5.0", "member": "^1.0.0", "given": "npm:real@^1", "forced": "^9", "tagged": "latest"},
"devDependencies": {"tool": "workspace:*", "linked": "link:../linked", "away": "git+https://git.example/away"},
"peerDependencies": {"peer": "*"},
"optionalDependencies": {"perhaps": "*"},
"bundledDependencies": ["inside"],
"packageManager": "yarn@1.22.22",
"overrides": {"forced": "1.0.0"},
"resolutions": {"forced": "1.0.0"}
}"""


@pytest.mark.parametrize("format_", sorted({"npm", "npm 1", "pnpm", "yarn 1", "yarn 4", "bun"}))
def test_what_npms_clients_leave_out_by_right_is_not_missing(format_):
    held = [*HELD, Package("real"), Package("forced"), Package("tagged")]
    recorded = ["direct", "member", "given", "forced", "tagged"] if format_ in ROOTED else []
    member = read("packages/member/package.json", '{"name": "member", "version": "1.0.0"}')
    assert not details(lock(format_, held, recorded), read("package.json", PACKAGE), member)


def test_a_member_is_held_against_the_lock_file_above_only_if_that_knows_it():
    locked = """{"lockfileVersion": 3, "packages": {"": {"name": "app", "workspaces": ["a"]},
        "a": {"name": "a", "dependencies": {"direct": "^1"}},
        "node_modules/a": {"resolved": "a", "link": true},
        "node_modules/direct": {"version": "1.0.0", "resolved": "https://registry.example/direct/-/direct-1.0.0.tgz"}}}"""
    root = read("package.json", '{"name": "app", "workspaces": ["a"]}')
    member, stranger = manifest("npm", ["direct", "added"], "a"), manifest("npm", ["another"], "b")
    assert details(read("package-lock.json", locked), root, member, stranger) == ["added: not in it"]


def test_what_node_modules_says_of_itself_is_no_lock_of_a_project():
    place = HERE / "node_modules/.package-lock.json"
    hidden = package_lock.read(place, lambda path: lock_texts.package_lock(HELD, []))
    assert not details(hidden, manifest("npm", ["added"], "node_modules"))


def test_a_name_that_is_none_is_left_to_the_judge():
    assert not details(
        lock("npm", HELD, ["direct"]), read("package.json", '{"dependencies": {"direct": "*", "A b": "1"}}')
    )
