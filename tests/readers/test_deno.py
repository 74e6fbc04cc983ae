"""Deno's files: imports by npm name, by address, and the lock of both; JSR is counted only."""

from __future__ import annotations

import base64
import json

import pytest

from slopguard import readers
from slopguard.errors import InputError

from .files import HERE, brief, holding_paths

SHA512 = "sha512-" + base64.b64encode(b"\x01" * 64).decode()
CONFIG = """\
{
  // imports of the program
  "name": "@acme/app",
  "imports": {
    "chalk": "npm:chalk@5.3.0",
    "react/": "npm:/react@^18/jsx/",
    "@s/x": "npm:@s/x@~1.0/sub/path.js",
    "bare": "npm:lodash",
    "std": "jsr:@std/path@1",
    "oak": "https://u:s3cret@modules.example/x/oak@v12.0.0/mod.ts",
    "own": "./src/",
    "node": "node:fs",
  },
  "scopes": {"https://a.example/": {"b": "npm:inner@2.0.0"}},
  "compilerOptions": {"types": ["npm:@types/node@20"], "jsxImportSource": "npm:preact@10.0.0"},
  "tasks": {"x": "deno run npm:not-here"},
  "workspace": ["./a", "./b"],
}
"""


def read(text, name="deno.json", **more):
    return readers.read(HERE / name, holding_paths({name: text, **{f"{k}.json": v for k, v in more.items()}}))


@pytest.mark.parametrize("name", ["deno.json", "deno.jsonc", "jsr.json", "import_map.json"])
def test_every_import_is_read(name):
    reading = read(CONFIG, name)
    assert [brief(s) for s in reading.sightings] == [
        ("chalk", "5.3.0", "5.3.0", "registry", None),
        ("react", "^18", None, "registry", None),
        ("@s/x", "~1.0", None, "registry", None),
        ("lodash", "", None, "registry", None),
        ("mod.ts", "", None, "url", "https://modules.example/x/oak@v12.0.0/mod.ts"),
        ("inner", "2.0.0", "2.0.0", "registry", None),
        ("@types/node", "20", None, "registry", None),
        ("preact", "10.0.0", "10.0.0", "registry", None),
    ]
    assert [s.location.line for s in reading.sightings] == [5, 6, 7, 8, 10, 14, 15, 15]
    assert (reading.skipped, reading.members, reading.project) == (1, ("./a", "./b"), "@acme/app")
    assert "s3cret" not in repr(reading)


def test_the_import_map_that_a_configuration_names_is_read_with_it():
    reading = read('{"importMap": "map.json"}', map='{\n"imports": {"a": "npm:a@1.0.0", "b": "jsr:@b/b"}}')
    assert [(s.raw, s.location.path, s.location.line) for s in reading.sightings] == [("a", "/project/map.json", 2)]
    assert reading.skipped == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [("gone.json", "missing-include"), ("https://h.example/map.json", "undecidable")],
)
def test_an_import_map_that_cannot_be_read_is_a_problem(name, code):
    reading = read(json.dumps({"importMap": name}))
    assert [(problem.code, problem.location.line) for problem in reading.problems] == [(code, 1)]


def test_an_import_that_is_no_text_is_undecidable():
    assert [problem.code for problem in read('{"imports": {"a": 5}}').problems] == ["undecidable"]


@pytest.mark.parametrize("text", ["", "[]", "{", "{'a': 1}"])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(InputError, match=r"^/project/deno\.json:1: not"):
        read(text)


NPM = {
    "chalk@5.3.0": {"integrity": SHA512, "dependencies": {}},
    "@s/x@1.0.0_react@18.0.0__y@2.0.0": {"integrity": SHA512},
    "pre@1.0.0-rc.1": {},
}
LOCKS = {
    "2": {"npm": {"specifiers": {"chalk": "chalk@5.3.0"}, "packages": NPM}},
    "3": {"packages": {"specifiers": {"npm:chalk": "npm:chalk@5.3.0"}, "npm": NPM, "jsr": {"@std/path@1.0.0": {}}}},
    "4": {"specifiers": {"npm:chalk@5": "5.3.0"}, "npm": NPM, "jsr": {"@std/path@1.0.0": {}}},
    "5": {"specifiers": {}, "npm": NPM, "jsr": {"@std/path@1.0.0": {}}, "workspace": {}},
}


@pytest.mark.parametrize("version", LOCKS)
def test_a_lock_of_every_version_names_its_packages(version):
    reading = read(json.dumps({"version": version, **LOCKS[version]}, indent=2), "deno.lock")
    assert [(s.raw, s.version) for s in reading.sightings] == [
        ("chalk", "5.3.0"),
        ("@s/x", "1.0.0"),
        ("pre", "1.0.0-rc.1"),
    ]
    assert [len(s.digests) for s in reading.sightings] == [1, 1, 0]
    assert all(s.location.line for s in reading.sightings[:2])
    assert (reading.locked, reading.problems, reading.skipped) == (True, (), 0 if version == "2" else 1)


def test_an_address_in_a_lock_is_where_a_package_comes_from():
    address = "https://registry.example/real/-/real-2.0.0.tgz"
    reading = read(json.dumps({"version": "5", "npm": {"foo@1.0.0": {"tarball": address}}}), "deno.lock")
    assert [brief(s) for s in reading.sightings] == [("real", "", "2.0.0", "registry", "https://registry.example/")]
    assert reading.sightings[0].extra == {"alias": "foo", "origins": "https://registry.example"}


def test_the_files_of_one_module_are_one_place():
    remote = {
        "https://modules.example/std@0.200.0/path/mod.ts": "00",
        "https://modules.example/std@0.200.0/fs/mod.ts": "01",
        "https://modules.example/x/oak@v12.0.0/mod.ts": "02",
        "https://raw.example/a.ts": "03",
    }
    reading = read(json.dumps({"version": "3", "remote": remote}), "deno.lock")
    assert [(s.raw, s.version, s.source.index) for s in reading.sightings] == [
        ("std", "0.200.0", "https://modules.example/std@0.200.0"),
        ("oak", "v12.0.0", "https://modules.example/x/oak@v12.0.0"),
        ("raw.example", None, "https://raw.example"),
    ]


@pytest.mark.parametrize("document", [{"version": "9"}, {}, {"version": "4", "npm": {"foo": {}}}])
def test_what_no_deno_wrote_is_undecidable(document):
    reading = read(json.dumps(document), "deno.lock")
    assert [problem.code for problem in reading.problems] == ["undecidable"]
