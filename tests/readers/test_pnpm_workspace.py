"""pnpm-workspace.yaml: every setting that brings a package in, or another registry."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.readers.pnpm_workspace import registries

from .files import HERE, brief, holding_paths, refusal


def read(document):
    text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
    return readers.read(HERE / "pnpm-workspace.yaml", holding_paths({"pnpm-workspace.yaml": text}))


def names(document):
    return [(s.raw, s.version, s.extra.get("group"), s.extra.get("constraint")) for s in read(document).sightings]


def test_catalogs_name_packages_and_what_stands_behind_an_alias_counts():
    document = {
        "catalog": {"foo": "^1"},
        "catalogs": {"old": {"bar": "npm:baz@1.0.0", "url": "https://files.example/u.tgz"}},
    }
    assert names(document) == [
        ("foo", None, "catalogs", None),
        ("baz", "1.0.0", "catalogs", None),
        ("url", None, "catalogs", None),
    ]
    assert not read(document).sightings[2].source.trusted


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("foo", "1.0.0", [("foo", "1.0.0", "overrides", "1")]),
        ("foo@1", "2.0.0", [("foo", "2.0.0", "overrides", "1")]),
        ("a@1>@acme/b@2", "3.0.0", [("@acme/b", "3.0.0", "overrides", "1")]),
        ("foo", "npm:bar@1", [("bar", None, "overrides", None)]),
        ("foo", "https://files.example/u.tgz", [("foo", None, "overrides", None)]),
        ("foo", "-", []),
        ("foo", "$foo", []),
    ],
)
def test_an_override_limits_a_version_or_puts_something_else_in_place(pattern, value, expected):
    assert names({"overrides": {pattern: value}}) == expected


def test_extensions_of_packages_bring_packages_in():
    document = {"packageExtensions": {"foo@1": {"dependencies": {"bar": "1.0.0"}, "peerDependencies": {"baz": "*"}}}}
    assert [s.raw for s in read(document).sightings] == ["bar", "baz"]


@pytest.mark.parametrize("value", ["1.0.0+sha512-AQEB", {"integrity": "1.0.0+sha512-AQEB"}])
def test_config_dependencies_come_with_version_and_digest(value):
    (found,) = read({"configDependencies": {"conf": value}}).sightings
    assert brief(found) == ("conf", "1.0.0", "1.0.0", "registry", None)
    assert found.digests == {"sha512:010101"}


def test_a_config_dependency_with_an_address_comes_from_there():
    value = {"integrity": "1.0.0+sha512-AQEB", "tarball": "https://files.example/conf.tgz"}
    (found,) = read({"configDependencies": {"conf": value}}).sightings
    assert (str(found.source.kind), found.source.index) == ("url", "https://files.example/conf.tgz")


def test_registries_are_named_with_their_scope_and_line():
    text = (
        "packages: [a, '!b']\nregistries:\n  default: https://u:p@registry.example/\n  '@acme': https://acme.example/\n"
    )
    reading = read(text)
    assert [(i.url, i.kind, i.name, i.location.line) for i in reading.indexes] == [
        ("https://registry.example/", "default", None, 3),
        ("https://acme.example/", "scope", "@acme", 4),
    ]
    assert reading.members == ("a", "!b")


def test_a_registry_alone_is_the_default_one():
    assert registries({"registry": "https://registry.example/"}) == {"default": "https://registry.example/"}


@pytest.mark.parametrize("key", ["pnprServer", "namedRegistries"])
def test_what_resolves_in_pnpms_stead_cannot_be_judged(key):
    assert [p.code for p in read({key: "https://elsewhere.example/"}).problems] == ["undecidable"]


def test_a_spec_that_is_no_text_cannot_be_judged():
    reading = read({"catalog": {"foo": ["1"]}})
    assert ([p.code for p in reading.problems], reading.sightings) == (["undecidable"], ())


def test_an_empty_file_says_nothing():
    assert read("").sightings == ()


@given(st.text())
def test_no_text_breaks_the_reader(text):
    refusal(read, text)


KEYS = ["catalog", "catalogs", "overrides", "configDependencies", "packages", "registries", "packageExtensions"]
SHAPES = st.recursive(
    st.none() | st.text(max_size=3) | st.integers(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(KEYS), SHAPES))
def test_no_shape_breaks_the_reader(document):
    refusal(read, yaml.safe_dump(document))
