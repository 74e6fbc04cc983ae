"""`[tool.poetry]` in pyproject.toml: dependencies in every notation, sources, plugins, and what refines `[project]`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.readers.interface import Context

from .files import HERE, brief, holding_paths, refusal

OLD = """\
[tool.poetry]
name = "mine"
version = "1"

[tool.poetry.dependencies]
python = "^3.11"
Flask = "^3.0"
exact = "1.2.3"
extra = {version = ">=1", extras = ["a", "b"], optional = true, markers = "os_name == 'nt'"}
both = [{version = "1.0", python = "<3.12"}, {version = "^2", python = ">=3.12"}]
vcs = {git = "https://s3cret@git.example/r.git", branch = "main"}
direct = {url = "https://h.example/direct-1.0.zip"}
beside = {path = "../beside", develop = true}
wheel = {path = "wheels/wheel-1.whl"}
corp-lib = {version = "*", source = "Corp"}
mine = {version = "*", extras = ["x"]}

[tool.poetry.dependencies.table]
version = "^1"

[tool.poetry.dev-dependencies]
pytest = "*"

[tool.poetry.group.docs.dependencies]
sphinx = "~7"

[tool.poetry.requires-plugins]
poetry-plugin-x = ">1"

[tool.poetry.build-constraints]
vcs = {setuptools = "<80"}

[[tool.poetry.source]]
name = "Corp"
url = "https://user:s3cret@corp.example/simple"
priority = "explicit"

[[tool.poetry.source]]
name = "PyPI"
priority = "primary"

[build-system]
requires = ["poetry-core"]
"""
NEW = """\
[project]
name = "mine"
version = "1"
dependencies = ["flask>=3", "acme-lib>=1", "patched"]
[project.optional-dependencies]
web = ["acme-web"]
[dependency-groups]
dev = ["acme-dev"]
[tool.poetry.dependencies]
acme-lib = {source = "corp"}
acme_web = {source = "corp"}
patched = {git = "https://git.example/patched"}
flask = {python = ">=3.9"}
[tool.poetry.group.dev.dependencies]
acme-dev = {path = "../dev"}
"""


def read(text, **context):
    context = {"poetry": True, **context}
    return readers.read(HERE / "pyproject.toml", holding_paths({"pyproject.toml": text}), Context(**context))


def test_every_notation_of_a_dependency_is_read():
    found = [brief(sighting) for sighting in read(OLD).sightings]
    assert found == [
        ("poetry-core", "", None, "registry", None),
        ("Flask", "^3.0", None, "registry", None),
        ("exact", "1.2.3", "1.2.3", "registry", None),
        ("extra", ">=1", None, "registry", None),
        ("both", "1.0", "1.0", "registry", None),
        ("both", "^2", None, "registry", None),
        ("vcs", "", None, "vcs", "https://git.example/r.git"),
        ("direct", "", None, "url", "https://h.example/direct-1.0.zip"),
        ("beside", "", None, "path", "/beside"),
        ("wheel", "", None, "path", "/project/wheels/wheel-1.whl"),
        ("corp-lib", "*", None, "registry", None),
        ("table", "^1", None, "registry", None),
        ("pytest", "*", None, "registry", None),
        ("sphinx", "~7", None, "registry", None),
        ("poetry-plugin-x", ">1", None, "registry", None),
        ("setuptools", "<80", None, "registry", None),
    ]


def test_what_else_is_said_of_a_dependency_is_kept():
    found = {sighting.raw: sighting for sighting in read(OLD).sightings}
    assert found["extra"].extra == {
        "group": "dependencies", "extras": "a,b", "marker": "os_name == 'nt'", "optional": "1",
    }  # fmt: skip
    assert found["corp-lib"].extra["index"] == "corp"
    assert found["wheel"].extra["archive"] == found["direct"].extra["archive"] == "1"
    assert found["beside"].extra["editable"] == "1"
    assert found["setuptools"].extra["constraint"] == "1"
    assert found["sphinx"].extra["group"] == "group:docs"
    assert [found[name].location.line for name in ("Flask", "corp-lib", "table", "sphinx")] == [7, 15, 18, 25]
    assert "s3cret" not in repr(read(OLD))


def test_sources_are_index_lines_of_the_project():
    reading = read(OLD)
    assert [(i.url, i.kind, i.name, i.explicit, i.location.line) for i in reading.indexes] == [
        ("https://corp.example/simple", "named", "corp", True, 35)
    ]
    assert not reading.indexes[0].layer.trusted


def test_a_place_in_tool_poetry_replaces_the_registry_for_what_the_standard_tables_name():
    found = [(s.raw, str(s.source.kind), s.extra.get("index")) for s in read(NEW).sightings]
    assert found == [
        ("flask", "registry", None),
        ("acme-lib", "registry", "corp"),
        ("acme_web", "registry", "corp"),
        ("patched", "vcs", None),
        ("flask", "registry", None),
        ("acme-dev", "path", None),
    ]


def test_sources_and_plugins_count_for_poetry_alone():
    reading = read(OLD, poetry=False)
    assert reading.indexes == ()
    names = {sighting.raw: sighting for sighting in reading.sightings}
    assert "poetry-plugin-x" not in names
    assert "index" not in names["corp-lib"].extra
    assert names["vcs"].source.index == "https://git.example/r.git"


@pytest.mark.parametrize(
    ("more", "problems"),
    [("", ["undecidable"]), ("[tool.poetry.dependencies]\nsix = '*'\n", []), ("[tool.poetry]\n", [])],
)
def test_dynamic_dependencies_are_decidable_where_poetry_says_what_they_are(more, problems):
    """poetry itself looks nowhere else; what another client starts may be told more by the build backend."""
    text = f'[project]\nname = "x"\ndynamic = ["dependencies", "optional-dependencies"]\n{more}'
    assert [problem.code for problem in read(text).problems] == problems
    elsewhere = read(f"{text}[tool.poetry.group]\n", poetry=False).problems
    assert len(elsewhere) == (0 if "six" in more else 1)


PIECES = ["[tool.poetry]", "[tool.poetry.dependencies]", "x = '*'", "x = 1", "y = {git = 1}", "y = [1, {url = 'u'}]"]
PIECES += ["[tool.poetry.group]", "g = 1", "[tool.poetry.group.g]", "dependencies = 1", "[[tool.poetry.source]]"]
PIECES += [
    "name = 1",
    "url = 'https://u'",
    "url = 1",
    "priority = 1",
    "[tool.poetry.build-constraints]",
    "z = {q = '1'}",
]
PIECES += ["source = 1", "extras = [1]", "[project]", "dependencies = ['x']", "[tool.poetry.requires-plugins]"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("\n".join))
def test_whatever_the_file_says_it_is_read_or_refused(text):
    if not refusal(read, text):
        assert all(isinstance(sighting.raw, str) for sighting in read(text).sightings)
