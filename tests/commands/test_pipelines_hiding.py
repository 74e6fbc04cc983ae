"""Pipelines, Dockerfiles and makefiles: what is handed to another shell, program or action is read all the same."""

from __future__ import annotations

from types import ModuleType

import pytest

from slopguard.commands import ci_yaml, dockerfile, github_workflow, makefile
from tests.commands.found import names, reading, unclear

STEP = "on: push\njobs:\n  a:\n    steps:\n      - "


def workflow(step: str) -> str:
    return STEP + step.replace("\n", "\n        ") + "\n"


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ("shell: python\nrun: |\n  import os\n  os.system('pip install evil-name')", 8),
        ("shell: node {0}\nrun: require('child_process').execSync('pip install evil-name')", 6),
        ("shell: bash -c 'pip install evil-name' {0}\nrun: ls", 5),
        ("uses: some/retry@v3\nwith:\n  command: pip install evil-name", 7),
        ("uses: some/job@v3\nwith:\n  post-install-script: |\n    ls\n    pip install evil-name", 9),
        ("uses: actions/github-script@v7\nwith:\n  script: await exec.exec('pip', ['install', 'evil-name'])", 7),
        ("uses: docker://python:3\nwith:\n  args: pip install evil-name", 7),
        ("uses: docker://python:3\nwith:\n  entrypoint: pip\n  args: install evil-name", 7),
        ("uses: actions/setup-python@v6\nwith:\n  pip-install: evil-name", 7),
        ("run: python -m cibuildwheel\nenv:\n  CIBW_BEFORE_BUILD: pip install evil-name", 7),
        ("run: python -m cibuildwheel\nenv:\n  CIBW_TEST_REQUIRES: evil-name", 7),
    ],
)
def test_what_a_step_hands_on_is_read(step: str, line: int) -> None:
    found = reading(github_workflow, ".github/workflows/ci.yml", workflow(step))
    assert ("evil-name", line) in names(found)


def test_a_job_hands_commands_to_a_workflow_of_others() -> None:
    text = "jobs:\n  a:\n    uses: o/r/.github/workflows/x.yml@v1\n    with:\n      test-command: npx evil-name\n"
    assert names(reading(github_workflow, ".github/workflows/ci.yml", text)) == [("evil-name", 5)]


def test_an_action_starts_its_image_with_arguments() -> None:
    text = "runs:\n  using: docker\n  image: docker://python:3\n  entrypoint: pip\n  args: [install, evil-name]\n"
    assert names(reading(github_workflow, "action.yml", text)) == [("evil-name", 4)]


def test_a_step_that_is_an_expression_is_undecidable() -> None:
    assert unclear(reading(github_workflow, ".github/workflows/ci.yml", workflow("run: ${{ inputs.command }}"))) == [5]


def test_the_text_of_a_comment_is_no_command() -> None:
    step = "uses: some/comment@v1\nwith:\n  body: pip install evil-name\n  title: npx evil-name"
    assert names(reading(github_workflow, ".github/workflows/ci.yml", workflow(step))) == []


@pytest.mark.parametrize(
    ("module", "name", "text", "line"),
    [
        (ci_yaml, "Taskfile.yml", "tasks:\n  a: pip install evil-name\n", 2),
        (ci_yaml, "Taskfile.yml", "tasks:\n  a:\n    - ls\n    - pip install evil-name\n", 4),
        (ci_yaml, "compose.yml", "services:\n  a:\n    entrypoint: npx\n    command: evil-name\n", 4),
        (ci_yaml, "compose.yml", ("services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM x\n"
         "        RUN pip install evil-name\n"), 6),
        (ci_yaml, "azure-pipelines.yml", ("steps:\n- task: Npm@1\n  inputs:\n    command: custom\n"
         "    customCommand: install evil-name\n"), 5),
        (ci_yaml, "azure-pipelines.yml", ("steps:\n- task: PythonScript@0\n  inputs:\n    scriptSource: inline\n"
         "    script: |\n      import os\n      os.system('pip install evil-name')\n"), 7),
        (ci_yaml, "cloudbuild.yaml", "steps:\n- name: x/cloud-builders/npm\n  args: [install, evil-name]\n", 3),
        (ci_yaml, ".circleci/config.yml", ("jobs:\n  a:\n    steps:\n      - run:\n          shell: python\n"
         "          command: __import__('os').system('pip install evil-name')\n"), 6),
        (ci_yaml, ".circleci/config.yml", ("jobs:\n  a:\n    steps:\n"
         "      - node/install: {override-ci-command: npm i evil-name}\n"), 4),
        (dockerfile, "Dockerfile", 'FROM x\nENTRYPOINT ["pip"]\nCMD ["install", "evil-name"]\n', 3),
        (dockerfile, "Dockerfile", 'FROM x\nSHELL ["pip", "install"]\nRUN evil-name\n', 3),
        (dockerfile, "Dockerfile", ('FROM x\nSHELL ["/usr/bin/python3", "-c"]\n'
         "RUN import os; os.system('pip install evil-name')\n"), 3),
        (makefile, "Makefile", ".RECIPEPREFIX = >\na:\n> pip install evil-name\n", 3),
        (makefile, "Makefile", "$(eval $(shell pip install evil-name))\n", 1),
        (makefile, "justfile", "x := shell('pip install evil-name')\n", 1),
        (makefile, "justfile", "a:\n  #!/usr/bin/env python3\n  import os\n  os.system('pip install evil-name')\n", 4),
    ],
)  # fmt: skip
def test_a_command_in_parts_or_for_another_program_is_read(module: ModuleType, name: str, text: str, line: int) -> None:
    assert ("evil-name", line) in names(reading(module, name, text))
