"""tox: dependencies and commands of every environment, in each of the files it reads."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import tox
from slopguard.model import SourceKind

from .found import files, names, reading, reads_or_refuses, unclear


def read(text, name="tox.ini"):
    return reading(tox, name, text)


def test_dependencies_with_factors_references_and_files():
    found = read("""[tox]
requires = tox-uv>=1
envlist = py{311,312}-django{4,5}, lint

[base]
deps =
    pytest>=7  # a comment
    coverage

[testenv]
deps =
    {[base]deps}
    django4: django>=4,<5
    !lint, py{311,312}: httpx[http2]
    # nothing
    -r reqs/dev.lst
    -creqs/limits.lst
    {toxinidir}/local

[testenv:lint]
deps = ruff==0.6
       {[testenv]deps}
       {[elsewhere]deps}
       {env:MORE}
       {env:GIVEN:mypy}
""")
    assert names(found) == [
        ("tox-uv>=1", 2),
        ("pytest>=7", 7),
        ("coverage", 8),
        ("django>=4,<5", 13),
        ("httpx", 14),
        ("local", 18),
        ("ruff==0.6", 21),
        ("mypy", 25),
    ]
    assert found.sightings[5].source.kind is SourceKind.PATH
    assert files(found) == ["reqs/dev.lst", "reqs/limits.lst"]
    assert unclear(found) == [23, 24]


def test_commands_are_read():
    found = read("""[testenv]
commands_pre = - pip install flask
commands =
    {envpython} -m pip install \\
      rich \\
      {posargs:click}
    py311: npx serve
    pytest {posargs}
install_command = pip install {opts} {packages}
""")
    assert names(found) == [("flask", 2), ("rich", 5), ("click", 6), ("serve", 7)]
    assert found.problems == ()


def test_setup_cfg_counts_only_with_a_section_of_tox():
    text = "[tox:tox]\nrequires = tox-uv\n[testenv]\ndeps = flask\n"
    assert names(read(text, "setup.cfg")) == [("tox-uv", 2), ("flask", 4)]
    assert names(read("[metadata]\nname = x\n[options]\ninstall_requires = flask\n", "setup.cfg")) == []


TOML = """
{0}requires = ["tox-uv>=1"]
{0}env_run_base.deps = ["pytest", "-r reqs.lst", {{ replace = "ref", of = ["env", "x", "deps"] }}]
{0}env.lint.commands = [["pip", "install",
  "ruff"], ["pytest", {{ replace = "posargs", default = ["a"] }}]]
{0}env.lint.deps = [{{ replace = "env", name = "X" }}]
"""


def test_toml_of_its_own():
    found = read(TOML.format(""), "tox.toml")
    assert names(found) == [("tox-uv>=1", 2), ("pytest", 3), ("ruff", 5)]
    assert files(found) == ["reqs.lst"]
    assert len(unclear(found)) == 1


def test_toml_of_the_project():
    found = read(TOML.format("tool.tox."), "pyproject.toml")
    assert names(found) == [("tox-uv>=1", 2), ("pytest", 3), ("ruff", 5)]
    assert names(read('[project]\ndependencies = ["flask"]\n', "pyproject.toml")) == []


def test_an_ini_file_inside_the_toml_keeps_its_lines():
    text = '[project]\nname = "x"\n[tool.tox]\nlegacy_tox_ini = """\n[tox]\n[testenv]\ndeps =\n  flask\n"""\n'
    assert names(read(text, "pyproject.toml")) == [("flask", 8)]


def test_references_that_lead_in_circles_end():
    start = time.perf_counter()
    found = read("[testenv]\ndeps =\n  {[testenv]deps}\n  {[a]deps}\n  flask\n[a]\ndeps = {[testenv]deps}\n")
    assert names(found) == [("flask", 5)]
    read("[testenv]\ndeps = " + "a," * 50_000 + "\n" + " {[x]y}\n" * 20_000)
    read("".join(f"[testenv:{n}]\ndeps =\n  {{[testenv:{n + 1}]deps}}\n  flask\n" for n in range(2_000)))
    assert time.perf_counter() - start < 20


PIECES = ["[testenv]\n", "deps =\n", "  a\n", "  {[testenv]deps}\n", "{", "}", "env:", "a,b: ", "commands = npx x\\\n"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join))
def test_any_text_is_read(text):
    for name in ("tox.ini", "setup.cfg", "tox.toml", "pyproject.toml"):
        reads_or_refuses(tox, name, text)
