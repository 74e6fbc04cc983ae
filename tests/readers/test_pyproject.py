"""`pyproject.toml`: every list that makes a client install something, and the places uv is sent to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.errors import InputError
from slopguard.model import Layer, SourceKind
from slopguard.readers.interface import NOWHERE, Context

from .files import HERE, holding_paths, refusal

FILE = HERE / "pyproject.toml"


def read(text, context=NOWHERE):
    return readers.read(FILE, holding_paths({"pyproject.toml": text}), context)


def codes(reading):
    return [(problem.code, problem.location.line) for problem in reading.problems]


PROJECT = """\
[project]
name = "My_Project"
dependencies = [
  "flask>=2",
  'six==1.0 ; python_version > "3"',
]
[project.optional-dependencies]
web = ["my-project[core]", "idna"]
[dependency-groups]
dev = ["pytest", {include-group = "Lint"}]
lint = ["ruff"]
[build-system]
requires = ["hatchling>=1.25"]
[tool.uv]
dev-dependencies = ["mypy"]
constraint-dependencies = ["urllib3<3"]
override-dependencies = ["numpy @ https://h.example/numpy-1.zip"]
build-constraint-dependencies = ["setuptools<70"]
[tool.uv.extra-build-dependencies]
native = ["cython", {requirement = "meson", match-runtime = true}]
[[tool.uv.dependency-metadata]]
name = "odd"
requires-dist = ["hidden"]
[tool.uv.workspace]
members = ["packages/*"]
"""


def test_every_table_that_installs_is_read_with_its_lines():
    found = [(s.raw, s.extra["group"], s.location.line) for s in read(PROJECT).sightings]
    assert found == [
        ("flask", "dependencies", 4),
        ("six", "dependencies", 5),
        ("my-project", "extra:web", 8),
        ("idna", "extra:web", 8),
        ("pytest", "group:dev", 10),
        ("ruff", "group:lint", 11),
        ("hatchling", "build-system", 13),
        ("mypy", "dev", 15),
        ("urllib3", "constraint", 16),
        ("numpy", "override", 17),
        ("setuptools", "build-constraint", 18),
        ("cython", "build-system", 20),
        ("meson", "build-system", 20),
        ("hidden", "metadata", 23),
    ]
    assert read(PROJECT).members == ("packages/*",)
    assert not read(PROJECT).problems


def test_a_constraint_introduces_no_name_but_an_address_in_one_does():
    by_name = {s.raw: s for s in read(PROJECT).sightings}
    assert by_name["urllib3"].extra["constraint"] == "1"
    assert "constraint" not in by_name["numpy"].extra
    assert by_name["numpy"].source.kind is SourceKind.URL


def test_a_projects_own_extras_are_no_dependency_on_the_registry():
    own = next(s for s in read(PROJECT).sightings if s.raw == "my-project")
    assert (own.source.kind, own.source.index) == (SourceKind.WORKSPACE, "/project")


SOURCES = """\
[project]
dependencies = ["a.b", "c", "d", "e", "f", "g", "h", "plain"]
[tool.uv.sources]
a-b = {git = "https://s3cret@git.example/a", rev = "main"}
c = {url = "https://h.example/c-1.0.zip#sha256=AB"}
d = {path = "../d", editable = true}
e = {workspace = true}
f = {index = "private"}
g = [{index = "private", marker = "os_name=='nt'"}, {path = "./g.whl", extra = "cpu"}]
h = {index = "unknown"}
[[tool.uv.index]]
name = "private"
url = "https://u:s3cret@private.example/simple"
explicit = true
"""


def test_uv_sources_say_where_a_package_comes_from():
    reading = read(SOURCES)
    found = [(s.raw, str(s.source.kind), s.source.index, s.source.trusted) for s in reading.sightings]
    assert found == [
        ("a.b", "vcs", "https://git.example/a", False),
        ("c", "url", "https://h.example/c-1.0.zip", False),
        ("d", "path", "/d", False),
        ("e", "workspace", None, False),
        ("f", "registry", "https://private.example/simple", False),
        ("g", "registry", None, True),
        ("g", "registry", "https://private.example/simple", False),
        ("g", "path", "/project/g.whl", False),
        ("h", "registry", None, False),
        ("plain", "registry", None, True),
    ]
    assert reading.sightings[1].digests == {"sha256:ab"}
    assert reading.sightings[2].extra["editable"] == "1"
    assert reading.sightings[4].extra["index"] == "private"
    assert reading.sightings[6].extra["marker"] == "os_name=='nt'"
    assert "s3cret" not in repr(reading)


def test_without_sources_every_package_comes_from_the_registry():
    reading = read(SOURCES, Context(sources=False))
    assert {s.source.kind for s in reading.sightings} == {SourceKind.REGISTRY}
    assert all(s.source.trusted for s in reading.sightings)


def test_every_index_of_uv_is_reported():
    reading = read(
        """
