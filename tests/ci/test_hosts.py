"""The recipes for GitHub Actions and GitLab, step by step: what they install, what stops them, whose settings count."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.ci.machines import GitHub, GitLab
from tests.ci.project import GHOST, HOOKS, Project
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients
HOSTS = pytest.mark.parametrize("host", [GitHub, GitLab])


@pytest.fixture
def project(tmp_path: Path, pypi: PyPI, npm: Npm) -> Project:
    return Project(tmp_path / "p", pypi, npm)


def test_github_installs_everything_and_leaves_the_checkout_as_it_was(project: Project) -> None:
    machine = GitHub(project)
    job = machine.run()
    assert job.code == 0, job
    assert machine.installed == {"sg-alpha": "1.2", "sg-gamma": "1.2", "sg-beta": "1.2.0"}
    assert machine.changed == ""


@pytest.mark.parametrize(("job", "names"), [("python", {"sg-alpha", "sg-gamma"}), ("node", {"sg-beta"})])
def test_gitlab_installs_everything_and_leaves_the_checkout_as_it_was(
    project: Project, job: str, names: set[str]
) -> None:
    machine = GitLab(project)
    ended = machine.run(job=job)
    assert ended.code == 0, ended
    assert set(machine.installed) == names
    assert machine.changed == ""


def test_what_the_node_image_lacks_is_asked_of_its_own_package_manager(project: Project) -> None:
    """The one command of the recipes that is not carried out here."""
    machine = GitLab(project)
    machine.run(job="node")
    told = (machine.root / "apt-get.log").read_text().splitlines()
    assert told == ["update -qq", "install -qq --no-install-recommends python3-venv"]


@HOSTS
def test_an_invented_name_in_the_requirements_fails_the_job(project: Project, host: type[GitHub | GitLab]) -> None:
    project.propose({"requirements.txt": f"sg-alpha\n{GHOST}\n"})
    machine = host(project)
    job = machine.run(change=True)
    job.refused(1, "not-found", GHOST)
    assert machine.installed == {}
    assert re.search(rf"pypi:{GHOST}\b", job.log), "the job says afterwards what was decided"


@HOSTS
def test_an_invented_name_in_package_json_fails_the_job(project: Project, host: type[GitHub | GitLab]) -> None:
    project.propose(project.node("sg-beta", GHOST))
    machine = host(project)
    job = machine.run(change=True) if isinstance(machine, GitHub) else machine.run(change=True, job="node")
    job.refused(1, "not-found", GHOST)
    assert "sg-beta" not in machine.installed


@HOSTS
def test_an_invented_name_in_a_script_fails_the_job(project: Project, host: type[GitHub | GitLab]) -> None:
    project.propose({"Makefile": f"install:\n\tpip install {GHOST}\n"})
    machine = host(project)
    job = machine.run(change=True)
    assert job.code != 0
    job.refused(job.code, "not-found", GHOST)
    assert "sg-gamma" not in machine.installed


@HOSTS
def test_a_change_is_judged_by_the_settings_of_its_base(project: Project, host: type[GitHub | GitLab]) -> None:
    project.write({"slopguard.toml": 'mode = "strict"\n'})
    project.push("main")
    project.propose({"slopguard.toml": ""})
    host(project).run(change=True).refused(3, "unverified", "sg-alpha")


@HOSTS
def test_a_change_that_would_loosen_is_an_error(project: Project, host: type[GitHub | GitLab]) -> None:
    project.propose({"slopguard.toml": "min_version_age_days = 0\n"})
    job = host(project).run(change=True)
    assert job.code == 2, job
    assert any(line.startswith("slopguard: ") and "'min_version_age_days'" in line for line in job.lines), job


@HOSTS
def test_a_change_does_not_choose_which_guard_is_installed(project: Project, host: type[GitHub | GitLab]) -> None:
    project.pypi.add("not-a-guard", "1.0")
    project.propose({"ci/slopguard.txt": "not-a-guard==1.0\n", "requirements.txt": f"{GHOST}\n"})
    host(project).run(change=True).refused(1, "not-found", GHOST)
    assert "not-a-guard" not in project.pypi.pages


@HOSTS
def test_a_guard_with_another_digest_is_not_installed(project: Project, host: type[GitHub | GitLab]) -> None:
    text = (project.folder / "ci" / "slopguard.txt").read_text()
    project.write({"ci/slopguard.txt": re.sub("sha256:.{8}", "sha256:00000000", text)})
    project.push("main")
    machine = host(project)
    job = machine.run()
    assert job.code == 1, job
    assert machine.installed == {}


@pytest.mark.parametrize("name", ["github-install.yml", "gitlab-install.yml", "github-check.yml", "gitlab-check.yml"])
def test_everything_from_elsewhere_is_pinned_and_said_so(name: str) -> None:
    text = (HOOKS / name).read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    pinned = [line for line in lines if re.search(r"\buses:|\bimage:", line)]
    assert pinned
    assert all(re.search(r"@(sha256:)?PIN-[A-Z]+$", line) for line in pinned)
    head = text[: text.index(lines[0])]
    assert all(place in head for place in set(re.findall(r"PIN-[A-Z]+", text)))


def test_the_job_on_github_may_read_and_nothing_else() -> None:
    text = (HOOKS / "github-install.yml").read_text()
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert "secrets." not in text
    assert "pull_request_target" not in text
