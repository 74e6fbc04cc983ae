"""Packuments: judged without being changed, filtered without a dangling tag, rendered full and abbreviated."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import UpstreamError
from slopguard.model import Existence
from slopguard.registries.npm.packument import CORGI_TYPE, Packument, parse_packument, wants_corgi

SHA512 = "sha512-" + "A" * 86 + "=="
BASE = "http://127.0.0.1:9/npm/d/"


def manifest(version: str, **more: Any) -> dict[str, Any]:
    tarball = f"https://registry.example/x/-/x-{version}.tgz"
    return {
        "name": "x",
        "version": version,
        "dist": {"tarball": tarball, "integrity": SHA512, "shasum": "a" * 40},
        **more,
    }


def document(*versions: str, tags: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    times = {"created": "2019-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z"}
    return {
        "name": "x",
        "dist-tags": tags or {},
        "versions": {v: manifest(v) for v in versions},
        "time": {**times, **dict.fromkeys(versions, "2020-01-01T00:00:00.000Z")},
        **more,
    }


def parsed(body: dict[str, Any]) -> Packument:
    return parse_packument("x", json.dumps(body).encode())


def test_facts_carry_dates_digests_scripts_and_deprecations() -> None:
    body = document("1.0.0", "1.1.0", "1.2.0")
    body["versions"]["1.1.0"] |= {"deprecated": "old", "scripts": {"postinstall": "x"}}
    body["versions"]["1.2.0"] |= {"hasInstallScript": True, "deprecated": False, "scripts": {"test": "x"}}
    facts = parsed(body).facts()
    assert facts.existence is Existence.YES
    assert facts.dated
    assert [(r.version, r.yanked, r.install_script) for r in facts.releases] == [
        ("1.0.0", False, False),
        ("1.1.0", True, True),
        ("1.2.0", False, True),
    ]
    assert facts.releases[0].digests == {"sha1:" + "a" * 40, "sha512:" + "0" * 128}


def test_mirrors_that_write_time_otherwise_are_understood() -> None:
    body = document("1.0.0")
    body["time"] = {"1.0.0": "2020-01-01T01:00:00.000+01:00"}
    found = parsed(body)
    assert found.facts().dated
    assert "modified" not in json.loads(found.to_json(BASE, abbreviated=True))
    del body["time"]
    assert not parsed(body).facts().dated
    assert "time" not in json.loads(parsed(body).to_json(BASE))


def test_an_unpublished_package_exists_without_releases() -> None:
    found = parsed({"name": "x", "time": {"created": "2019-01-01T00:00:00Z", "unpublished": {"time": "2020-01-01"}}})
    assert found.facts().existence is Existence.YES
    assert found.facts().releases == ()
    assert found.facts().first_upload is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"versions": []}',
        b'{"versions": {}}',
        b"[" * 100_000,
        b'{"error": "x"}',
        b'{"name":"x","time":3}',
    ],
)
def test_what_is_no_package_document_is_no_answer(body: bytes) -> None:
    with pytest.raises(UpstreamError):
        parse_packument("x", body)


@pytest.mark.parametrize("bad", [3, {}, {"dist": {}}, {"dist": {"tarball": 5}}, None])
def test_a_version_that_cannot_be_judged_is_left_out(bad: object) -> None:
    body = document("1.0.0", tags={"latest": "2.0.0"})
    body["versions"]["2.0.0"] = bad
    found = parsed(body)
    assert (list(found.versions), found.dropped, found.tags) == (["1.0.0"], 1, {"latest": "1.0.0"})


def test_only_the_tarball_address_changes() -> None:
    body = document("1.0.0", tags={"latest": "1.0.0"}, readme="hello", maintainers=[{"name": "m"}])
    body["versions"]["1.0.0"]["dist"] |= {"signatures": [{"keyid": "k", "sig": "s"}], "fileCount": 3}
    expected = json.loads(json.dumps(body))
    expected["versions"]["1.0.0"]["dist"]["tarball"] = f"{BASE}x/-/x-1.0.0.tgz"
    assert json.loads(parsed(body).to_json(BASE)) == expected


@pytest.mark.parametrize("tarball", ["https:\\/\\/registry.example\\/x.tgz", "https://registry.example/\\u0078.tgz"])
def test_an_oddly_escaped_address_changes_too(tarball: str) -> None:
    raw = json.dumps(document("1.0.0")).replace("https://registry.example/x/-/x-1.0.0.tgz", tarball)
    rendered = json.loads(parse_packument("x", raw.encode()).to_json(BASE))
    assert rendered["versions"]["1.0.0"]["dist"]["tarball"] == f"{BASE}x/-/x-1.0.0.tgz"


def test_a_scoped_tarball_keeps_its_scope_in_the_path() -> None:
    body = json.dumps(document("1.0.0") | {"name": "@s/x"}).encode()
    rendered = json.loads(parse_packument("@s/x", body).to_json(BASE))
    assert rendered["versions"]["1.0.0"]["dist"]["tarball"] == f"{BASE}@s/x/-/x-1.0.0.tgz"


def test_the_abbreviated_form_holds_what_is_documented_and_no_more() -> None:
    body = document("1.0.0", tags={"latest": "1.0.0"}, readme="hello")
    body["versions"]["1.0.0"] |= {
        "dependencies": {"y": "1"},
        "scripts": {"install": "x"},
        "description": "d",
        "_hasShrinkwrap": False,
        "engines": {"node": ">=4"},
        "_npmUser": {"name": "n"},
    }
    short = json.loads(parsed(body).to_json(BASE, abbreviated=True))
    assert set(short) == {"name", "dist-tags", "versions", "modified"}
    assert set(short["versions"]["1.0.0"]) == {
        "name",
        "version",
        "dependencies",
        "dist",
        "_hasShrinkwrap",
        "engines",
        "hasInstallScript",
    }


@pytest.mark.parametrize(
    ("versions", "tags", "gone", "left"),
    [
        (["1.0.0", "2.0.0"], {"latest": "2.0.0"}, {"2.0.0"}, {"latest": "1.0.0"}),
        (["1.0.0", "2.0.0-rc.1", "2.0.0"], {"latest": "2.0.0"}, {"2.0.0"}, {"latest": "1.0.0"}),
        (
            ["4.1.0", "4.2.0", "5.0.0"],
            {"latest": "4.2.0", "next": "5.0.0"},
            {"4.2.0"},
            {"latest": "4.1.0", "next": "5.0.0"},
        ),
        (["4.2.0", "5.0.0"], {"latest": "4.2.0"}, {"4.2.0"}, {"latest": "5.0.0"}),
        (["1.0.0-a", "1.0.0"], {"latest": "1.0.0"}, {"1.0.0"}, {"latest": "1.0.0-a"}),
        (["1.0.0"], {"latest": "1.0.0"}, {"1.0.0"}, {}),
        (["1.0.0", "3.0.0", "3.1.0"], {"v3": "3.1.0"}, {"3.1.0"}, {"v3": "3.0.0"}),
        (["1.0.0", "3.1.0"], {"v3": "3.1.0"}, {"3.1.0"}, {}),
        (
            ["5.0.0-dev.1", "6.0.0-beta.1", "6.0.0-dev.2"],
            {"next": "6.0.0-dev.2"},
            {"6.0.0-dev.2"},
            {"next": "5.0.0-dev.1"},
        ),
        (["1.0.0", "odd"], {"t": "odd", "latest": "odd"}, {"odd"}, {"latest": "1.0.0"}),
    ],
)
def test_tags_step_back(versions: list[str], tags: dict[str, str], gone: set[str], left: dict[str, str]) -> None:
    assert parsed(document(*versions, tags=tags)).without(frozenset(gone)).tags == left


def test_latest_prefers_a_version_that_is_not_deprecated() -> None:
    body = document("1.0.0", "1.1.0", "2.0.0", tags={"latest": "2.0.0"})
    body["versions"]["1.1.0"]["deprecated"] = "broken"
    assert parsed(body).without(frozenset({"2.0.0"})).tags == {"latest": "1.0.0"}


numbers = st.integers(0, 3)
version_texts = st.builds("{}.{}.{}{}".format, numbers, numbers, numbers, st.sampled_from(["", "", "-beta.1", "-rc.2"]))


@given(st.sets(version_texts, min_size=1, max_size=8), st.data())
def test_no_tag_dangles_and_nothing_of_a_removed_version_is_left(versions: set[str], data: st.DataObject) -> None:
    listed = sorted(versions)
    tags = data.draw(st.dictionaries(st.sampled_from(["latest", "next", "old"]), st.sampled_from(listed)))
    gone = data.draw(st.frozensets(st.sampled_from(listed)))
    left = json.loads(parsed(document(*listed, tags=tags)).without(gone).to_json(BASE))
    assert set(left["versions"]) == versions - gone
    assert set(left["dist-tags"].values()) <= set(left["versions"])
    assert set(left["time"]) == {"created", "modified", *left["versions"]}
    assert ("latest" in left["dist-tags"]) == ("latest" in tags and bool(left["versions"]))


def test_a_tarball_is_found_by_our_name_and_by_the_upstream_s() -> None:
    body = document("1.0.0")
    body["versions"]["1.0.0"]["dist"]["tarball"] = "https://registry.example/download/x/1.0.0/abcdef"
    found = parsed(body)
    assert found.version_of("x-1.0.0.tgz") == found.version_of("abcdef") == "1.0.0"
    assert found.file("nope.tgz") is None


def test_one_manifest_is_found_by_version_and_by_tag() -> None:
    found = parsed(document("1.0.0", tags={"latest": "1.0.0"}))
    for asked in ("1.0.0", "latest"):
        assert json.loads(found.manifest(asked, lambda name: name) or b"")["dist"]["tarball"] == "x-1.0.0.tgz"
    assert found.manifest("2.0.0", str) is None


def test_integrity_is_read_as_browsers_read_it() -> None:
    body = document("1.0.0")
    body["versions"]["1.0.0"]["dist"] |= {"integrity": f"{SHA512}?x sha1-AAAA sha999-AA== sha256-!", "shasum": "short"}
    assert parsed(body).versions["1.0.0"].digests == {"sha512:" + "0" * 128}
    body["versions"]["1.0.0"]["dist"] = {"tarball": "https://registry.example/x.tgz"}
    assert parsed(body).versions["1.0.0"].digests == frozenset()


def test_dates_are_taken_for_the_same_bytes_only() -> None:
    undated = document("1.0.0", "2.0.0")
    del undated["time"]
    undated["versions"]["2.0.0"]["dist"]["integrity"] = "sha512-" + "B" * 86 + "=="
    found = parsed(undated).dated_by(parsed(document("1.0.0", "2.0.0")))
    assert [bool(r.uploaded) for r in found.facts().releases] == [True, False]


@pytest.mark.parametrize(
    ("accept", "short"),
    [
        (None, False),
        ("application/json", False),
        (f"{CORGI_TYPE}; q=1.0, application/json; q=0.8, */*", True),
        (f"{CORGI_TYPE};q=0", False),
    ],
)
def test_the_abbreviated_form_is_for_those_who_ask(accept: str | None, short: bool) -> None:
    assert wants_corgi(accept) is short


@pytest.mark.parametrize("number", ["1.0.0 ignore all rules", "1.0.0\n", "latest", "", "1" * 300, "\u0661.0.0"])
def test_what_no_version_looks_like_is_left_out(number: str) -> None:
    body = {"name": "foo", "versions": {number: {"dist": {"tarball": "https://files.registry.example/x.tgz"}}}}
    found = parse_packument("foo", json.dumps(body).encode())
    assert (dict(found.versions), found.dropped) == ({}, 1)


def test_of_thousands_of_dangling_tags_latest_is_repaired_and_most_are_dropped() -> None:
    versions = {f"1.0.{n}": {"dist": {"tarball": "https://files.registry.example/x.tgz"}} for n in range(50)}
    tags = {f"t{n}": "1.9.9" for n in range(5000)} | {"latest": "1.9.9", "kept": "1.0.3"}
    found = parse_packument("foo", json.dumps({"name": "foo", "versions": versions, "dist-tags": tags}).encode())
    assert (found.tags["latest"], found.tags["kept"], len(found.tags)) == ("1.0.49", "1.0.3", 101)
