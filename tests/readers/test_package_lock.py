"""npm's lock files in every version: what npm would download, whatever the lock calls it."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.errors import InputError
from slopguard.model import Source

from .files import HERE, brief, holding_paths, refusal

ROOT = "https://registry.example/"
SHA512 = "sha512-" + base64.b64encode(b"\x01" * 64).decode()


def read(document, name="package-lock.json"):
    text = document if isinstance(document, str) else json.dumps(document, indent=2)
    return readers.read(HERE / name, holding_paths({name: text}))


def packages(**entries):
    """The one sighting of a version 3 lock with one package, `node_modules/foo` unless `key` says otherwise."""
    key = entries.pop("key", "node_modules/foo")
    (found,) = read({"lockfileVersion": 3, "packages": {"": {"name": "app"}, key: entries}}).sightings
    return found


def test_a_package_of_the_registry_comes_with_index_version_and_digest():
    found = packages(version="1.2.3", resolved=f"{ROOT}foo/-/foo-1.2.3.tgz", integrity=SHA512, dev=True)
    assert brief(found) == ("foo", "", "1.2.3", "registry", ROOT)
    assert found.digests == {"sha512:" + "01" * 64}
    assert found.extra == {"group": "devDependencies", "origins": "https://registry.example"}
    assert not found.source.trusted
    assert found.location.line == 7


@pytest.mark.parametrize("name", ["package-lock.json", "npm-shrinkwrap.json", ".package-lock.json"])
def test_every_name_of_the_file_is_read_as_a_lock(name):
    reading = read({"packages": {"node_modules/foo": {"version": "1.0.0"}}}, name)
    assert reading.locked
    assert [s.raw for s in reading.sightings] == ["foo"]


@pytest.mark.parametrize(
    ("entry", "expected", "alias"),
    [
        (
            {"key": "node_modules/a/node_modules/@s/b", "version": "1.0.0", "resolved": f"{ROOT}@s/b/-/b-1.0.0.tgz"},
            ("@s/b", "", "1.0.0", "registry", ROOT),
            None,
        ),
        (
            {"version": "1.0.0", "resolved": f"{ROOT}@s%2fb/-/b-1.0.0.tgz?x=1"},
            ("@s/b", "", "1.0.0", "registry", ROOT),
            "foo",
        ),
        ({"version": "1.0.0", "name": "real"}, ("real", "", "1.0.0", "registry", None), "foo"),
        (
            {"version": "4.17.21", "resolved": f"{ROOT}evil/-/evil-9.9.9.tgz"},
            ("evil", "", "9.9.9", "registry", ROOT),
            "foo",
        ),
        (
            {"version": "1.0.0", "resolved": "https://u:s3cret@evil.example/npm/foo/-/foo-1.0.0.tgz"},
            ("foo", "", "1.0.0", "registry", "https://evil.example/npm/"),
            None,
        ),
        (
            {"version": "1.0.0", "resolved": "https://evil.example/download/foo.tgz"},
            ("foo", "", "1.0.0", "url", "https://evil.example/download/foo.tgz"),
            None,
        ),
        (
            {"version": "1.0.0", "resolved": "git+ssh://git@git.example/u/foo.git#0123"},
            ("foo", "", "1.0.0", "vcs", "git+ssh://git.example/u/foo.git"),
            None,
        ),
        (
            {"version": "1.0.0", "resolved": "file:vendor/foo.tgz"},
            ("foo", "", "1.0.0", "path", "/project/vendor/foo.tgz"),
            None,
        ),
        ({"version": "1.0.0", "resolved": "npm:evil@2.0.0"}, ("evil", "", "2.0.0", "registry", None), "foo"),
        ({"version": "npm:evil@2.0.0"}, ("evil", "", "2.0.0", "registry", None), "foo"),
        (
            {"version": "https://evil.example/x.tgz"},
            ("foo", "", None, "url", "https://evil.example/x.tgz"),
            None,
        ),
        ({"version": "1.0.0", "resolved": "next"}, ("foo", "", None, "registry", None), None),
        ({"version": "1.0.0"}, ("foo", "", "1.0.0", "registry", None), None),
        ({"resolved": "packages/foo", "link": True}, ("foo", "", None, "workspace", "/project/packages/foo"), None),
        ({"resolved": "../foo", "link": True}, ("foo", "", None, "path", "/foo"), None),
        (
            {"key": "packages/lib", "name": "@s/lib", "version": "0.1.0"},
            ("@s/lib", "", "0.1.0", "workspace", "/project/packages/lib"),
            None,
        ),
        ({"key": "packages/lib"}, ("lib", "", None, "workspace", "/project/packages/lib"), None),
    ],
)
def test_what_is_downloaded_counts_not_the_folder_it_lands_in(entry, expected, alias):
    found = packages(**entry)
    assert brief(found) == expected
    assert found.extra.get("alias") == alias
    assert "s3cret" not in repr(found)


def test_a_lock_without_addresses_means_the_clients_own_registry():
    assert packages(version="1.0.0", integrity=SHA512).source == Source()


@pytest.mark.parametrize("entry", [{"version": "^1"}, {"version": "1.0.0", "resolved": "next"}])
def test_an_entry_that_npm_would_look_up_is_not_as_recorded(entry):
    assert not packages(**entry).source.trusted


@pytest.mark.parametrize("mark", ["inBundle", "bundled"])
def test_a_bundled_package_is_marked(mark):
    assert packages(version="1.0.0", **{mark: True}).extra == {"bundled": "1"}


def test_an_optional_package_is_marked():
    assert packages(version="1.0.0", optional=True).extra == {"optional": "1"}


@pytest.mark.parametrize("integrity", ["", "sha512-???", "sha512-A", "md5-AAAA", None, 7])
def test_ill_formed_integrity_pins_nothing(integrity):
    assert packages(version="1.0.0", integrity=integrity).digests == frozenset()


OLD = {
    "lockfileVersion": 1,
    "dependencies": {
        "foo": {
            "version": "1.0.0",
            "resolved": f"{ROOT}foo/-/foo-1.0.0.tgz",
            "integrity": f"{SHA512} sha1-AQ==",
            "dependencies": {"inner": {"version": "2.0.0", "bundled": True}},
        },
        "alias": {"version": "npm:real@3.0.0", "resolved": f"{ROOT}real/-/real-3.0.0.tgz"},
        "repo": {"version": "git+https://git.example/u/repo.git#0123", "from": "git+https://git.example/u/repo.git"},
        "tarball": {"version": "https://h.example/t.tgz"},
        "local": {"version": "file:../local"},
    },
}


def test_version_1_is_a_tree_of_specs():
    reading = read(OLD)
    assert [brief(s) for s in reading.sightings] == [
        ("foo", "", "1.0.0", "registry", ROOT),
        ("inner", "", "2.0.0", "registry", None),
        ("real", "", "3.0.0", "registry", ROOT),
        ("repo", "", None, "vcs", "git+https://git.example/u/repo.git"),
        ("tarball", "", None, "url", "https://h.example/t.tgz"),
        ("local", "", None, "path", "/local"),
    ]
    assert reading.sightings[0].digests == {"sha512:" + "01" * 64, "sha1:01"}
    assert reading.sightings[2].extra["alias"] == "alias"
    assert not reading.problems


def test_version_2_hides_nothing_from_either_reader():
    address = f"{ROOT}foo/-/foo-1.0.0.tgz"
    reading = read(
        {
            "lockfileVersion": 2,
            "packages": {"node_modules/foo": {"version": "1.0.0", "resolved": address}},
            "dependencies": {
                "foo": {"version": "1.0.0", "resolved": address},
                "only-old-npm-sees-me": {"version": "6.6.6"},
            },
        }
    )
    assert [(s.raw, s.version) for s in reading.sightings] == [("foo", "1.0.0"), ("only-old-npm-sees-me", "6.6.6")]


def test_an_entry_that_says_nothing_is_undecidable():
    reading = read({"packages": {"node_modules/foo": {}}})
    assert [(problem.code, problem.location.line) for problem in reading.problems] == [("undecidable", 3)]


def test_a_folder_that_only_holds_packages_is_none():
    held = {"version": "1.0.0", "integrity": SHA512}
    old = {"../lib": {"dependencies": {"foo": held}}, "packages/a": {"dependencies": {"bar": held}}}
    reading = read({"lockfileVersion": 2, "packages": {"node_modules/.store/x/1.0.0": {}}, "dependencies": old})
    assert [sighting.raw for sighting in reading.sightings] == ["foo", "bar"]
    assert not reading.problems


def test_what_would_be_fetched_has_to_have_a_name_whatever_folder_it_lands_in():
    assert packages(key="node_modules/.store/x", version="1.0.0").raw == ".store/x"


def test_a_broken_file_is_refused_with_path_and_line():
    with pytest.raises(InputError, match=r"^/project/package-lock\.json:2: not valid JSON$"):
        read('{\n"packages": }')


def test_deep_trees_do_not_exhaust_the_stack():
    levels = "".join(f'"dependencies": {{"x": {{"version": "1.0.{i}", ' for i in range(300))
    text = "{" + levels + '"dependencies": {}' + "}}" * 300 + "}"
    assert len(read(text).sightings) == 300


KEYS = ["packages", "dependencies", "node_modules/a", "packages/b", "version", "resolved", "link", "name", "integrity"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([ROOT, "npm:x@1", "git+x:y"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_no_shape_is_too_odd(document):
    read(document)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    words = refusal(read, text)
    assert not words or words.startswith("/project/package-lock.json:")
