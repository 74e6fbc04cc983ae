"""A version of an npm package that requires something by URL, repository or path is known for it."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.registries.npm.elsewhere import leads_elsewhere
from slopguard.registries.npm.packument import parse_packument

ELSEWHERE = [
    "git+ssh://git@code.example/a.git",
    "https://files.example/a.tgz",
    "someone/something",
    "github:someone/something",
    "gist:0123456789abcdef",
    "file:../a",
    "../a",
    "..",
    "~/a",
    "C:\\a",
    "a.tgz",
    "a.TAR.GZ",
    " https://files.example/a",
    "npm:b@https://files.example/a",
    "NPM:b@someone/something",
]
SERVED = ["^1.2.3", "*", "", "latest", ">=1 <2 || 3.x", "npm:other@^1", "npm:@scope/other@1.0.0", "1.0.0-rc.1+b"]


@pytest.mark.parametrize("spec", ELSEWHERE)
@pytest.mark.parametrize("kind", ["dependencies", "optionalDependencies", "peerDependencies"])
def test_a_spec_that_no_registry_serves_marks_its_version(kind: str, spec: str) -> None:
    manifest = {"dist": {"tarball": "https://registry.example/a.tgz"}, kind: {"b": "^1", "c": spec}}
    document = parse_packument("a", json.dumps({"name": "a", "versions": {"1.0.0": manifest}}).encode())
    assert [release.foreign for release in document.facts().releases] == [True]


@pytest.mark.parametrize("spec", SERVED)
def test_ranges_tags_and_aliases_do_not(spec: str) -> None:
    assert not leads_elsewhere(msgspec.Raw(json.dumps({"b": spec}).encode()))


@pytest.mark.parametrize("table", ['["https://files.example/a"]', '["b"]', '"ab"'])
def test_what_is_no_table_counts_if_npm_would_find_something_in_it(table: str) -> None:
    assert leads_elsewhere(msgspec.Raw(table.encode()))


@pytest.mark.parametrize("table", ["null", "false", "0", "{}", "[]", '""'])
def test_what_holds_nothing_does_not(table: str) -> None:
    assert not leads_elsewhere(msgspec.Raw(table.encode()))


@given(st.sampled_from(ELSEWHERE))
def test_escapes_hide_nothing(spec: str) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in spec)
    assert leads_elsewhere(msgspec.Raw(f'{{"b":"{escaped}"}}'.encode()))
