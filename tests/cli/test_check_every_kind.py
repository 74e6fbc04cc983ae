"""Every kind of file that `check` knows is really looked at, judged, and told with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slopguard.check.kinds import KINDS
from tests.cli.program import Program
from tests.fuzz.targets import NAMES

DIGEST = "sha256:" + "0" * 64
SRI = "sha512-" + "A" * 86 + "=="
NO_PACKAGE = {"yarnrc_classic", "bunfig", "pdm_toml", "pnpmfile"}
"""Kinds that name no package themselves."""
SAMPLES: dict[str, str] = {
    "uv_lock": 'version = 1\n[[package]]\nname = "GHOST"\nversion = "1.0"\n'
    'source = { registry = "https://r.example" }\n'
    f'sdist = {{ url = "https://r.example/ghost-1.0.tar.gz", hash = "{DIGEST}" }}\n',
    "poetry_lock": f'[[package]]\nname = "GHOST"\nversion = "1.0"\nfiles = [{{file = "a.whl", hash = "{DIGEST}"}}]\n',
    "pdm_lock": f'[[package]]\nname = "GHOST"\nversion = "1.0"\nfiles = [{{file = "a.whl", hash = "{DIGEST}"}}]\n',
    "pylock": f'lock-version = "1.0"\n[[packages]]\nname = "GHOST"\nversion = "1.0"\n'
    f'sdist = {{name = "GHOST-1.0.tar.gz", hashes = {{sha256 = "{"0" * 64}"}}}}\n',
    "pipfile_lock": json.dumps({"default": {"GHOST": {"version": "==1.0", "hashes": [DIGEST]}}}, indent=1),
    "package_lock": json.dumps(
        {"lockfileVersion": 3, "packages": {"node_modules/GHOST": {"version": "1.0.0", "integrity": SRI}}}, indent=1
    ),
    "pnpm_lock": f"lockfileVersion: '9.0'\npackages:\n  GHOST@1.0.0:\n    resolution: {{integrity: {SRI}}}\n",
    "yarn_lock": f'# yarn lockfile v1\n\nGHOST@^1.0.0:\n  version "1.0.0"\n  integrity {SRI}\n',
    "bun_lock": '{"lockfileVersion": 1, "workspaces": {}, "packages": {\n'
    f'"GHOST": ["GHOST@1.0.0", "", {{}}, "{SRI}"]}}}}',
    "deno_lock": json.dumps({"version": "4", "npm": {"GHOST@1.0.0": {"integrity": SRI}}}, indent=1),
    "sbom": json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"purl": "pkg:npm/GHOST@1.0.0"}]}
    ),
    "pyproject": '[project]\nname = "a"\nversion = "1"\ndependencies = ["GHOST"]\n',
    "uv_toml": 'dev-dependencies = ["GHOST"]\n',
    "requirements": "GHOST\n",
    "pipfile": '[packages]\nGHOST = "*"\n',
    "setup_cfg": "[options]\ninstall_requires =\n    GHOST\n",
    "setup_py": 'from setuptools import setup\nsetup(name="a", install_requires=["GHOST"])\n',
    "conda": "dependencies:\n  - pip:\n      - GHOST\n",
    "pep723": '# /// script\n# dependencies = ["GHOST"]\n# ///\n',
    "package_json": '{"dependencies": {"GHOST": "^1.0.0"}}',
    "pnpm_workspace": "catalog:\n  GHOST: ^1.0.0\n",
    "yarnrc": "catalog:\n  GHOST: ^1.0.0\n",
    "deno_json": '{"imports": {"x": "npm:GHOST@1"}}',
    "pre_commit": "repos:\n  - repo: local\n    hooks:\n      - id: x\n        language: python\n"
    "        additional_dependencies: [GHOST]\n",
    "hatch_toml": '[envs.default]\ndependencies = ["GHOST"]\n',
    "pixi_toml": '[pypi-dependencies]\nGHOST = "*"\n',
    "shell_file": "pip install GHOST\n",
    "dockerfile": "FROM x\nRUN pip install GHOST\n",
    "github_workflow": "jobs:\n  a:\n    steps:\n      - run: pip install GHOST\n",
    "ci_yaml": "a:\n  script:\n    - pip install GHOST\n",
    "makefile": "all:\n\tpip install GHOST\n",
    "devcontainer": '{"postCreateCommand": "pip install GHOST"}',
    "notebook": json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": ["!pip install GHOST\n"]}]}),
    "markdown": "Run `pip install GHOST` first.\n",
    "mcp_config": '{"mcpServers": {"x": {"command": "npx", "args": ["-y", "GHOST"]}}}',
    "package_scripts": '{"scripts": {"x": "npx GHOST"}}',
    "tox": "[testenv]\ndeps = GHOST\n",
    "nox": 'def tests(session):\n    session.install("GHOST")\n',
}


def ghost(kind: str) -> str:
    """An invented name for each kind."""
    return f"sg-invented-{kind.replace('_', '-')}"


def test_every_kind_has_a_sample() -> None:
    assert {kind.name for kind in KINDS} - NO_PACKAGE == SAMPLES.keys()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Name to places, of one check over a file of every kind."""
    slopguard = Program(tmp_path_factory.mktemp("kinds"))
    for kind, text in SAMPLES.items():
        slopguard.write(f"project/{kind}/{NAMES[kind]}", text.replace("GHOST", ghost(kind)))
    slopguard.write("project/script/tool", "#!/usr/bin/env -S uv run --script\n" + _script("sg-invented-tool"))
    slopguard.write("project/script/other", "#!/usr/bin/env python3\n" + _script("sg-invented-other"))
    slopguard.write("project/script/setup", "#!/bin/sh\npip install sg-invented-setup\n")
    found = slopguard("check", "--offline", "--format", "json")
    assert found.rc in (1, 3), found.err
    assert [each for each in found.json["findings"] if each["verdict"] != "warn"] == []
    return {each["name"]: each["locations"] for each in found.json["results"]}


@pytest.mark.parametrize("kind", SAMPLES)
def test_what_a_file_of_each_kind_asks_for_is_told_with_its_line(kind: str, told: dict[str, Any]) -> None:
    lines = SAMPLES[kind].splitlines()
    (place,) = told[ghost(kind)]
    assert place["path"] == f"{kind}/{NAMES[kind]}"
    assert "GHOST" in lines[place["line"] - 1]


@pytest.mark.parametrize("name", ["tool", "setup", "other"])
def test_a_script_without_an_ending_is_known_by_its_first_line(name: str, told: dict[str, Any]) -> None:
    assert told[f"sg-invented-{name}"][0]["path"] == f"script/{name}"


@pytest.mark.parametrize("argv", [[], ["script.py"], ["--new-only"]])
def test_a_script_of_its_own_is_judged_however_check_is_called(slopguard: Program, argv: list[str]) -> None:
    from tests.cli.test_check_changes import Repo

    Repo(slopguard).write("script.py", _script("sg-invented-script"))
    found = slopguard("check", "--offline", "--format", "json", *argv).json["results"]
    assert {each["name"]: each["new"] for each in found if each["name"].startswith("sg-")} == {
        "sg-invented-script": True
    }


def _script(name: str) -> str:
    return SAMPLES["pep723"].replace("GHOST", name)
