"""What lock files say of who requires what, and files of another package below a package's name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.errors import InputError
from slopguard.model import Ecosystem, Sighting
from slopguard.readers import requires
from slopguard.readers.release_files import strangers

from .files import HERE, holding_paths, refusal


def read(name, text):
    return readers.read(HERE / name, holding_paths({name: text}))


UV = """\
version = 1
[manifest]
members = ["app", "part"]
[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ name = "one" }]
[package.optional-dependencies]
fast = [{ name = "two" }]
[package.dev-dependencies]
dev = [{ name = "three" }]
[package.metadata]
requires-dist = [{ name = "one" }, { name = "elsewhere", marker = "sys_platform == 'x'" }]
[[package]]
name = "part"
source = { virtual = "packages/part" }
dependencies = [{ name = "four" }]
[[package]]
name = "beside"
source = { directory = "../beside" }
dependencies = [{ name = "five" }]
[[package]]
name = "one"
version = "1"
source = { registry = "https://registry.example/simple" }
[package.optional-dependencies]
more = [{ name = "six" }]
"""


def test_uv_records_its_projects_with_extras_groups_and_what_no_platform_needs():
    reading = read("uv.lock", UV)
    assert reading.roots == {"": {"one", "two", "three", "elsewhere"}, "packages/part": {"four"}}
    assert reading.requires["one"] == {"six"}
    assert reading.requires["beside"] == {"five"}


POETRY = """\
[[package]]
name = "One.Two"
version = "1"
[package.dependencies]
Three_Four = ">=1"
Five = {version = "*", optional = true}
[package.extras]
more = ["Six (>=1)", "seven[x]"]
[metadata]
lock-version = "2.1"
"""


def test_poetry_records_what_extras_require_and_no_projects():
    reading = read("poetry.lock", POETRY)
    assert reading.requires == {"one-two": {"three-four", "five", "six", "seven"}}
    assert reading.roots is None


PDM = """\
[metadata]
lock_version = "4.5"
[[package]]
name = "one"
version = "1"
dependencies = ["two>=1; os_name == 'nt'", "one[more]", "-e file:///${PROJECT_ROOT}/x#egg=three"]
[[package]]
name = "one"
extras = ["more"]
version = "1"
dependencies = ["Four==1"]
"""


def test_pdm_lists_a_package_once_for_each_set_of_extras():
    reading = read("pdm.lock", PDM)
    assert reading.requires["one"] >= {"one", "two", "three", "four"}


def test_a_pylock_that_never_says_what_is_required_says_so():
    text = 'lock-version = "1.0"\n[[packages]]\nname = "one"\nversion = "1"\n'
    assert read("pylock.toml", text).requires is None
    assert read("pylock.toml", text + 'dependencies = [{name = "Two"}]\n').requires == {"one": {"two"}}


NPM = """{"lockfileVersion": 3, "packages": {
"": {"dependencies": {"a": "1"}, "devDependencies": {"b": "1"}, "workspaces": ["packages/*"]},
"packages/x": {"name": "x", "optionalDependencies": {"c": "1"}, "devDependencies": {"d": "1"}},
"node_modules/x": {"resolved": "packages/x", "link": true},
"node_modules/a": {"version": "1.0.0", "peerDependencies": {"p": "*"}, "devDependencies": {"never": "1"},
  "dependencies": {"short": "npm:@s/real@^1"}, "bundleDependencies": ["inside"]},
"node_modules/b/node_modules/a": {"version": "2.0.0", "dependencies": {"e": "1"}}}}
"""


def test_npm_records_workspaces_peers_aliases_and_bundles():
    reading = read("package-lock.json", NPM)
    assert reading.roots == {"": {"a", "b"}, "packages/x": {"c", "d"}}
    assert reading.requires["a"] == {"p", "short", "@s/real", "inside", "e"}
    assert reading.requires["x"] == {"c", "d"}


NPM_1 = """{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0", "requires": {"b": "1"},
"dependencies": {"inside": {"version": "1.0.0", "bundled": true}, "below": {"version": "1.0.0", "requires": true}}}}}
"""


def test_npm_1_records_no_projects_and_what_an_archive_brings_along_is_required_by_it():
    reading = read("package-lock.json", NPM_1)
    assert reading.roots is None
    assert reading.requires == {"a": {"b", "inside"}, "inside": set(), "below": set()}


PNPM = """\
lockfileVersion: '9.0'
importers:
  .:
    configDependencies:
      conf: {specifier: 1.0.0, version: 1.0.0}
    dependencies:
      short: {specifier: 'npm:real@^1', version: real@1.0.0}
  packages/x:
    devDependencies:
      linked: {specifier: 'workspace:*', version: link:../linked}
