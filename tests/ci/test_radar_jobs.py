"""The jobs that poll with the radar: an alarm fails them once, and they go on where the last one was."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.machines import GitHub, GitLab, Job
from tests.ci.project import HOOKS, Project
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients
NAMES = ("github-radar.yml", "gitlab-radar.yml")
KEPT = Path(".local/share/slopguard")


class OnGitHub(GitHub):
    """A hosted runner whose cache outlives it."""

    name = "github-radar.yml"

    def job(self) -> Job:
        flow = yaml.safe_load((HOOKS / self.name).read_text())
        assert flow["permissions"] == {"contents": "read"}
        assert flow[True].keys() == {"schedule", "workflow_dispatch"}
        assert flow["defaults"]["run"]["shell"] == "bash"
        self.start("schedule")
        return self._steps(flow["jobs"]["radar"]["steps"])

    def _action(self, name: str, given: Mapping[str, Any]) -> None:
        store = self.project.root / "cache"
        if not name.startswith("actions/cache/"):
            super()._action(name, given)
            return
        place = self.project.home / given["path"].removeprefix("~/")
        assert "${{ github.run_id }}" in given["key"], "a key is written once"
        source, target = (store, place) if name.endswith("/restore") else (place, store)
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


class OnGitLab(GitLab):
    """A container whose cache is in the project's folder and outlives it."""

    name = "gitlab-radar.yml"

    def job(self) -> Job:
        told = yaml.safe_load((HOOKS / self.name).read_text())["slopguard-radar"]
        assert told["cache"]["when"] == "always"
        (folder,) = (path.rstrip("/") for path in told["cache"]["paths"])
        self.env |= {"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "schedule", "CI_PROJECT_DIR": str(self.checkout)}
        self._image(told["image"])
        self.clone("main", 1)
        store, place = self.project.root / "cache", self.checkout / folder
        if store.exists():
            shutil.copytree(store, place)
        code, log = self.bash("\n".join([*told["before_script"], *told["script"]]))
        after, said = self.bash("\n".join(told["after_script"]))
        assert after == 0, said
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(place, store)
        return Job(code, log + said, self.name)


HOSTS = pytest.mark.parametrize("host", [OnGitHub, OnGitLab])


@pytest.fixture
def project(tmp_path: Path, pypi: PyPI, npm: Npm) -> Project:
    made = Project(tmp_path / "p", pypi, npm)
    at = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    rows = [
        {"ecosystem": eco, "name": name, "rank": rank, "origin": "generated", "source": "embedded", "at": at}
        for eco in ("pypi", "npm")
        for rank, name in enumerate(("sg-free", "sg-magic"), 1)
    ]
    made.write({
        "slopguard.toml": f'[upstream.pypi]\nurl = "{pypi.url}"\n[upstream.npm]\nurl = "{npm.url}"\n',
        "ci/watched.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
    })  # fmt: skip
    made.push("main")
    return made


def fresh(host: type[OnGitHub | OnGitLab], project: Project) -> OnGitHub | OnGitLab:
    """The next job: another machine, nothing left of the last one but the cache."""
    shutil.rmtree(project.root / "machine", ignore_errors=True)
    shutil.rmtree(project.home / KEPT, ignore_errors=True)
    shutil.rmtree(project.home / "guard", ignore_errors=True)
    shutil.rmtree(project.home / ".config" / "slopguard", ignore_errors=True)
    return host(project)


def forget(cache: Path) -> None:
    """The host throws the cache away, as it may."""
    if cache.is_dir():
        shutil.rmtree(cache)
    else:
        cache.unlink()


@HOSTS
def test_an_alarm_fails_the_job_once_and_the_next_one_goes_on(
    project: Project, pypi: PyPI, host: type[OnGitHub | OnGitLab]
) -> None:
    first = fresh(host, project).job()
    assert first.code == 0, first
    assert "4 watched names asked about: 4 free; 0 new alarms" in first.log
    asked = len(pypi.pages)
    quiet = fresh(host, project).job()
    assert quiet.code == 0, quiet
    assert "sg-free" not in pypi.pages[asked:], "within six hours nobody asks again"

    project.pypi.add("sg-magic", "0.0.1")
    for file in pypi.files_of("sg-magic"):
        file.uploaded = datetime.now(UTC)
    forget(project.root / "cache")
    found = fresh(host, project).job()
    assert found.code == 1, found
    assert any(line.startswith("slopguard: ALARM pypi 'sg-magic' (predicted-registered): ") for line in found.lines)
    after = fresh(host, project).job()
    assert after.code == 0, after


@pytest.mark.parametrize("name", NAMES)
def test_everything_from_elsewhere_is_pinned_and_said_so(name: str) -> None:
    text = (HOOKS / name).read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    pinned = [line for line in lines if re.search(r"\buses:|\bimage:", line)]
    assert pinned
    assert all(re.search(r"@(sha256:)?PIN-[A-Z]+$", line) for line in pinned)
    head = text[: text.index(lines[0])]
    assert all(place in head for place in set(re.findall(r"PIN-[A-Z]+", text)))
    assert "secrets." not in text
