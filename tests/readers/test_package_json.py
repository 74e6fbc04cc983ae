"""`package.json`: what npm would install, under whatever name it is written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.errors import InputError

from .files import HERE, brief, holding_paths, refusal

FILE = HERE / "package.json"


def read(text):
    return readers.read(FILE, holding_paths({"package.json": text if isinstance(text, str) else json.dumps(text)}))


MANIFEST = """\
{
  "name": "app",
  "workspaces": ["packages/*"],
  "dependencies": {
    "express": "^4.0.0",
    "left": "npm:left-pad@1.3.0",
    "any": "*",
    "empty": "",
    "tagged": "next"
  },
  "devDependencies": {
    "express": "~4.1"
  },
  "optionalDependencies": {
    "fsevents": "2.3.3"
  },
  "peerDependencies": {
    "react": ">=18",
    "vue": "3"
  },
  "peerDependenciesMeta": {
    "vue": {"optional": true}
  },
  "bundleDependencies": ["express", "forgotten"]
}
"""


def test_every_table_is_read_with_its_lines():
    reading = read(MANIFEST)
    found = [(s.raw, s.specifier, s.version, s.extra["group"], s.location.line) for s in reading.sightings]
    assert found == [
        ("express", "^4.0.0", None, "dependencies", 5),
        ("left-pad", "1.3.0", "1.3.0", "dependencies", 6),
        ("any", "*", None, "dependencies", 7),
        ("empty", "", None, "dependencies", 8),
        ("tagged", "next", None, "dependencies", 9),
        ("express", "~4.1", None, "devDependencies", 12),
        ("fsevents", "2.3.3", "2.3.3", "optionalDependencies", 15),
        ("react", ">=18", None, "peerDependencies", 18),
        ("vue", "3", None, "peerDependencies", 19),
        ("forgotten", "*", None, "bundleDependencies", 24),
    ]
    assert reading.members == ("packages/*",)
    assert not reading.problems
    assert not reading.locked
    assert [s.raw for s in reading.sightings if "optional" in s.extra] == ["fsevents", "vue"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("git+ssh://git@git.example/u/r.git#v1", ("x", "", None, "vcs", "git+ssh://git.example/u/r.git")),
        ("github:u/r", ("x", "", None, "vcs", "github:u/r")),
        ("u/r#semver:^1", ("x", "", None, "vcs", "u/r")),
        ("gist:abc", ("x", "", None, "vcs", "gist:abc")),
        ("git@git.example:u/r", ("x", "", None, "vcs", "git@git.example:u/r")),
        ("https://u:s3cret@h.example/x.tgz", ("x", "", None, "url", "https://h.example/x.tgz")),
        ("file:../x", ("x", "", None, "path", "/x")),
        ("./x.tgz", ("x", "", None, "path", "/project/x.tgz")),
        ("link:../x", ("x", "", None, "path", "/x")),
        ("portal:../x", ("x", "", None, "path", "/x")),
        ("workspace:^", ("x", "^", None, "workspace", None)),
        ("npm:@s/real@^2", ("@s/real", "^2", None, "registry", None)),
    ],
)
def test_a_spec_says_what_is_installed_and_from_where(spec, expected):
    reading = read({"dependencies": {"x": spec}})
    (found,) = reading.sightings
    if expected[3] == "vcs" and "git@git.example:" in spec:
        assert brief(found)[:4] == expected[:4]
    else:
        assert brief(found) == expected
    assert "s3cret" not in repr(reading)


def test_an_override_introduces_a_package_only_by_alias_or_address():
    reading = read(
        {
            "dependencies": {"a": "1"},
            "overrides": {
                "plain": "2.0.0",
                "ref": "$a",
                "swapped": "npm:other@1.0.0",
                "nested@^1": {".": "3", "inner": {"deep": "https://h.example/d.tgz"}},
            },
            "resolutions": {"**/glob": "^11", "parent/**/child": "npm:third@1"},
        }
    )
    found = {s.raw: (str(s.source.kind), "constraint" in s.extra) for s in reading.sightings}
    assert found == {
        "a": ("registry", False),
        "plain": ("registry", True),
        "other": ("registry", False),
        "nested": ("registry", True),
        "deep": ("url", False),
        "glob": ("registry", True),
        "third": ("registry", False),
    }


@pytest.mark.parametrize("holder", ["workspaces", ""])
def test_what_a_catalog_stands_for_is_read_where_the_catalog_is(holder):
    catalogs = {"catalog": {"foo": "^1.0.0"}, "catalogs": {"old": {"bar": "npm:other@1"}}}
    document = {
        "dependencies": {"foo": "catalog:", "bar": "catalog:old"},
        **({holder: catalogs} if holder else catalogs),
    }
    reading = readers.read(HERE / "package.json", holding_paths({"package.json": json.dumps(document)}))
    assert reading.problems == ()
    found = {(s.raw, s.specifier, s.extra.get("alias")) for s in reading.sightings if s.extra["group"] == "catalog"}
    assert found == {("foo", "^1.0.0", None), ("other", "1", "bar")}


@pytest.mark.parametrize("spec", [1, None, ["x"], {}, "catalog:", "catalog:react18"])
def test_a_spec_that_another_file_explains_or_nobody_is_undecidable(spec):
    reading = read(json.dumps({"dependencies": {"x": spec}}, indent=1))
    assert [(problem.code, problem.location.line) for problem in reading.problems] == [("undecidable", 3)]


def test_invisible_characters_survive_into_the_name():
    assert [s.raw for s in read('{"dependencies": {"lo\\u200bdash": "1"}}').sightings] == ["lo\u200bdash"]


def test_workspaces_may_stand_in_a_table():
    assert read({"workspaces": {"packages": ["a/*", "!a/x"], "nohoist": ["*"]}}).members == ("a/*", "!a/x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{\n  'x': 1}", "/project/package.json:2: not valid JSON"),
        ("[]", "/project/package.json:1: not a JSON object"),
        ("[" * 200_000, "/project/package.json: not valid JSON"),
        ('{"a": ' + "9" * 5000 + "}", "/project/package.json: not valid JSON"),
    ],
)
def test_a_broken_file_is_refused_in_our_own_words(text, words):
    with pytest.raises(InputError) as caught:
        read(text)
    assert str(caught.value) == words


KEYS = ["dependencies", "overrides", "resolutions", "workspaces", "bundleDependencies", "peerDependencies", "packages"]
KEYS += ["peerDependenciesMeta", "optional", "a@1", ".", "x"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_no_shape_is_too_odd(manifest):
    read(manifest)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    words = refusal(read, text)
    assert not words or words.startswith("/project/package.json:")