packages:
  real@1.0.0:
    resolution: {integrity: sha512-AA==}
    peerDependencies: {peer: '*'}
snapshots:
  real@1.0.0(peer@2.0.0):
    dependencies:
      old: /@s/older/1.0.0_x
      peer: 2.0.0
    optionalDependencies: {perhaps: 1.0.0}
"""


def test_pnpm_records_importers_aliases_and_what_it_installs_for_itself():
    reading = read("pnpm-lock.yaml", PNPM)
    assert reading.roots == {"": {"short", "real"}, "<pnpm>": {"conf"}, "packages/x": {"linked"}}
    assert reading.requires == {"real": {"peer", "old", "@s/older", "perhaps"}}


YARN_4 = """\
__metadata:
  version: 8
"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    one: "npm:^1"
    patched: "patch:patched@npm%3A1.0.0#x.patch"
    "@std/fs": "jsr:^1"
"x@workspace:packages/x":
  version: 0.0.0-use.local
  resolution: "x@workspace:packages/x"
"one@npm:^1, uno@npm:one@1":
  version: 1.0.0
  resolution: "one@npm:1.0.0"
  dependencies:
    two: "npm:zwei@^2"
  peerDependencies:
    three: "*"
"""


def test_yarn_4_records_workspaces_and_aliases():
    reading = read("yarn.lock", YARN_4)
    assert reading.roots == {"": {"one", "patched", "@std/fs", "@jsr/std__fs"}, "packages/x": set()}
    assert reading.requires["one"] == reading.requires["uno"] == {"two", "zwei", "three"}


YARN_1 = """\
"one@^1", "uno@npm:one@1":
  version "1.0.0"
  resolved "https://registry.example/one/-/one-1.0.0.tgz"
  dependencies:
    "@s/two" "^2"
    three ">= 1"
  optionalDependencies:
    four "npm:vier@^4"
