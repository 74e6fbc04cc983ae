"""`uv.lock` and `pylock.toml`: what is locked, from which index, with which files, and where those lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.errors import InputError
from slopguard.model import SourceKind

from .files import HERE, holding_paths, refusal

UV_LOCK = """\
version = 1
revision = 3

[manifest]
members = ["app", "Lib"]

[[package]]
name = "app"
source = { editable = "." }
dependencies = [
    { name = "six" },
]

[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://user:s3cret@registry.example/simple" }
sdist = { url = "https://files.registry.example/six-1.17.0.tar.gz", hash = "sha256:AA", size = 1 }
wheels = [
    { url = "https://evil.example:8443/six-1.17.0-py3-none-any.whl", hash = "sha256:bb", size = 1 },
    { url = "https://files.registry.example/six-1.17.0-py2-none-any.whl", hash = "sha256:cc" },
]

[[package]]
name = "lib"
version = "1"
source = { virtual = "packages/lib" }

[[package]]
name = "beside"
version = "1"
source = { directory = "../beside" }

[[package]]
name = "archive"
version = "1"
source = { path = "wheels/archive-1.zip" }

[[package]]
name = "flat"
version = "2"
source = { registry = "../links" }
wheels = [{ path = "flat-2-py3-none-any.whl" }]

[[package]]
name = "vcs"
version = "3"
source = { git = "https://s3cret@git.example/r?rev=main#0123" }

[[package]]
name = "direct"
version = "4"
source = { url = "https://h.example/direct-4.zip" }
sdist = { hash = "sha256:dd" }
"""


def read(text, name="uv.lock"):
    return readers.read(HERE / name, holding_paths({name: text}))


def test_every_package_comes_with_its_source_as_recorded():
    reading = read(UV_LOCK)
    found = [(s.raw, s.version, str(s.source.kind), s.source.index, s.location.line) for s in reading.sightings]
    assert found == [
        ("app", None, "workspace", "/project", 8),
        ("six", "1.17.0", "registry", "https://registry.example/simple", 15),
        ("lib", "1", "workspace", "/project/packages/lib", 25),
        ("beside", "1", "path", "/beside", 30),
        ("archive", "1", "path", "/project/wheels/archive-1.zip", 35),
        ("flat", "2", "registry", "file:///links", 40),
        ("vcs", "3", "vcs", "https://git.example/r?rev=main", 46),
        ("direct", "4", "url", "https://h.example/direct-4.zip", 51),
    ]
    assert reading.locked
    assert not reading.problems
    assert not any(s.source.trusted for s in reading.sightings)
    assert "s3cret" not in repr(reading)


def test_hashes_and_the_hosts_of_files_are_kept():
    six = read(UV_LOCK).sightings[1]
    assert six.digests == {"sha256:aa", "sha256:bb", "sha256:cc"}
    assert six.extra["origins"] == "https://evil.example:8443 https://files.registry.example"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version = 2\n", 1),
        ('version = 1\n[[package]]\nname = "x"\nversion = "1"\n', 3),
        ('version = 1\n[[package]]\nname = "x"\nsource = { carrier-pigeon = "y" }\n', 3),
        ('version = 1\n[[package]]\nsource = { registry = "https://registry.example/simple" }\n', None),
    ],
)
def test_what_uv_would_not_write_is_undecidable(text, line):
    reading = read(text)
    assert [(problem.code, problem.location.line) for problem in reading.problems] == [("undecidable", line)]
    assert not any(s.source.trusted and not s.source.index for s in reading.sightings)


PYLOCK = """\
lock-version = "1.0"
created-by = "pip"

[[packages]]
name = "six"
version = "1.17.0"
index = "https://registry.example/simple"
marker = "os_name == 'nt'"
[packages.sdist]
url = "https://files.registry.example/six.tar.gz"
hashes = {sha256 = "AA", md5 = "bb"}
[[packages.wheels]]
url = "https://files.registry.example/six-1.17.0-py3-none-any.whl"
hashes = {sha256 = "cc"}

[[packages]]
name = "vcs"
vcs = {type = "git", url = "https://git.example/r", commit-id = "0123"}

[[packages]]
name = "archive"
archive = {url = "https://h.example/a.zip", hashes = {sha256 = "dd"}}

[[packages]]
name = "folder"
directory = {path = "../folder", editable = true}

[[packages]]
name = "nowhere"
version = "1"
"""


def test_a_pylock_says_the_same_things():
    reading = read(PYLOCK, "pylock.dev.toml")
    found = [(s.raw, s.version, str(s.source.kind), s.source.index, s.location.line) for s in reading.sightings]
    assert found == [
        ("six", "1.17.0", "registry", "https://registry.example/simple", 5),
        ("vcs", None, "vcs", "https://git.example/r", 17),
        ("archive", None, "url", "https://h.example/a.zip", 21),
        ("folder", None, "path", "/folder", 25),
        ("nowhere", "1", "registry", None, 29),
    ]
    assert reading.locked
    assert reading.sightings[0].digests == {"sha256:aa", "md5:bb", "sha256:cc"}
    assert reading.sightings[0].extra == {"marker": "os_name == 'nt'", "origins": "https://files.registry.example"}
    assert reading.sightings[3].extra["editable"] == "1"
    assert not any(s.source.trusted for s in reading.sightings)
    assert not reading.problems


def test_a_pylock_of_another_major_version_is_undecidable():
    reading = read('lock-version = "2.0"\n[[packages]]\nversion = "1"\n', "pylock.toml")
    assert [problem.code for problem in reading.problems] == ["undecidable", "undecidable"]


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml"])
def test_a_broken_file_is_refused_with_path_and_line(name):
    with pytest.raises(InputError, match=f"^/project/{name}:2: not valid TOML$"):
        read("a = 1\nb = {\n", name)


PIECES = [
    "version = 1",
    "[[package]]",
    "[[packages]]",
    'name = "x"',
    "source = 1",
    "source = {git = 'g'}",
    "wheels = [1]",
]
PIECES += ["sdist = {hash = 1}", "[manifest]", "members = [1]", "archive = {url = 'u'}", "index = 'i'", "hashes = 'h'"]


@given(st.sampled_from(["uv.lock", "pylock.toml"]), st.text() | st.lists(st.sampled_from(PIECES)).map("\n".join))
def test_any_text_is_read_or_refused(name, text):
    words = refusal(lambda text: read(text, name), text)
    assert not words or words.startswith(f"/project/{name}:")


def test_a_local_source_stays_a_path():
    kinds = {s.raw: s.source.kind for s in read(UV_LOCK).sightings}
    assert (kinds["lib"], kinds["beside"]) == (SourceKind.WORKSPACE, SourceKind.PATH)
