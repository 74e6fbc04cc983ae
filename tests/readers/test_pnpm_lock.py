"""pnpm's lock files in every version: what pnpm would download, whatever the key looks like."""

from __future__ import annotations

import base64

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.readers.pnpm_lock import split

from .files import HERE, brief, holding_paths, refusal

SHA512 = "sha512-" + base64.b64encode(b"\x01" * 64).decode()
ROOT = "https://registry.example/"


def read(document, name="pnpm-lock.yaml"):
    text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False, width=4096)
    return readers.read(HERE / name, holding_paths({name: text}))


def package(key, version="9.0", **fields):
    """The one sighting of a lock with one package."""
    resolution = fields.pop("resolution", {"integrity": SHA512})
    reading = read({"lockfileVersion": version, "packages": {key: {"resolution": resolution, **fields}}})
    assert reading.problems == ()
    (found,) = reading.sightings
    return found


@pytest.mark.parametrize(
    ("key", "name", "version"),
    [
        ("foo@1.10.0", "foo", "1.10.0"),
        ("@acme/foo@1.2.3", "@acme/foo", "1.2.3"),
        ("foo@1.2.3(bar@1.0.0)", "foo", "1.2.3"),
        ("foo@1.2.3(bar@1.0.0(baz@2.0.0))(patch_hash=abc)", "foo", "1.2.3"),
        ("/foo@1.2.3", "foo", "1.2.3"),
        ("/@acme/foo@1.2.3(bar@1.0.0)", "@acme/foo", "1.2.3"),
        ("/foo/1.2.3", "foo", "1.2.3"),
        ("/foo/1.2.3_bar@1.0.0", "foo", "1.2.3"),
        ("/@acme/foo/1.2.3_bar@1.0.0+baz@2.0.0", "@acme/foo", "1.2.3"),
        ("registry.example/@acme/foo/1.2.3", "@acme/foo", "1.2.3"),
        ("registry.example/foo/1.2.3-rc.1", "foo", "1.2.3-rc.1"),
    ],
)
def test_a_package_of_the_registry_in_every_notation(key, name, version):
    found = package(key)
    assert brief(found) == (name, "", version, "registry", None)
    assert found.digests == {"sha512:" + "01" * 64}
    assert found.source.trusted
    assert found.location.line == 3


FILE, GIT, NODE = "https://files.example/foo.tgz", "https://git.example/a.git", "https://node.example/x.tgz"
RUNTIME = {"type": "variations", "variants": [{"resolution": {"type": "binary", "url": NODE}}]}
BAR = f"{ROOT}bar/-/bar-1.0.0.tgz"


@pytest.mark.parametrize(
    ("key", "resolution", "expected"),
    [
        (f"foo@{FILE}", {"tarball": FILE}, ("url", FILE)),
        (
            "foo@https://u:p@git.example/a.git#c0",
            {"type": "git", "repo": "https://u:p@git.example/a.git"},
            ("vcs", GIT),
        ),
        ("foo@file:../foo", {"type": "directory", "directory": "../foo"}, ("path", "/foo")),
        ("foo@file:foo-1.0.0.tgz", {"tarball": "file:foo-1.0.0.tgz"}, ("path", "/project/foo-1.0.0.tgz")),
        ("node@runtime:22.0.0", RUNTIME, ("url", NODE)),
        ("foo@work:1.0.0", {"integrity": SHA512}, ("registry", "work:")),
        ("foo@1.0.0", {"tarball": "git.example:a/b.git"}, ("url", "git.example:a/b.git")),
        ("foo@1.0.0", {"tarball": "//evil.example/foo.tgz"}, ("url", "//evil.example/foo.tgz")),
        ("foo@1.0.0", {"integrity": SHA512, "tarball": BAR}, ("url", BAR)),
    ],
)
def test_what_comes_from_elsewhere_is_said_to(key, resolution, expected):
    found = package(key, resolution=resolution)
    assert (str(found.source.kind), found.source.index) == expected
    assert not found.source.trusted
    assert found.raw in ("foo", "node")


@pytest.mark.parametrize("url", [f"{ROOT}foo/-/foo-1.0.0.tgz", "https://files.example/download/foo/1"])
def test_an_address_that_the_registry_gave_is_the_registrys_and_its_host_is_told(url):
    found = package("foo@1.0.0", resolution={"integrity": SHA512, "tarball": url})
    assert brief(found) == ("foo", "", "1.0.0", "registry", None)
    assert found.extra == {"origins": "/".join(url.split("/")[:3])}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"resolution": {}, "name": "bar"},
        {"resolution": {"integrity": SHA512}, "name": "bar"},
        {"resolution": {"integrity": SHA512}, "version": "9.0.0"},
        {"resolution": {"type": "custom:cdn", "cdnUrl": "https://cdn.example/"}},
    ],
)
def test_an_entry_that_two_versions_of_pnpm_read_differently_or_none_is_undecidable(fields):
    key = "foo@1.0.0" if fields else "foo"
    reading = read({"packages": {key: fields}})
    assert [problem.code for problem in reading.problems] == ["undecidable"]
    assert reading.sightings == ()


def test_every_document_of_a_file_counts():
    first = {
        "importers": {".": {"configDependencies": {}}},
        "packages": {"conf@1.0.0": {"resolution": {"integrity": SHA512}}},
    }
    second = {"packages": {"foo@1.0.0": {"resolution": {"integrity": SHA512}}}}
    text = yaml.safe_dump_all([first, second], explicit_start=True)
    reading = read(text)
    assert [s.raw for s in reading.sightings] == ["conf", "foo"]
    assert reading.locked


def test_nothing_hides_behind_a_merge_key():
    text = f"a: &a\n  foo@1.0.0:\n    resolution: {{integrity: {SHA512}}}\npackages:\n  <<: *a\n"
    assert [s.raw for s in read(text).sightings] == ["foo"]


@pytest.mark.parametrize("name", ["pnpm-lock.yaml", "pnpm-lock.main.yaml"])
def test_the_lock_files_of_branches_are_read_too(name):
    assert read({"packages": {"foo@1.0.0": {"resolution": {"integrity": SHA512}}}}, name).locked


@pytest.mark.parametrize(
    "text", ["a: [", "- a\n", "a: !!python/object:os.system x\n", "\x00", "a: &a [*a]\npackages: *b\n"]
)
def test_what_is_no_yaml_mapping_is_refused_with_its_place(text):
    assert "pnpm-lock.yaml" in refusal(read, text)


NAMES = st.from_regex(r"(@[a-z][a-z0-9-]{0,8}/)?[a-z][a-z0-9._-]{0,12}", fullmatch=True)
VERSIONS = st.from_regex(r"[1-9]?[0-9]\.[0-9]{1,2}\.[0-9]{1,2}(-(rc|beta)\.[0-9])?", fullmatch=True)
PEERS = st.recursive(
    st.just(""), lambda inner: st.builds(lambda n, v, i: f"({n}@{v}{i})", NAMES, VERSIONS, inner), max_leaves=4
)


@given(NAMES, VERSIONS, PEERS, st.sampled_from(["", "/"]))
def test_a_key_names_its_package_whatever_peers_follow(name, version, peers, slash):
    assert split(f"{slash}{name}@{version}{peers}") == (name, version)


@given(NAMES, VERSIONS, st.sampled_from(["", "_react@1.0.0", "_react@1.0.0+vue@2.0.0"]))
def test_so_does_one_of_version_5(name, version, peers):
    assert split(f"/{name}/{version}{peers}") == (name, version)


@given(st.text())
def test_no_text_breaks_the_reader(text):
    refusal(read, text)