"""


def test_yarn_1_records_optional_dependencies_and_no_projects():
    reading = read("yarn.lock", YARN_1)
    assert reading.roots is None
    assert reading.requires["one"] == reading.requires["uno"] == {"@s/two", "three", "four", "vier"}


BUN = """{"lockfileVersion": 1, "overrides": {"forced": "npm:real@1"},
"workspaces": {"": {"name": "app", "dependencies": {"a": "1"}},
"packages/x": {"name": "x", "peerDependencies": {"b": "1"}}},
"packages": {"a": ["a@1.0.0", "", {"optionalPeers": ["q"], "peerDependencies": {"p": "*"}}, "sha512-AA=="],
"a/c": ["c@1.0.0", "", {}, "sha512-AA=="], "x": ["x@workspace:packages/x"]}}
"""


def test_bun_records_workspaces_by_name_and_folder_and_overrides():
    reading = read("bun.lock", BUN)
    assert reading.roots == {"": {"a"}, "packages/x": {"b"}}
    assert reading.requires == {"app": {"a"}, "x": {"b"}, "a": {"p"}, "c": set(), "forced": {"forced", "real"}}


@pytest.mark.parametrize(
    ("wanted", "real"),
    [
        ("npm:real@^1", "real"),
        ("npm:@s/real@1", "@s/real"),
        ("npm:real", "real"),
        ("npm:^1.0", "name"),
        ("npm:1.0.0", "name"),
        ("npm:", "name"),
        ("^1", "name"),
        ("patch:real@npm%3A1.0.0#fix.patch", "real"),
    ],
)
def test_an_alias_is_what_it_stands_for(wanted, real):
    assert requires.aliased("name", wanted) == real


@pytest.mark.parametrize(
    ("path", "folder"), [("", ""), (".", ""), ("./a/", "a"), ("a/../b", "b"), ("a\\b", "a/b"), ("../x", "../x")]
)
def test_folders_have_one_spelling(path, folder):
    assert requires.folder(path) == folder


OWN = [
    *("one_two-1.0-py3-none-any.whl", "One.Two-1.0-py3-none-any.whl", "one_two-1.0-1-py3-none-any.whl"),
    *("one-two-1.0.tar.gz", "one_two-v1.0.zip", "one-two.tar.gz", "one%5Ftwo-1.0.tar.gz"),
    *("one.two-1.0-py2.7.egg", "one-two-1.0.win32.exe", ""),
]
OTHERS = [
    *("evil-1.0-py3-none-any.whl", "one_two_evil-1.0-py3-none-any.whl", "onetwo-1.0.tar.gz", "one-1.0.tar.gz"),
    *("one-two-evil-1.0.tar.gz", "evil%2Fone_two-1.0%2F..%2Fevil-1.0-py3-none-any.whl"),
]


@pytest.mark.parametrize("file", OWN)
@pytest.mark.parametrize("name", ["one-two", "One.Two"])
def test_a_packages_own_files_are_no_strangers(name, file):
    package = Sighting(Ecosystem.PYPI, name, version="1.0")
    assert not list(strangers(package, [(f"https://files.example/a/{file}", frozenset())]))


@pytest.mark.parametrize("file", OTHERS)
def test_a_file_of_another_package_is_a_sighting_of_that(file):
    package = Sighting(Ecosystem.PYPI, "one-two", version="1.0")
    digests = frozenset({"sha256:ab"})
    (found,) = strangers(package, [(f"https://files.example/{file}?x=1", digests)] * 2)
    assert found.raw.replace("_", "-") != "one-two"
    assert (found.version, found.digests) == ("1.0", digests)


@given(st.text(min_size=1, max_size=20), st.lists(st.text(max_size=40), max_size=5))
def test_any_file_name_is_read(name, files):
    list(strangers(Sighting(Ecosystem.PYPI, name), [(file, frozenset()) for file in files]))


PIECES = [
    "dependencies:",
    "    a b",
    '    "a" "npm:b@1"',
    '"a@1":',
    "  version 1",
    "    ",
    '    "',
    '    a "x',
    "__metadata:",
    "  resolution: a@workspace:x",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | st.just("npm:a@1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "packages",
                    "",
                    "node_modules/a",
                    "dependencies",
                    "requires",
                    "workspaces",
                    "importers",
                    "snapshots",
                    "a@1",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(
    st.sampled_from(["package-lock.json", "bun.lock", "pnpm-lock.yaml", "yarn.lock"]),
    JSON.filter(lambda v: isinstance(v, dict)),
)
def test_whatever_the_shape_of_the_tables_names_come_out(name, value):
    text = json.dumps({"__metadata": {}, **value} if name == "yarn.lock" else value)
    try:
        reading = read(name, text)
    except InputError:
        return
    for table in (reading.requires or {}, reading.roots or {}):
        assert all(isinstance(each, str) for names in table.values() for each in names)


@given(st.lists(st.sampled_from(PIECES)).map("\n".join))
def test_lines_of_yarn_1_are_read_or_refused(text):
    words = refusal(lambda text: read("yarn.lock", text), text)
    assert not words or words.startswith("/project/yarn.lock:")
