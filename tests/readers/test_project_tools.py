"""`pyproject.toml`: what hatch, flit, rye, pixi and setuptools add to it in tables of their own."""

from __future__ import annotations

import pytest

from slopguard import readers
from slopguard.readers.interface import Context

from .files import HERE, brief, holding_paths


def read(text, name="pyproject.toml", poetry=False, **more):
    files = {name: text, **{f"{key}.txt": value for key, value in more.items()}}
    return readers.read(HERE / name, holding_paths(files), Context(poetry=poetry))


def names(reading):
    return [(s.raw, s.extra["group"], s.location.line) for s in reading.sightings]


def codes(reading):
    return [(problem.code, problem.location.line) for problem in reading.problems]


HATCH = """\
[project]
name = "own"
dynamic = ["dependencies"]
[tool.hatch.envs.default]
dependencies = [
  "pytest>=8",
  "lib @ {root:uri}/lib",
  "up @ {root:parent:uri}/up",
]
[tool.hatch.envs.docs]
extra-dependencies = ["mkdocs"]
features = ["web"]
[tool.hatch.envs.docs.overrides]
matrix.version.extra-dependencies = [{value = "furo", if = ["9000"]}]
platform.windows.dependencies = ["colorama"]
[tool.hatch.build]
dependencies = ["hatch-mypyc"]
[tool.hatch.build.targets.wheel.hooks.mypyc]
dependencies = ["mypy"]
[tool.hatch.env]
requires = ["hatch-conda"]
[tool.hatch.metadata.hooks.uv-dynamic-versioning]
dependencies = ["anyio>=4", "own-types=={{ version }}"]
"""


def test_hatchs_environments_builds_and_hooks_are_read():
    reading = read(HATCH)
    assert names(reading) == [
        ("pytest", "group:default", 6),
        ("lib", "group:default", 7),
        ("up", "group:default", 8),
        ("mkdocs", "group:docs", 11),
        ("furo", "group:docs", 14),
        ("colorama", "group:docs", 15),
        ("hatch-mypyc", "build-system", 17),
        ("mypy", "build-system", 19),
        ("hatch-conda", "group:hatch", 21),
        ("anyio", "dependencies", 23),
        ("own-types", "dependencies", 23),
    ]
    assert [brief(s)[3:] for s in reading.sightings[1:3]] == [("path", "/project/lib"), ("path", "/up")]
    assert (codes(reading), reading.project) == ([], "own")


def test_hatch_toml_says_the_same_without_the_table():
    text = '[envs.default]\ndependencies = ["six"]\n[build.hooks.x]\ndependencies = ["wheel"]\n'
    assert names(read(text, "hatch.toml")) == [("six", "group:default", 2), ("wheel", "build-system", 4)]


@pytest.mark.parametrize("text", ["{env:NAME}", "a @ {env:PLACE}", "{x}-b==1"])
def test_a_name_or_place_that_a_variable_decides_is_undecidable(text):
    assert codes(read(f'[tool.hatch.envs.a]\ndependencies = ["{text}"]\n')) == [("undecidable", 2)]


def test_setuptools_takes_dynamic_dependencies_from_files():
    reading = read(
        """
[project]
dynamic = ["dependencies", "optional-dependencies"]
[tool.setuptools.dynamic]
dependencies = {file = ["reqs.txt"]}
optional-dependencies.web = {file = "web.txt"}
optional-dependencies.gone = {file = ["gone.txt"]}
""",
        reqs="flask==2\n",
        web="django\n",
    )
    assert names(reading) == [("flask", "dependencies", 1), ("django", "extra:web", 1)]
    assert reading.sightings[0].location.path == "/project/reqs.txt"
    assert codes(reading) == [("missing-include", 7)]


def test_hatchs_hook_takes_them_from_files_too():
    text = '[project]\ndynamic = ["dependencies"]\n[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["reqs.txt"]\n'
    reading = read(text, reqs="six\n")
    assert (names(reading), codes(reading)) == ([("six", "dependencies", 1)], [])


@pytest.mark.parametrize(
    "table",
    [
        "",
        "[tool.setuptools.dynamic]\nversion = {file = 'VERSION'}\n",
        "[tool.setuptools.dynamic]\noptional-dependencies.a = {file = 'reqs.txt'}\n",
        "[tool.setuptools.dynamic]\ndependencies = {attr = 'x.y'}\n",
        "[tool.setuptools.dynamic]\ndependencies = 5\n",
        "[tool.hatch.metadata.hooks.custom]\npath = 'x.py'\n",
    ],
)
def test_dynamic_dependencies_that_nothing_names_are_undecidable(table):
    reading = read(f"[project]\ndynamic = ['dependencies']\n{table}", reqs="six\n")
    assert ("undecidable", 2) in codes(reading)


def test_files_count_only_where_the_list_is_dynamic():
    assert names(read("[tool.setuptools.dynamic]\ndependencies = {file = 'reqs.txt'}\n", reqs="six\n")) == []


def test_flits_old_table_is_read():
    text = """
[tool.flit.metadata]
module = "own"
requires = ["six"]
dev-requires = ["pytest"]
[tool.flit.metadata.requires-extra]
web = ["django", "own[x]"]
"""
    reading = read(text)
    assert names(reading) == [
        ("six", "dependencies", 4),
        ("pytest", "group:dev", 5),
        ("django", "extra:web", 7),
        ("own", "extra:web", 7),
    ]
    assert brief(reading.sightings[-1])[3] == "workspace"


def test_ryes_table_is_read():
    text = """
[tool.rye]
dev-dependencies = ["pytest>=8"]
[[tool.rye.sources]]
name = "default"
url = "https://u:s3cret@registry.example/simple"
verify-ssl = false
"""
    reading = read(text)
    assert names(reading) == [("pytest", "group:dev", 3)]
    assert [(line.url, line.kind, line.name) for line in reading.indexes] == [
        ("https://registry.example/simple", "default", "default")
    ]
    assert codes(reading) == [("settings-loosened", 7)]


def test_pixis_packages_of_pypi_are_read_and_condas_are_not():
    text = """
[tool.pixi.dependencies]
python = "3.12"
[tool.pixi.pypi-dependencies]
flask = ">=2"
own = {path = ".", editable = true}
torch = {version = "==2.0", index = "https://private.example/simple"}
odd = 5
[tool.pixi.feature.test.pypi-dependencies]
pytest = "*"
[tool.pixi.target.linux-64.pypi-dependencies]
uvloop = {git = "https://git.example/uvloop.git"}
[tool.pixi.pypi-options]
extra-index-urls = ["https://registry.example/simple"]
find-links = [{path = "./wheels"}]
"""
    reading = read(text)
    assert [(brief(s), s.extra["group"], s.location.line) for s in reading.sightings] == [
        (("flask", ">=2", None, "registry", None), "dependencies", 5),
        (("own", "", None, "path", "/project"), "dependencies", 6),
        (("torch", "==2.0", "2.0", "registry", "https://private.example/simple"), "dependencies", 7),
        (("uvloop", "", None, "vcs", "https://git.example/uvloop.git"), "dependencies", 12),
        (("pytest", "", None, "registry", None), "group:test", 10),
    ]
    assert [(line.url, line.kind) for line in reading.indexes] == [
        ("https://registry.example/simple", "extra"),
        ("./wheels", "find-links"),
    ]
    assert codes(reading) == [("undecidable", 8)]
