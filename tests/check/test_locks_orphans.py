"""What stands in a lock file although neither a manifest nor another package asks for it was written there by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.check import locks
from slopguard.readers import uv_lock
from slopguard.readers.requires import reachable

from ..readers.files import HERE
from .lock_texts import INDEX, ROOTED, WRITERS, Package, lock, manifest, read

FORMATS = sorted(WRITERS)
DIRECT, BELOW, PLANTED = Package("direct", ("below",)), Package("below"), Package("planted")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_package_that_nobody_asks_for_is_an_orphan(format_):
    locked = lock(format_, [DIRECT, BELOW, PLANTED], ["direct"])
    assert locks.orphans(locked, [manifest(format_, ["direct"])]) == {"planted"}


@pytest.mark.parametrize("format_", FORMATS)
def test_what_a_manifest_or_a_package_asks_for_is_none(format_):
    locked = lock(format_, [DIRECT, BELOW, PLANTED], ["direct", "planted"])
    assert not locks.orphans(locked, [manifest(format_, ["direct", "planted"])])
    chained = lock(format_, [DIRECT, Package("below", ("planted",)), PLANTED], ["direct"])
    assert not locks.orphans(chained, [manifest(format_, ["direct"])])


@pytest.mark.parametrize("format_", FORMATS)
def test_packages_that_ask_for_each_other_are_still_asked_for_by_nobody(format_):
    pair = [Package("one", ("other",)), Package("other", ("one",))]
    locked = lock(format_, [DIRECT, BELOW, *pair], ["direct"])
    assert locks.orphans(locked, [manifest(format_, ["direct"])]) == {"one", "other"}


@pytest.mark.parametrize("format_", ROOTED)
def test_the_manifest_says_what_is_asked_for_not_the_lock_files_record_of_it(format_):
    forged = lock(format_, [DIRECT, BELOW, PLANTED], ["direct", "planted"])
    assert locks.orphans(forged, [manifest(format_, ["direct"])]) == {"planted"}


@pytest.mark.parametrize("format_", FORMATS)
def test_without_a_manifest_the_record_counts_and_without_that_nothing_is_accused(format_):
    found = locks.orphans(lock(format_, [DIRECT, BELOW, PLANTED], ["direct"]), [])
    assert found == ({"planted"} if format_ in ROOTED else set())


@pytest.mark.parametrize("format_", ["uv", "poetry"])
def test_a_manifest_that_cannot_be_decided_accuses_nobody_by_itself(format_):
    dynamic = read("pyproject.toml", '[project]\nname = "app"\nversion = "1"\ndynamic = ["dependencies"]\n')
    assert dynamic.problems
    recorded = locks.orphans(lock(format_, [DIRECT, BELOW, PLANTED], ["direct"]), [dynamic])
    assert recorded == ({"planted"} if format_ == "uv" else set())


def test_a_pylock_made_of_something_else_than_the_project_has_no_orphans():
    made = lock("pylock", [DIRECT, BELOW, PLANTED])
    assert not locks.orphans(made, [manifest("pylock", ["another"])])


def test_the_manifests_of_other_folders_ask_for_nothing_here():
    locked = lock("npm", [DIRECT, BELOW, PLANTED], ["direct"], folder="a")
    elsewhere = [manifest("npm", ["planted"]), manifest("npm", ["planted"], "b"), manifest("npm", ["planted"], "ab")]
    assert locks.orphans(locked, [manifest("npm", ["direct"], "a"), *elsewhere]) == {"planted"}


def test_a_requirement_file_beside_asks_nothing_of_a_projects_lock_file():
    beside = read("requirements.txt", "planted\ndirect==9\n")
    locked = lock("uv", [DIRECT, BELOW, PLANTED], ["direct"])
    assert locks.orphans(locked, [manifest("uv", ["direct"]), beside]) == {"planted"}
    assert not locks.drift(locked, [manifest("uv", ["direct"]), beside])


def test_the_file_of_pnpms_workspace_asks_too():
    text = "packages: [a]\noverrides:\n  direct: npm:planted@1\n"
    locked = lock("pnpm", [DIRECT, BELOW, PLANTED], ["direct"])
    assert not locks.orphans(locked, [manifest("pnpm", ["direct"]), read("pnpm-workspace.yaml", text)])


def test_members_of_a_workspace_ask_too():
    locked = lock("yarn 1", [DIRECT, BELOW, PLANTED])
    root = read("package.json", '{"workspaces": ["packages/*"], "dependencies": {"direct": "*"}}')
    assert not locks.orphans(locked, [root])  # a member that is not there may ask for anything
    assert not locks.orphans(locked, [root, manifest("yarn 1", ["planted"], "packages/a")])
    assert locks.orphans(locked, [root, manifest("yarn 1", ["direct"], "packages/a")]) == {"planted"}


def test_the_lock_of_a_script_is_held_against_the_script():
    text = '# /// script\n# dependencies = ["direct"]\n# ///\n'
    locked = 'version = 1\n[manifest]\nrequirements = [{ name = "direct" }, { name = "planted" }]\n'
    for name in ("direct", "planted"):
        locked += f'[[package]]\nname = "{name}"\nversion = "1"\nsource = {{ registry = "{INDEX}" }}\n'
    found = uv_lock.read(HERE / "tool.py.lock", lambda path: locked)
    assert not locks.orphans(found, [])
    assert locks.orphans(found, [read("tool.py", text)]) == {"planted"}


ALIASED = """{"lockfileVersion": 3, "packages": {
"": {"dependencies": {"short": "npm:real@^1"}},
"node_modules/short": {"name": "real", "version": "1.0.0", "resolved": "https://registry.example/real/-/real-1.0.0.tgz"}}}
"""


def test_an_alias_asks_for_what_it_stands_for():
    asking = read("package.json", '{"dependencies": {"short": "npm:real@^1"}}')
    assert not locks.orphans(read("package-lock.json", ALIASED), [asking])
    assert not locks.orphans(read("package-lock.json", ALIASED), [])
    plain = read("package.json", '{"dependencies": {"short": "^1"}}')
    assert locks.orphans(read("package-lock.json", ALIASED), [plain]) == {"real"}


@pytest.mark.parametrize("format_", ["npm", "npm 1", "yarn 1", "bun"])
def test_the_archive_of_another_package_is_that_package_and_nobody_asks_for_it(format_):
    locked = lock(format_, [Package("direct", file="evil")], ["direct"])
    assert [s.raw for s in locked.sightings] == ["evil"]
    assert locks.orphans(locked, [manifest(format_, ["direct"])]) == {"evil"}


@pytest.mark.parametrize("format_", ["uv", "pdm", "pylock"])
def test_a_file_of_another_package_is_that_package_and_nobody_asks_for_it(format_):
    locked = lock(format_, [Package("direct", ("below",), file="evil", digest="cd" * 32), BELOW], ["direct"])
    found = {s.raw: s for s in locked.sightings if s.raw != "app"}
    assert list(found) == ["direct", "evil", "below"]
    assert (found["evil"].version, found["evil"].digests) == ("1.0.0", {f"sha256:{'cd' * 32}"})
    assert locks.orphans(locked, [manifest(format_, ["direct"])]) == {"evil"}


NAMES = ("aa", "bb", "cc", "dd", "ee")
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)).map(sorted), min_size=1)


@given(st.sampled_from(FORMATS), GRAPHS, st.sets(st.sampled_from(NAMES)).map(sorted))
@settings(max_examples=150, deadline=None)
def test_every_format_tells_exactly_what_cannot_be_reached(format_, graph, direct):
    packages = [Package(name, tuple(wanted)) for name, wanted in sorted(graph.items())]
    reached, waiting = set(direct), list(direct)
    while waiting:
        new = set(graph.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    found = locks.orphans(lock(format_, packages, direct), [manifest(format_, direct)])
    told = format_ != "pylock" or (any(graph.values()) and set(direct) <= graph.keys())
    assert found == (graph.keys() - reached if told else set())


@given(GRAPHS, st.sets(st.sampled_from(NAMES)))
def test_reachability_is_closed_and_minimal(graph, start):
    requires = {name: frozenset(wanted) for name, wanted in graph.items()}
    found = reachable(requires, start)
    assert start <= found
    assert all(requires.get(name, frozenset()) <= found for name in found)
    assert all(name in start or any(name in requires.get(other, ()) for other in found) for name in found)


def test_a_chain_of_any_length_is_followed():
    requires = {str(number): frozenset({str(number + 1)}) for number in range(100_000)}
    assert len(reachable(requires, ["0"])) == 100_001


def test_the_python_formats_compare_names_in_their_normal_form():
    for format_ in ("poetry", "pdm"):
        locked = lock(format_, [Package("Direct.One", ("Below_Two",)), Package("below-two")])
        assert not locks.orphans(locked, [manifest(format_, ["direct_one"])])
