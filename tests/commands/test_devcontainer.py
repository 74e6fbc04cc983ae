"""Development containers: their commands in three forms, and features that are known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import devcontainer

from .found import files, names, reading, reads_or_refuses, unclear

NAME = ".devcontainer/devcontainer.json"


def read(text):
    return reading(devcontainer, NAME, text)


def test_commands_are_text_words_or_several():
    found = read("""{
  // a comment
  "onCreateCommand": "pip install flask && npm i left-pad",
  "postCreateCommand": ["pip", "install",
    "rich"],
  "postStartCommand": {
    "a": "npx serve",
    "b": ["pip", "install", "click"],
  },
}
""")
    assert names(found) == [("flask", 3), ("left-pad", 3), ("rich", 5), ("serve", 7), ("click", 8)]


def test_commands_start_in_the_project():
    found = read('{"postCreateCommand": "pip install -r ${containerWorkspaceFolder}/a.lst -r b.lst"}')
    assert files(found) == ["a.lst", "b.lst"]


def test_variables_of_the_host_are_unknown_and_those_of_the_container_count():
    found = read("""{"containerEnv": {"A": "flask", "B": "${localEnv:B}"},
"postCreateCommand": "pip install $A $B ${localEnv:C}"}""")
    assert names(found) == [("flask", 2)]
    assert unclear(found) == [2]


def test_features_that_are_known_to_install_packages():
    found = read("""{"features": {
"registry.example/devcontainers/features/python:1": {"toolsToInstall": "ruff,mypy"},
"registry.example/other/npm-package:1": {"package": "left-pad", "version": "1.3.0"},
"registry.example/other/node:1": {"version": "20"}}}""")
    assert names(found) == [("ruff", 2), ("mypy", 2), ("left-pad1.3.0", 3)]


@given(st.text() | st.text().map(lambda text: '{"postCreateCommand": "pip install ' + text + '"}'))
def test_any_text_is_read(text):
    reads_or_refuses(devcontainer, NAME, text)
