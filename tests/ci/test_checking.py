"""The pieces that check a repository, step by step: what fails a job, what is shown of it, whose settings count."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.machines import GitHub, GitLab, Job, Machine
from tests.ci.project import GHOST, HOOKS, Project, own_source
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients
ROOT = HOOKS.parent
CHECKED = ["github-check.yml", "gitlab-check.yml", "check.sh", "action.yml"]
HOSTS = pytest.mark.parametrize("piece", CHECKED)


@pytest.fixture
def project(tmp_path: Path, pypi: PyPI, npm: Npm) -> Project:
    made = Project(tmp_path / "p", pypi, npm)
    made.write({"slopguard.toml": settings(made)})
    made.push("main")
    return made


def settings(project: Project) -> str:
    """Settings that loosen, as a project's own do: where its registries are."""
    return f'[upstream.pypi]\nurl = "{project.pypi.url}"\n[upstream.npm]\nurl = "{project.npm.url}"\n'


class Action(GitHub):
    """A hosted runner, and the composite action at the root."""

    def act(self, *, change: bool = False, depth: int = 2, env: Mapping[str, str] | None = None, **inputs: str) -> Job:
        """A job that checks out, and uses the action with these inputs."""
        told = yaml.safe_load((ROOT / "action.yml").read_text())
        assert set(inputs) <= set(told["inputs"])
        self.given = {name: str(about["default"]) for name, about in told["inputs"].items()} | inputs
        self.source = own_source(self.root / "action")
        self.start("pull_request" if change else "push")
        self.env |= env or {}
        self.path(self.tool / "bin")
        self.clone("merge" if change else "main", depth)
        assert all(step["shell"] == "bash" for step in told["runs"]["steps"])
        return self._steps(told["runs"]["steps"])

    def again(self, **inputs: str) -> Job:
        """The last step once more, with other inputs."""
        told = yaml.safe_load((ROOT / "action.yml").read_text())
        self.given = {name: str(about["default"]) for name, about in told["inputs"].items()} | inputs
        return self._steps(told["runs"]["steps"][-1:])

    def _value(self, text: str) -> str:
        found = re.fullmatch(r"\$\{\{ (?:inputs\.([\w-]+)|github\.action_path) \}\}", text)
        assert found, text
        return self.given[found[1]] if found[1] else str(self.source)


def check(project: Project, piece: str, *, change: bool = False) -> tuple[Job, Machine]:
    """One of the pieces, carried out for `main` or for the proposed change."""
    if piece == "gitlab-check.yml":
        lab = GitLab(project)
        return lab.run(change=change, job="slopguard-check", name=piece), lab
    if piece == "github-check.yml":
        hub = GitHub(project)
        return hub.run(change=change, name=piece), hub
    if piece == "action.yml":
        action = Action(project)
        return action.act(change=change, report="slopguard.sarif"), action
    machine = Machine(project)
    machine.path(machine.tool / "bin")
    machine.clone("change" if change else "main", 20)
    script = f"sh {HOOKS / piece} {'main ' if change else ''}"
    return Job(*machine.bash(script)), machine


@HOSTS
def test_a_repository_that_is_fine_passes(project: Project, piece: str) -> None:
    job, _ = check(project, piece)
    assert job.code == 0, job
    assert "all allowed" in job.log


@HOSTS
def test_an_invented_name_fails_the_job_with_its_place(project: Project, piece: str) -> None:
    project.propose({"requirements.txt": f"sg-alpha\n{GHOST}\n", "docs/setup.md": "text\n"})
    job, _ = check(project, piece, change=True)
    assert job.code == 1, job
    line = next(line for line in job.lines if line.startswith("BLOCK "))
    assert f"pypi:{GHOST}" in line
    assert "not-found" in line
    assert line.endswith("requirements.txt:2")


