"""What pnpm does before a command: it becomes another pnpm, brings config dependencies along, installs first."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from slopguard.clients.interface import Invocation
from slopguard.clients.pnpm import Pnpm

NEEDY = {"name": "mine", "dependencies": {"left-pad": "1"}}


def installed(folder: Path, version: str) -> str:
    """A PATH on which pnpm has this version."""
    package = folder / "tools" / "pnpm"
    (package / "bin").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "pnpm", "version": version}))
    (package / "bin" / "pnpm").write_text("#!/bin/sh\n")
    (package / "bin" / "pnpm").chmod(0o755)
    return str(package / "bin")


def parse(cwd: Path, line: str, path: str, **env: str) -> Invocation:
    return Pnpm().parse("pnpm", line.split(), cwd, {"HOME": str(cwd / "home"), "PATH": path, **env})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


def manifest(project: Path, **fields: object) -> None:
    (project / "package.json").write_text(json.dumps({"name": "mine", **fields}))


@pytest.mark.parametrize("line", ["install", "ls", "--version", "run build", "build", "config get registry"])
@pytest.mark.parametrize("version", ["10.34.9", "11.28.11", "12.21.0"])
def test_another_pnpm_that_the_project_names_is_judged_first(
    tmp_path: Path, project: Path, version: str, line: str
) -> None:
    manifest(project, packageManager="pnpm@9.0.0+sha512.aa")
    call = parse(project, line, installed(tmp_path, version))
    assert call.installs
    assert [(s.raw, s.version) for s in call.typed] == [("pnpm", "9.0.0")]


@pytest.mark.parametrize("named", ["pnpm@12.21.0", "pnpm@12.21.0+sha512.aa", "yarn@4.0.0"])
def test_the_pnpm_that_is_there_is_not_downloaded(tmp_path: Path, project: Path, named: str) -> None:
    manifest(project, packageManager=named)
    assert not parse(project, "ls", installed(tmp_path, "12.21.0")).installs


@pytest.mark.parametrize(
    ("version", "engine", "downloads"),
    [
        ("12.21.0", {"name": "pnpm", "version": "^9"}, True),
        ("12.21.0", {"name": "pnpm", "version": "^9", "onFail": "download"}, True),
        ("12.21.0", {"name": "pnpm", "version": "^9", "onFail": "warn"}, False),
        ("12.21.0", {"name": "yarn", "version": "^9"}, False),
        ("12.21.0", [{"name": "yarn"}, {"name": "pnpm", "version": "9.0.0"}], True),
        ("10.34.9", {"name": "pnpm", "version": "^9", "onFail": "download"}, False),
    ],
)
def test_so_is_one_among_the_engines(
    tmp_path: Path, project: Path, version: str, engine: object, downloads: bool
) -> None:
    manifest(project, devEngines={"packageManager": engine})
    assert parse(project, "ls", installed(tmp_path, version)).installs is downloads


@pytest.mark.parametrize(
    "variable", ["pnpm_config_pm_on_fail=ignore", "npm_config_manage_package_manager_versions=false"]
)
def test_a_pnpm_told_to_stay_what_it_is_stays(tmp_path: Path, project: Path, variable: str) -> None:
    manifest(project, packageManager="pnpm@9.0.0")
    name, _, value = variable.partition("=")
    assert not parse(project, "ls", installed(tmp_path, "12.21.0"), **{name: value}).installs


def test_config_dependencies_come_along_until_they_are_there(tmp_path: Path, project: Path) -> None:
    manifest(project)
    (project / "pnpm-workspace.yaml").write_text("configDependencies:\n  conf: 1.0.0+sha512-aa\n")
    path = installed(tmp_path, "12.21.0")
    call = parse(project, "ls", path)
    assert (call.installs, call.files) == (True, (project / "pnpm-workspace.yaml",))
    (project / "node_modules/.pnpm-config/conf").mkdir(parents=True)
    (project / "node_modules/.pnpm-config/conf/package.json").write_text('{"version": "1.0.0"}')
    assert not parse(project, "ls", path).installs


def ready(project: Path, *, ago: float = 60) -> None:
    """As after an install: everything was found in place some seconds from now."""
    (project / "node_modules").mkdir(exist_ok=True)
    changed = max(path.stat().st_ctime for path in project.iterdir())
    state = {"lastValidatedTimestamp": int((changed + ago) * 1000)}
    (project / "node_modules/.pnpm-workspace-state-v1.json").write_text(json.dumps(state))


@pytest.mark.parametrize("line", ["run build", "build", "exec tool", "test", "start"])
@pytest.mark.parametrize("version", ["11.28.11", "12.21.0"])
def test_a_script_may_begin_with_an_install_where_something_is_missing(
    tmp_path: Path, project: Path, version: str, line: str
) -> None:
    (project / "package.json").write_text(json.dumps(NEEDY))
    path = installed(tmp_path, version)
    call = parse(project, line, path)
    assert (call.installs, call.runs) == (True, True)
    assert project / "package.json" in call.files
    ready(project)
    assert not parse(project, line, path).installs


def test_a_manifest_changed_since_cannot_pass_for_an_old_one(tmp_path: Path, project: Path) -> None:
    (project / "package.json").write_text(json.dumps(NEEDY))
    path = installed(tmp_path, "12.21.0")
    ready(project, ago=-1)
    os.utime(project / "package.json", (0, 0))
    assert parse(project, "build", path).installs


@pytest.mark.parametrize("variable", ["pnpm_config_registry", "PNPM_CONFIG_HOIST"])
def test_other_settings_than_last_time_are_a_reason_to_look(tmp_path: Path, project: Path, variable: str) -> None:
    (project / "package.json").write_text(json.dumps(NEEDY))
    ready(project)
    assert parse(project, "build", installed(tmp_path, "12.21.0"), **{variable: "x"}).installs


def test_scripts_run_by_pnpm_install_nothing_first(tmp_path: Path, project: Path) -> None:
    (project / "package.json").write_text(json.dumps(NEEDY))
    path = installed(tmp_path, "12.21.0")
    assert not parse(project, "build", path, pnpm_config_verify_deps_before_run="false").installs


def test_pnpm_10_installs_first_only_if_told_to(tmp_path: Path, project: Path) -> None:
    (project / "package.json").write_text(json.dumps(NEEDY))
    path = installed(tmp_path, "10.34.9")
    assert not parse(project, "build", path).installs
    assert parse(project, "build", path, npm_config_verify_deps_before_run="install").installs
    (project / ".npmrc").write_text("verify-deps-before-run=install\n")
    assert parse(project, "build", path).installs
