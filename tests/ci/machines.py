"""The machines of CI hosts: a workflow's steps in order, by bash, with the variables and files that the host gives.

Invariants: nothing of this machine's environment is in a job's but what measures the tests; there is no terminal; an
action or an expression that is not known here fails the test instead of being passed over.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.ci.project import HOOKS, Project
from tests.simulators import drivers
from tests.simulators.clients import client, fresh_venv, makes_environments, ready_pip
from tests.simulators.sandbox import PASSED_ON

SYSTEM = "/usr/local/bin:/usr/bin:/bin"
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")


@dataclass(frozen=True, slots=True)
class Job:
    """A job that ended: the code of the step that failed (else 0), what it printed, and which step that was."""

    code: int
    log: str
    failed: str = ""

    def refused(self, code: int, rule: str, name: str) -> None:
        """Claim: it failed with this code, and the one line about this name is in the log."""
        assert self.code == code, self
        assert any(line.startswith("slopguard: ") and f"'{name}' ({rule}): " in line for line in self.lines), self

    @property
    def lines(self) -> list[str]:
        return self.log.splitlines()

    def __str__(self) -> str:
        return f"{self.log}\n-- {self.failed!r} ended with {self.code}"


class Machine:
    """A machine that is lent for one job.

    Args:
        umask: what its processes start with.
    """

    umask = 0o022

    def __init__(self, project: Project) -> None:
        self.project, self.root = project, project.root / "machine"
        self.checkout, self.tool = self.root / "checkout", self.root / "tool"
        self.root.mkdir()
        makes_environments(fresh_venv(self.tool, client("pip", "newest")), ready_pip())
        kept = {key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)}
        self.env = kept | {"HOME": str(project.home), "CI": "true", "PATH": SYSTEM}

    @property
    def installed(self) -> dict[str, str]:
        """What Python and Node packages the project has by now."""
        node = dict(drivers.node_modules(self.checkout / "node_modules"))
        return drivers.site_packages(self.tool) | node

    @property
    def changed(self) -> str:
        """What differs from what was checked out."""
        return self._git("status", "--porcelain", cwd=self.checkout)

    def clone(self, branch: str, depth: int) -> None:
        """What the host checks out."""
        self._git("clone", "-q", f"--depth={depth}", f"--branch={branch}", self.project.origin.as_uri(), "checkout")

    def path(self, *folders: Path) -> None:
        """Put folders first on PATH."""
        self.env["PATH"] = ":".join([*map(str, folders), self.env["PATH"]])

    def bash(self, script: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run one script; its code and what it printed."""
        done = subprocess.run(
            [*BASH, script],
            cwd=self.checkout,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            umask=self.umask,
            start_new_session=True,  # no terminal
        )
        return done.returncode, done.stdout

    def _git(self, *words: str, cwd: Path | None = None) -> str:
        done = subprocess.run(["git", *words], cwd=cwd or self.root, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


class GitHub(Machine):
    """A hosted runner, and a workflow of `hooks/`."""

    def run(self, *, change: bool = False, name: str = "github-install.yml") -> Job:
        """The one job of a workflow, for `main` or for the proposed change."""
        flow = yaml.safe_load((HOOKS / name).read_text())
        (job,) = flow["jobs"].values()
        event = "pull_request" if change else "push"
        assert event in flow[True], "YAML reads `on` as true"
        assert flow["defaults"]["run"]["shell"] == "bash"
        self.start(event)
        return self._steps(job["steps"])

    def start(self, event: str) -> None:
        """The runner is there, with the variables and files of a job for this event."""
        names = ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        self.event, self.places = event, {n: self.root / n for n in names}
        self.env |= {n: str(place) for n, place in self.places.items()}
        self.env |= {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_WORKSPACE": str(self.checkout)}
        self.env |= {"GITHUB_BASE_REF": "main" if event == "pull_request" else ""}
        self.env |= {"RUNNER_TEMP": str(self.root / "temp"), "RUNNER_ENVIRONMENT": "github-hosted"}
        self.env |= {"GITHUB_REF_PROTECTED": "false" if event == "pull_request" else "true"}
        (self.root / "temp").mkdir()
        self.path(client("npm", "newest").folder)  # comes with the runner

    def _steps(self, steps: list[dict[str, Any]]) -> Job:
        log, code, failed = [], 0, ""
        for step in steps:
            if not {None: not code, "failure()": bool(code), "success() || failure()": True}[step.get("if")]:
                continue
            if "uses" in step:
                self._action(step["uses"].partition("@")[0], step["with"])
                continue
            assert "${{" not in step["run"], "what stands there would be run as a part of the script"
            for place in self.places.values():
                place.touch()
            ended, printed = self.bash(step["run"], {k: self._value(v) for k, v in step.get("env", {}).items()})
            log.append(printed)
            for folder in self.places["GITHUB_PATH"].read_text().splitlines():
                self.path(Path(folder))
            self.places["GITHUB_PATH"].write_text("")
            if ended and not code:
                code, failed = ended, step["name"]
        return Job(code, "".join(log), failed)

    def _action(self, name: str, given: Mapping[str, Any]) -> None:
        if name == "actions/checkout":
            assert given["persist-credentials"] is False
            self.clone("merge" if self.event == "pull_request" else "main", given["fetch-depth"])
        elif name == "github/codeql-action/upload-sarif":
            self.uploaded = json.loads((self.checkout / given["sarif_file"]).read_text())
        else:
            assert name == "actions/setup-python", name
            self.path(self.tool / "bin")

    def _value(self, text: str) -> str:
        known = {"${{ github.event_name == 'pull_request' && 'HEAD^1' || 'HEAD' }}": ("HEAD", "HEAD^1")}
        return known[text][self.event == "pull_request"] if "${{" in text else text


class GitLab(Machine):
    """A container of GitLab's Docker executor: everything is writable by everybody there."""

    umask = 0o000

    def run(self, *, change: bool = False, job: str = "python", name: str = "gitlab-install.yml") -> Job:
        """One job of the pipeline, for `main` or for the proposed change."""
        found = yaml.load((HOOKS / name).read_text(), Loader=_GitLabLoader)
        told = found[job]
        told = found.get(told.get("extends"), {}) | told
        source = "merge_request_event" if change else "push"
        assert [rule["if"] for rule in told["rules"]] == [
            '$CI_PIPELINE_SOURCE == "merge_request_event"',
            "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
        ]
        self.env |= {"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": source, "CI_DEFAULT_BRANCH": "main"}
        self.env |= {"CI_PROJECT_DIR": str(self.checkout)}
        self.env |= {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"} if change else {"CI_COMMIT_BRANCH": "main"}
        self._image(told["image"])
        self.clone("change" if change else "main", 20)
        code, log = self.bash("\n".join([*_flat(told["before_script"], found), *told["script"]]))
        _, after = self.bash("\n".join(told.get("after_script", ())))
        return Job(code, log + after, job)

    def _image(self, image: str) -> None:
        """What the image has; `apt-get` is the one thing that is only noted."""
        tools = self.root / "image"
        tools.mkdir()
        if image.startswith("python:"):
            self.path(self.tool / "bin")
            return
        assert image.startswith("node:"), image
        makes_environments(fresh_venv(self.root / "system"), ready_pip())
        (tools / "python3").write_text(f'#!/bin/sh\nexec {self.root}/system/bin/python3 "$@"\n')
        (tools / "python3").chmod(0o755)
        noted = self.root / "apt-get.log"
        (tools / "apt-get").write_text(f'#!/bin/sh\necho "$@" >> {noted}\n')
        (tools / "apt-get").chmod(0o755)
        self.path(tools, client("npm", "newest").folder)


class _GitLabLoader(yaml.SafeLoader):
    """YAML with `!reference [JOB, KEY]`."""


def _reference(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> tuple[str, ...]:
    return tuple(loader.construct_sequence(node))


_GitLabLoader.add_constructor("!reference", _reference)


def _flat(lines: Iterable[str | tuple[str, ...]], found: Mapping[str, Any]) -> list[str]:
    flat: list[str] = []
    for line in lines:
        flat += [line] if isinstance(line, str) else found[line[0]][line[1]]
    return flat