@HOSTS
def test_what_was_there_before_does_not_fail_a_change(project: Project, piece: str) -> None:
    project.write({"old-requirements.txt": f"{GHOST}\n"})
    project.push("main")
    project.propose({"requirements.txt": "sg-alpha\nsg-gamma\n"})
    job, _ = check(project, piece, change=True)
    assert job.code == 0, job


@HOSTS
def test_a_change_is_judged_by_the_settings_of_its_base(project: Project, piece: str) -> None:
    project.write({"slopguard.toml": 'mode = "strict"\n' + settings(project)})
    project.push("main")
    project.propose({"slopguard.toml": settings(project), "requirements.txt": "sg-alpha\nsg-gamma\n"})
    job, _ = check(project, piece, change=True)
    assert job.code == 3, job
    assert re.search(r"QUARANTINE +pypi:sg-gamma", job.log), job


@pytest.mark.parametrize("piece", ["github-check.yml", "gitlab-check.yml", "check.sh"])
def test_a_change_does_not_choose_which_guard_is_installed(project: Project, piece: str) -> None:
    project.pypi.add("not-a-guard", "1.0")
    project.propose({"ci/slopguard.txt": "not-a-guard==1.0\n", "requirements.txt": f"{GHOST}\n"})
    job, _ = check(project, piece, change=True)
    assert job.code == 1, job
    assert "not-a-guard" not in project.pypi.pages


@HOSTS
def test_a_change_does_not_run_in_the_place_of_pythons_own_modules(
    project: Project, piece: str, tmp_path: Path
) -> None:
    marker = tmp_path / "marker"
    own = f"import pathlib\npathlib.Path({str(marker)!r}).touch()\n"
    names = (
        "venv/__init__.py",
        "venv/__main__.py",
        "pip/__init__.py",
        "slopguard/__init__.py",
        "sitecustomize.py",
        "json.py",
    )
    project.propose(dict.fromkeys(names, own) | {"requirements.txt": f"{GHOST}\n"})
    job, _ = check(project, piece, change=True)
    assert job.code == 1, job
    assert not marker.exists()