[tool.uv]
index-url = "https://a.example/simple"
extra-index-url = ["https://b.example/simple"]
find-links = ["./wheels"]
[[tool.uv.index]]
url = "https://c.example/simple"
default = true
[[tool.uv.index]]
url = "https://d.example/simple"
[[tool.uv.index]]
name = "e"
url = "https://e.example/simple"
explicit = true
[tool.uv.pip]
index-url = "https://f.example/simple"
"""
    )
    found = [(line.url, line.kind, line.name, line.explicit, line.location.line) for line in reading.indexes]
    assert found == [
        ("https://c.example/simple", "default", None, False, 7),
        ("https://d.example/simple", "extra", None, False, 10),
        ("https://e.example/simple", "named", "e", True, 13),
        ("https://a.example/simple", "default", None, False, 3),
        ("https://b.example/simple", "extra", None, False, 4),
        ("./wheels", "find-links", None, False, 5),
        ("https://f.example/simple", "default", None, False, 16),
    ]
    assert {line.layer for line in reading.indexes} == {Layer.PROJECT}


def test_uv_toml_says_the_same_without_the_table():
    text = 'constraint-dependencies = ["six<2"]\n[[index]]\nname = "e"\nurl = "https://e.example/simple"\n'
    reading = readers.read(HERE / "uv.toml", holding_paths({"uv.toml": text}))
    assert [(line.url, line.kind, line.location.line) for line in reading.indexes] == [
        ("https://e.example/simple", "named", 4)
    ]
    assert [(s.raw, s.extra["constraint"]) for s in reading.sightings] == [("six", "1")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[project]\ndynamic = ["version"]', []),
        ('[project]\ndynamic = ["version", "dependencies"]', [("undecidable", 2)]),
        ('[project]\ndynamic = ["optional-dependencies"]', [("undecidable", 2)]),
        ('[dependency-groups]\na = [{include-group = "b"}]', [("missing-include", 2)]),
        ('[dependency-groups]\na = [{set-phasers = "stun"}]', [("undecidable", 1)]),
        ("[project]\ndependencies = [1]", [("undecidable", 2)]),
        ("[project]\ndependencies = {a = 1}", [("undecidable", 2)]),
        ('[tool.uv]\nallow-insecure-host = ["h.example"]', [("settings-loosened", 2)]),
        ('[tool.uv.pip]\nallow-insecure-host = ["h.example"]', [("settings-loosened", 2)]),
    ],
)
def test_what_cannot_be_decided_is_a_problem_of_its_line(text, expected):
    assert codes(read(text)) == expected


def test_a_line_is_known_where_quotation_marks_are_escaped():
    reading = read('[project]\nname = "x"\ndependencies = [\n  "six; python_version < \\"3\\"",\n]\n')
    assert [each.location.line for each in reading.sightings] == [4]


def test_a_line_is_unknown_where_the_text_is_written_otherwise():
    (found,) = read('[project]\ndependencies = ["s\\u0069x"]').sightings
    assert (found.raw, found.location.line) == ("six", None)


def test_a_broken_file_is_refused_with_path_and_line():
    with pytest.raises(InputError, match=r"^/project/pyproject\.toml:2: not valid TOML$"):
        read("[project]\nname = \n")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text("ab@/:.${}", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["name", "dependencies", "optional-dependencies", "dynamic", "index", "sources", "pip", "url", "workspace"]
KEYS += ["include-group", "git", "path", "marker", "dev-dependencies", "extra-build-dependencies", "requires"]


def _toml(value):
    """A value as TOML text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_toml(item)}' for key, item in value.items() if item is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value if item is not None) + "]"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)


TABLES = st.dictionaries(st.sampled_from(KEYS), VALUES | st.dictionaries(st.sampled_from(KEYS), VALUES), max_size=4)


@given(TABLES, TABLES, TABLES)
def test_no_shape_is_too_odd(project, groups, uv):
    text = f"project = {_toml(project)}\ndependency-groups = {_toml(groups)}\nbuild-system = {_toml(groups)}\n"
    text += f"tool = {_toml({'uv': uv})}\n"
    readers.read(HERE / "pyproject.toml", holding_paths({"pyproject.toml": text}))


@given(st.text())
def test_any_text_is_read_or_refused(text):
    words = refusal(read, text)
    assert not words or words.startswith("/project/pyproject.toml:")
