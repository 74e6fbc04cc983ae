"""Other pipelines: whatever they call a command is one, lists and shared parts included."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import ci_yaml

from .found import files, names, reading, reads_or_refuses, unclear


def read(text, name=".gitlab-ci.yml"):
    return reading(ci_yaml, name, text)


def test_gitlab():
    found = read("""variables:
  PIP_INDEX_URL: https://mirror.example/simple
  TOOL: {value: tox, description: x}
.shared: &shared
  before_script:
    - cd api
    - pip install -r reqs.lst
test:
  <<: *shared
  script:
    - pip install $TOOL
    - !reference [.shared, before_script]
    - |
      npm ci
      npx serve
  after_script: [npm i left-pad]
""")
    assert names(found) == [("tox", 11), ("serve", 15), ("left-pad", 16)]
    assert files(found) == ["api/reqs.lst"]
    assert found.sightings[0].source.index == "https://mirror.example/simple"


def test_circleci():
    text = """jobs:
  build:
    working_directory: ~/x
    environment: {A: flask}
    steps:
      - run: pip install << parameters.what >>
      - run: {name: x, command: "pip install $A"}
      - run:
          working_directory: api
          command: |
            pip install -r reqs.lst
"""
    found = read(text, ".circleci/config.yml")
    assert names(found) == [("flask", 7)]
    assert files(found) == ["api/reqs.lst"]
    assert unclear(found) == [6]


def test_azure():
    text = """steps:
- script: pip install flask
  workingDirectory: api
- pwsh: |
    & npm install left-pad
- bash: pip install ${{ parameters.x }}
- task: CmdLine@2
  inputs: {script: npx serve}
"""
    found = read(text, "azure-pipelines.yml")
    assert names(found) == [("flask", 2), ("left-pad", 5), ("serve", 8)]
    assert unclear(found) == [6]


def test_travis_appveyor_and_buildkite():
    text = "install: pip install flask\nscript:\n- npx serve\n"
    assert names(read(text, ".travis.yml")) == [("flask", 1), ("serve", 3)]
    text = "install:\n- ps: npm i left-pad\n- cmd: pip install flask\ntest_script: [npx serve]\n"
    assert names(read(text, "appveyor.yml")) == [("left-pad", 2), ("flask", 3), ("serve", 4)]
    text = "steps:\n- command: pip install flask\n- commands:\n  - npm i left-pad\n"
    assert names(read(text, ".buildkite/pipeline.yml")) == [("flask", 2), ("left-pad", 4)]


def test_read_the_docs_names_requirement_files():
    text = """build:
  jobs: {post_install: [pip install flask]}
  commands: ["pip install rich"]
python:
  install:
  - requirements: docs/reqs.lst
  - method: pip
    path: .
"""
    found = read(text, ".readthedocs.yaml")
    assert names(found) == [("flask", 2), ("rich", 3)]
    assert files(found) == ["docs/reqs.lst"]


def test_taskfiles():
    text = """tasks:
  a:
    dir: api
    cmds:
    - pip install flask {{.CLI_ARGS}}
    - cmd: pip install -r reqs.lst
    - task: b
"""
    found = read(text, "Taskfile.yml")
    assert names(found) == [("flask", 5)]
    assert unclear(found) == [5]
    assert files(found) == ["api/reqs.lst"]


@pytest.mark.parametrize(
    "command",
    [
        '["pip", "install", "flask"]',
        '["sh", "-c", "pip install flask"]',
        "pip install flask",
        "sh -c 'pip install flask'",
    ],
)
def test_compose_commands_are_words_or_text(command):
    assert names(read(f"services:\n  a:\n    command: {command}\n", "compose.yaml")) == [("flask", 3)]


def test_a_command_and_its_arguments_are_one():
    found = read('x:\n  command: ["sh", "-c"]\n  args: ["pip install flask"]\n')
    assert names(found) == [("flask", 2)]


def test_a_variable_set_to_different_things_is_unknown():
    found = read("a:\n  variables: {X: flask}\n  script: pip install $X\nb:\n  variables: {X: rich}\n")
    assert names(found) == []
    assert unclear(found) == [3]


def test_aliases_cost_no_more_than_they_are_written():
    bomb = "a0: &a0 {script: pip install flask}\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    start = time.perf_counter()
    assert names(read(bomb)) == [("flask", 1)]
    assert time.perf_counter() - start < 2


def test_a_chain_of_merges_ends():
    found = read("a: &a {script: pip install x}\nb: &b {<<: *a}\nc: &c\n  <<: [*a, *b, *c]\n  script: npx serve\n")
    assert names(found) == [("x", 1), ("serve", 5)]


@given(st.text() | st.text().map(lambda text: f"script: ['{text}', pip install x]"))
def test_any_text_is_read(text):
    reads_or_refuses(ci_yaml, ".gitlab-ci.yml", text)


@pytest.mark.parametrize(
    "hook",
    [
        "entry: npx -y evil",
        "entry: npx -y\n    args: [evil, --fix]",
        "entry: bash -c 'npx -y evil'",
    ],
)
def test_what_a_hook_of_pre_commit_starts_is_a_command(hook):
    text = f"repos:\n- repo: local\n  hooks:\n  - id: x\n    language: system\n    {hook}\n"
    assert names(read(text, ".pre-commit-config.yaml")) == [("evil", 6)]