@pytest.mark.parametrize("piece", ["github-check.yml", "action.yml"])
def test_github_gets_annotations_a_summary_and_a_report(project: Project, piece: str) -> None:
    project.propose({"requirements.txt": f"sg-alpha\n{GHOST}\n"})
    job, machine = check(project, piece, change=True)
    assert isinstance(machine, GitHub)
    (annotation,) = [line for line in job.lines if line.startswith("::error ")]
    assert annotation.startswith("::error file=requirements.txt,line=2,title=slopguard%3A not-found::BLOCKED pypi")
    assert f"`pypi:{GHOST}` not-found" in machine.places["GITHUB_STEP_SUMMARY"].read_text()
    (run,) = json.loads((machine.checkout / "slopguard.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["not-found"]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]
    if piece == "github-check.yml":
        assert machine.uploaded["runs"] == [run]


def test_gitlab_gets_a_code_quality_report(project: Project) -> None:
    project.propose({"requirements.txt": f"sg-alpha\n{GHOST}\n"})
    _, machine = check(project, "gitlab-check.yml", change=True)
    told = yaml.safe_load((HOOKS / "gitlab-check.yml").read_text())["slopguard-check"]["artifacts"]
    assert told["when"] == "always"
    (entry,) = json.loads((machine.checkout / told["reports"]["codequality"]).read_text())
    assert (entry["check_name"], entry["location"]) == (
        "slopguard/not-found",
        {"path": "requirements.txt", "lines": {"begin": 2}},
    )


def test_the_plain_script_hands_on_what_it_is_given_and_leaves_no_settings_behind(project: Project) -> None:
    project.propose({"requirements.txt": f"{GHOST}\n"})
    machine = Machine(project)
    machine.path(machine.tool / "bin")
    machine.clone("change", 20)
    shutil.copy(HOOKS / "check.sh", machine.checkout / "ci" / "check.sh")
    shown = re.search(r"```sh\n(sh ci/check\.sh .*\n)```", (ROOT / "docs" / "ci.md").read_text())
    assert shown, "the document shows how"
    code, log = machine.bash(shown[1])
    assert code == 1, log
    assert f'name="pypi:{GHOST}"' in (machine.checkout / "report.xml").read_text()
    assert not (project.home / ".config" / "slopguard" / "slopguard.toml").exists()


def test_the_base_is_fetched_as_the_document_says(project: Project) -> None:
    project.write({"old-requirements.txt": f"{GHOST}\n", "slopguard.toml": ""})
    project.push("main")
    project.propose({"requirements.txt": "sg-alpha\nsg-gamma\n"})
    machine = Machine(project)
    machine.clone("change", 1)
    shown = re.search(r"```sh\n(git fetch .*\n)```", (ROOT / "docs" / "check.md").read_text())
    assert shown
    told = f"{sys.executable} -P -m slopguard check --offline --diff origin/main"
    code, log = machine.bash(f"TARGET=main; {shown[1]}\n{told}")
    assert code == 3, log
    assert GHOST not in log
    assert "sg-gamma" in log


def test_the_action_fetches_the_base_of_a_clone_that_is_too_shallow(project: Project) -> None:
    project.write({"old-requirements.txt": f"{GHOST}\n"})
    project.push("main")
    project.propose({"requirements.txt": "sg-alpha\nsg-gamma\n"})
    job = Action(project).act(change=True, depth=1)
    assert job.code == 0, job


@pytest.mark.parametrize("env", [{"GITHUB_REF_PROTECTED": "false"}, {"RUNNER_ENVIRONMENT": "self-hosted"}], ids=str)
def test_settings_of_a_branch_that_nobody_protects_do_not_loosen(project: Project, env: Mapping[str, str]) -> None:
    """Nor are settings put where the next job on the same machine would find them."""
    job = Action(project).act(env=env)
    assert job.code == 2, job
    assert "'upstream.pypi.url' would loosen" in job.log
    assert not (project.home / ".config" / "slopguard").exists()


INPUTS: list[tuple[dict[str, str], int]] = [
    ({"paths": "Makefile"}, 0),
    ({"paths": "Makefile\n\nold requirements.txt"}, 1),
    ({"base": "HEAD"}, 0),
    ({"paths": "$(touch pwned)"}, 2),
    ({"paths": '"; touch pwned; "'}, 2),
    ({"paths": "--help"}, 2),
    ({"base": "$(touch pwned)"}, 2),
    ({"base": "--help"}, 2),
    ({"format": "`touch pwned`"}, 2),
    ({"fail-on": "warn; touch pwned"}, 2),
]


def test_inputs_of_the_action_do_what_they_say_and_are_never_run(project: Project) -> None:
    project.write({"old requirements.txt": f"{GHOST}\n"})
    project.push("main")
    machine = Action(project)
    job = machine.act(requirements="ci/slopguard.txt", offline="true", paths="old requirements.txt")
    assert job.code == 3, job
    for inputs, code in INPUTS:
        job = machine.again(**inputs)
        assert job.code == code, (inputs, job)
    assert not (machine.checkout / "pwned").exists()


@pytest.mark.parametrize("path", [ROOT / "action.yml", HOOKS / "github-check.yml"], ids=lambda path: path.name)
def test_no_expression_stands_in_a_script(path: Path) -> None:
    told: dict[str, Any] = yaml.safe_load(path.read_text())
    steps = told["runs"]["steps"] if "runs" in told else told["jobs"]["check"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]
    assert "secrets." not in path.read_text()
    assert "pull_request_target" not in path.read_text()


def test_the_plain_script_is_for_any_shell() -> None:
    for shell in ("sh", "bash"):
        done = subprocess.run([shell, "-n", str(HOOKS / "check.sh")], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
