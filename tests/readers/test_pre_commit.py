"""pre-commit's files: the packages that its hooks are installed with."""

from __future__ import annotations

import pytest

from slopguard import readers
from slopguard.errors import InputError

from .files import HERE, holding_paths

CONFIG = """\
repos:
- repo: https://git.example/mirrors-mypy
  rev: v1
  hooks:
  - id: mypy
    additional_dependencies: [types-requests==2.0, "pydantic>=2"]
- repo: https://git.example/mirrors-prettier
  hooks:
  - id: prettier
    additional_dependencies:
    - prettier
    - "@acme/plugin@1.0.0"
- repo: https://git.example/some-hook
  hooks:
  - id: lint
    additional_dependencies: ["tool@1.2.3", helper]
- repo: local
  hooks:
  - id: own
    language: node
    additional_dependencies: [left-pad@1.0.0]
  - id: gem
    language: ruby
    additional_dependencies: ["rubocop:1.0", a]
  - id: py
    language: python
    additional_dependencies:
    - --extra-index-url
    - https://u:s3cret@registry.example/simple
    - ./lib
    - six @ https://h.example/six-1.0.zip
"""


def read(text=CONFIG, name=".pre-commit-config.yaml"):
    return readers.read(HERE / name, holding_paths({name: text}))


def test_every_hooks_packages_are_of_the_language_it_is_in():
    found = [(str(s.ecosystem), s.raw, s.version, s.extra["group"], s.location.line) for s in read().sightings]
    assert found == [
        ("pypi", "types-requests", "2.0", "hook:mypy", 6),
        ("pypi", "pydantic", None, "hook:mypy", 6),
        ("npm", "prettier", None, "hook:prettier", 11),
        ("npm", "@acme/plugin", "1.0.0", "hook:prettier", 12),
        ("npm", "tool", "1.2.3", "hook:lint", 16),
        ("npm", "helper", None, "hook:lint", 16),
        ("npm", "left-pad", "1.0.0", "hook:own", 21),
        ("pypi", "lib", None, "hook:py", 30),
        ("pypi", "six", "1.0", "hook:py", 31),
    ]


def test_repositories_and_other_languages_are_counted():
    assert read().skipped == 3 + 2


def test_options_of_pip_are_read_as_such():
    assert [(line.url, line.kind, line.location.line) for line in read().indexes] == [
        ("https://registry.example/simple", "extra", 29)
    ]
    assert "s3cret" not in repr(read())


def test_a_repositorys_own_hooks_are_a_list():
    text = "- id: x\n  language: node\n  additional_dependencies: ['a@1']\n- id: y\n  language: python\n"
    reading = read(text, ".pre-commit-hooks.yaml")
    assert [(str(s.ecosystem), s.raw) for s in reading.sightings] == [("npm", "a")]


@pytest.mark.parametrize("value", ["5", "{a: b}", "[[a]]", "text"])
def test_what_is_no_list_of_texts_is_undecidable(value):
    reading = read(f"repos:\n- repo: local\n  hooks:\n  - id: x\n    additional_dependencies: {value}\n")
    assert [(problem.code, problem.location.line) for problem in reading.problems] == [("undecidable", 5)]


@pytest.mark.parametrize("text", ["a: 1\n", "repos: 5\n", "-r x: y\n"])
def test_another_file_of_that_name_is_refused(text):
    with pytest.raises(InputError, match="not a configuration of pre-commit"):
        read(text)


@pytest.mark.parametrize("text", ["", "repos: []\n", "repos: [5]\n", "repos: [{hooks: 5}]\n"])
def test_one_without_hooks_says_nothing(text):
    assert read(text).sightings == ()
