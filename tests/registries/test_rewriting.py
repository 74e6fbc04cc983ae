"""Manifests as clients read them: no other address than ours, no shrinkwrap, everything else untouched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.registries.folded import SMALL, Folded
from slopguard.registries.npm.packument import parse_packument

THEIRS = "https://registry.example/x/-/x-1.0.0.tgz"
SLASHED, SPELLED = THEIRS.replace("/", "\\/"), THEIRS.replace("x", "\\u0078")
OURS = "http://127.0.0.1:9/x-1.0.0.tgz"


def served(manifest: str, *, corgi: bool) -> dict[str, Any]:
    """How a version with this text as its manifest is served."""
    found: dict[str, Any] = json.loads(rendered(manifest, corgi=corgi))["versions"]["1.0.0"]
    return found


def rendered(manifest: str, *, corgi: bool) -> bytes:
    """The packument in which it is served."""
    body = f'{{"name": "x", "versions": {{"1.0.0": {manifest}}}}}'.encode()
    return parse_packument("x", body).render(lambda filename: OURS, corgi=corgi)


@pytest.mark.parametrize("corgi", [False, True])
@pytest.mark.parametrize(
    "manifest",
    [
        f'{{"dist": {{"tarball": "{THEIRS}"}}}}',
        f'{{"dist": {{"tarball": "{THEIRS}"}}, "funding": "{THEIRS}"}}',
        f'{{"funding": "{THEIRS}", "dist": {{"tarball": "{SLASHED}"}}}}',
        f'{{"funding": "{THEIRS}", "dist": {{"tarball": "{SPELLED}"}}}}',
        f'{{"dist": {{"tarball": "{SLASHED}", "x": "{THEIRS}"}}}}',
        f'{{"dist": {{"tarball": "https://other.example/", "tarball": "{THEIRS}"}}}}',
        f'{{"dist": {{"tarball": "{THEIRS}"}}, "dist": {{"tarball": "{THEIRS}", "n": 1}}}}',
    ],
)
def test_a_tarball_is_ours_however_its_address_is_spelled(manifest: str, corgi: bool) -> None:
    assert served(manifest, corgi=corgi)["dist"]["tarball"] == OURS


@pytest.mark.parametrize("corgi", [False, True])
@pytest.mark.parametrize(
    "manifest",
    [
        f'{{"dist": {{"tarball": "https://other.example/", "tarball": "{THEIRS}"}}}}',
        f'{{"dist": {{"tarball": "https://other.example/"}}, "dist": {{"tarball": "{THEIRS}"}}}}',
        f'{{"dist": {{"tarball": "https://other.example/", "t\\u0061rball": "{THEIRS}"}}}}',
    ],
)
def test_no_other_address_stands_beside_it_for_whoever_reads_the_first_of_two(manifest: str, corgi: bool) -> None:
    assert b"other.example" not in rendered(manifest, corgi=corgi)


@pytest.mark.parametrize("corgi", [False, True])
@pytest.mark.parametrize("odd", ["1e400", "-0", "5.0", "1E+2", "9" * 40, "[" * 300 + "]" * 300])
@pytest.mark.parametrize("address", [THEIRS, SLASHED, SPELLED])
def test_numbers_arrive_as_they_are_spelled(odd: str, address: str, corgi: bool) -> None:
    manifest = f'{{"_hasShrinkwrap": true, "engines": {odd}, "dist": {{"tarball": "{address}", "fileCount": {odd}}}}}'
    found = rendered(manifest, corgi=corgi)
    assert found.count(odd.encode()) == 2
    assert OURS.encode() in found


@pytest.mark.parametrize("place", ['"x": "BAD"', '"BAD": 1'])
def test_text_that_is_no_unicode_stops_no_version(place: str) -> None:
    text = f'{{"description": "\\u0001", {place}, "dist": {{"tarball": "{THEIRS}", {place}}}}}'
    body = b'{"name": "x", "versions": {"1.0.0": ' + text.encode().replace(b"BAD", b"\xff") + b"}}"
    for corgi in (False, True):
        found = parse_packument("x", body).render(lambda filename: OURS, corgi=corgi)
        assert json.loads(found.decode(errors="replace"))["versions"]["1.0.0"]["dist"]["tarball"] == OURS


@pytest.mark.parametrize("corgi", [False, True])
@pytest.mark.parametrize(
    "claim", ['"_hasShrinkwrap": true', '"_hasShrinkwrap" : 1', '"_has\\u0053hrinkwrap":"x"', '"_hasShrinkwrap":{}']
)
def test_no_version_claims_a_shrinkwrap(claim: str, corgi: bool) -> None:
    assert "_hasShrinkwrap" not in served(f'{{{claim}, "dist": {{"tarball": "{THEIRS}"}}}}', corgi=corgi)


@pytest.mark.parametrize("corgi", [False, True])
def test_a_version_that_says_it_has_none_stays_as_it_is(corgi: bool) -> None:
    manifest = f'{{"_hasShrinkwrap" : false, "dist": {{"tarball": "{THEIRS}"}}}}'
    assert served(manifest, corgi=corgi)["_hasShrinkwrap"] is False


@given(st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text(), st.lists))
def test_whatever_a_manifest_holds_arrives(value: object) -> None:
    manifest = {"dist": {"tarball": THEIRS, "integrity": value}, "anything": value}
    expected = {"dist": {"tarball": OURS, "integrity": value}, "anything": value}
    for text in (json.dumps(manifest), json.dumps(manifest, ensure_ascii=False)):
        try:
            text.encode()
        except UnicodeEncodeError:
            continue
        assert served(text, corgi=False) == expected


def test_what_is_folded_unfolds_and_is_small() -> None:
    for content in (b"", b"x" * SMALL, b"x" * (SMALL + 1), json.dumps(list(range(100_000))).encode()):
        folded = Folded(content)
        assert (folded.unfold(), folded.size) == (content, len(content))
        assert folded.weight <= max(SMALL, len(content) // 2)
