"""`Pipfile` and its lock: every category, every place a package may come from, and the indexes it names."""

from __future__ import annotations

import json

import pytest

from slopguard import readers
from slopguard.errors import InputError

from .files import HERE, brief, holding_paths

PIPFILE = """\
[[source]]
url = "https://u:s3cret@registry.example/simple"
verify_ssl = true
name = "main"

[[source]]
url = "https://private.example/simple"
verify_ssl = false
name = "private"

[packages]
requests = "*"
Flask = {version = "==2.0.1", extras = ["async"], markers = "python_version > '3'", sys_platform = "== 'linux'"}
repo = {git = "https://git.example/a.git", ref = "main", editable = true}
local = {path = "./lib", editable = true}
wheel = {file = "https://h.example/wheel-1.0-py3-none-any.whl#sha256=AB"}
inside = {version = ">=1", index = "private"}
lost = {version = "*", index = "nowhere"}

[dev-packages]
pytest = ">=7"

[docs]
"sphinx" = "~=7.0"

[packages.tabled]
version = "==1.0"

[scripts]
test = "pytest"
[requires]
python_version = "3.12"
[pipenv]
allow_prereleases = true
"""


def read(text, name="Pipfile"):
    return readers.read(HERE / name, holding_paths({name: text}))


def test_every_package_is_read_with_its_place():
    assert [brief(s) for s in read(PIPFILE).sightings] == [
        ("requests", "", None, "registry", None),
        ("Flask", "==2.0.1", "2.0.1", "registry", None),
        ("repo", "", None, "vcs", "https://git.example/a.git"),
        ("local", "", None, "path", "/project/lib"),
        ("wheel", "", None, "url", "https://h.example/wheel-1.0-py3-none-any.whl"),
        ("inside", ">=1", None, "registry", "https://private.example/simple"),
        ("lost", "", None, "registry", None),
        ("tabled", "==1.0", "1.0", "registry", None),
        ("pytest", ">=7", None, "registry", None),
        ("sphinx", "~=7.0", None, "registry", None),
    ]


def test_what_else_is_said_of_a_package_is_kept():
    by_name = {s.raw: s for s in read(PIPFILE).sightings}
    assert by_name["Flask"].extra == {
        "extras": "async",
        "marker": "python_version > '3' and sys_platform == 'linux'",
        "group": "dependencies",
    }
    assert by_name["local"].extra["editable"] == "1"
    assert by_name["wheel"].digests == {"sha256:ab"}
    assert by_name["wheel"].extra["archive"] == "1"
    assert (by_name["pytest"].extra["group"], by_name["sphinx"].extra["group"]) == ("dev", "group:docs")
    assert not by_name["lost"].source.trusted
    assert "s3cret" not in repr(read(PIPFILE))


def test_every_package_stands_on_its_line():
    lines = {s.raw: s.location.line for s in read(PIPFILE).sightings}
    assert (lines["requests"], lines["pytest"], lines["sphinx"], lines["tabled"]) == (12, 21, 24, 26)


def test_sources_are_indexes_and_one_without_tls_checks_is_told():
    reading = read(PIPFILE)
    assert [(line.url, line.kind, line.name, line.explicit, line.location.line) for line in reading.indexes] == [
        ("https://registry.example/simple", "default", "main", False, 2),
        ("https://private.example/simple", "named", "private", True, 7),
    ]
    assert [problem.code for problem in reading.problems] == ["settings-loosened"]


@pytest.mark.parametrize("value", ["5", "true", '["*"]'])
def test_what_is_neither_version_nor_table_is_undecidable(value):
    reading = read(f"[packages]\nsix = {value}\n")
    assert [(problem.code, problem.location.line) for problem in reading.problems] == [("undecidable", 2)]


@pytest.mark.parametrize("text", ["six\nflask==1\n", "-r = 'more.txt'\n", "[packages\n"])
def test_a_file_of_another_kind_is_refused(text):
    with pytest.raises(InputError, match=r"^/project/Pipfile:\d"):
        read(text)


SHA = "sha256:" + "ab" * 32
LOCK = {
    "_meta": {
        "hash": {"sha256": "00"},
        "pipfile-spec": 6,
        "sources": [
            {"name": "main", "url": "https://registry.example/simple", "verify_ssl": True},
            {"name": "private", "url": "https://${USER}:${TOKEN}@private.example/simple", "verify_ssl": True},
        ],
    },
    "default": {
        "requests": {
            "hashes": [SHA, SHA.upper()],
            "index": "main",
            "markers": "python_version > '3'",
            "version": "==2.31.0",
        },
        "idna": {"hashes": [SHA], "version": "==3.4"},
        "repo": {"git": "https://git.example/a.git", "ref": "0123"},
        "lib": {"path": "./lib", "editable": True},
        "arch": {"file": "https://h.example/arch-1.0.tar.gz", "hashes": [SHA]},
    },
    "develop": {"pytest": {"hashes": [], "index": "private", "version": "==8.0.0"}},
    "docs": {"sphinx": {"version": "==7.0.0"}},
}


def lock(document):
    text = document if isinstance(document, str) else json.dumps(document, indent=4)
    return readers.read(HERE / "Pipfile.lock", holding_paths({"Pipfile.lock": text}))


def test_a_lock_pins_versions_hashes_and_indexes():
    reading = lock(LOCK)
    assert reading.locked
    assert [brief(s) for s in reading.sightings] == [
        ("requests", "", "2.31.0", "registry", "https://registry.example/simple"),
        ("idna", "", "3.4", "registry", None),
        ("repo", "", None, "vcs", "https://git.example/a.git"),
        ("lib", "", None, "path", "/project/lib"),
        ("arch", "", None, "url", "https://h.example/arch-1.0.tar.gz"),
        ("pytest", "", "8.0.0", "registry", "https://private.example/simple"),
        ("sphinx", "", "7.0.0", "registry", None),
    ]
    assert reading.sightings[0].digests == {SHA}
    assert [s.extra["group"] for s in reading.sightings[-2:]] == ["dev", "group:docs"]
    assert all(s.location.line for s in reading.sightings)
    assert reading.problems == ()


def test_an_address_that_a_variable_decides_is_undecidable():
    reading = lock({"_meta": {"sources": [{"name": "x", "url": "https://${HOST}/simple"}]}, "default": {}})
    assert [problem.code for problem in reading.problems] == ["undecidable"]


@pytest.mark.parametrize("entry", [{}, {"version": "*"}, {"version": ">=1"}, {"version": 1}])
def test_a_locked_package_without_a_version_is_undecidable(entry):
    reading = lock({"default": {"six": entry}})
    assert [problem.code for problem in reading.problems] == ["undecidable"]
    assert [s.raw for s in reading.sightings] == ["six"]


@pytest.mark.parametrize("text", ["", "[]", "{", "six==1"])
def test_a_lock_that_is_no_json_object_is_refused(text):
    with pytest.raises(InputError, match=r"^/project/Pipfile\.lock:"):
        lock(text)
