"""What a job's machine may lack or bring along: a home, a private registry in a variable, a cache of lists."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.ci.machines import GitHub, GitLab
from tests.ci.project import GHOST, HOOKS, Project
from tests.simulators.lists_repository import ListsRepository
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients


@pytest.fixture
def project(tmp_path: Path, pypi: PyPI, npm: Npm) -> Project:
    return Project(tmp_path / "p", pypi, npm)


def by_variable(project: Project, **env: str) -> GitLab:
    """A machine that knows its index by a variable only."""
    (project.home / ".config" / "pip" / "pip.conf").unlink()
    machine = GitLab(project)
    machine.env |= {"PIP_INDEX_URL": project.pypi.url, **env}
    return machine


def test_an_index_that_only_a_variable_names_is_nobodys_promise(project: Project) -> None:
    job = by_variable(project).run()
    job.refused(1, "foreign-source", "sg-alpha")
    assert "the variable PIP_INDEX_URL" in job.log


def test_the_settings_of_the_base_vouch_for_it(project: Project) -> None:
    project.write({"slopguard.toml": f'[upstream.pypi]\nurl = "{project.pypi.url}"\n'})
    project.push("main")
    machine = by_variable(project)
    job = machine.run()
    assert job.code == 0, job
    assert set(machine.installed) == {"sg-alpha", "sg-gamma"}


def test_a_change_cannot_vouch_for_it(project: Project) -> None:
    project.propose({"slopguard.toml": f'[upstream.pypi]\nurl = "{project.pypi.url}"\n'})
    job = by_variable(project).run(change=True)
    assert job.code == 2, job
    assert "'upstream.pypi.url'" in job.log


def test_a_home_that_cannot_be_written_needs_a_data_folder(project: Project) -> None:
    machine = GitHub(project)
    assert machine.run().code == 0
    machine.env |= {"HOME": "/dev/null", "XDG_CONFIG_HOME": str(project.home / ".config")}
    code, log = machine.bash("slopguard pip install sg-gamma")
    assert code == 4, log
    assert "SLOPGUARD_HOME" in log
    machine.env["SLOPGUARD_HOME"] = str(machine.root / "data")
    code, log = machine.bash("slopguard pip install sg-gamma")
    assert code == 0, log


def test_a_job_that_is_switched_on_guards_plain_clients_in_later_steps(project: Project) -> None:
    machine = GitHub(project)
    assert machine.run().code == 0
    (lines,) = re.findall(r"```sh\n(slopguard enable.*?)```", (HOOKS.parent / "docs" / "ci.md").read_text(), re.DOTALL)
    code, log = machine.bash(lines)
    assert code == 0, log
    machine.path(*map(Path, machine.places["GITHUB_PATH"].read_text().splitlines()))
    for command in (f"pip install {GHOST}", f"python -m pip install {GHOST}", f"npm install {GHOST}"):
        code, log = machine.bash(command)
        assert code == 1, log
        assert f"'{GHOST}' (not-found): " in log
    assert machine.bash("pip install sg-gamma")[0] == 0


def test_lists_may_be_kept_between_jobs_and_a_cache_that_was_written_to_allows_nothing(project: Project) -> None:
    project.pypi.add("sg-new", days_old=30)
    team = ListsRepository(teams=())
    team.rows["common"], team.rows["watch"] = ["pypi\tsg-alpha\tdeny\trule=denied", "pypi\tsg-new\tallow"], []
    team.publish()
    address = team.write(project.root / "published")
    source = f'[lists]\nsources = [{{url = "{address}", root = "sha256:{team.pin}"}}]\n'
    project.write({"slopguard.toml": source})
    project.push("main")
    machine = GitHub(project)
    machine.run().refused(1, "denied", "sg-alpha")
    (kept,) = (project.home / ".local" / "share" / "slopguard").glob("lists")
    cache = shutil.copytree(kept, project.root / "cache")
    shutil.rmtree(project.root / "published")

    def later(folder: Path) -> tuple[int, str]:
        """A job on another machine, with the cache and without the publisher."""
        shutil.rmtree(project.home / ".local")
        shutil.copytree(folder, kept)
        for floor in (project.home / ".config" / "slopguard").glob("lists*"):
            shutil.rmtree(floor)
        return machine.bash("slopguard ask pypi:sg-alpha pypi:sg-new")

    code, log = later(cache)
    assert code == 1, log
    assert "denied" in log
    assert "allowlisted" in log
    (pack,) = cache.glob("*.pack")
    pack.write_bytes(pack.read_bytes().replace(b"sg-new", b"sg-gnu"))
    code, log = later(cache)
    assert code == 4, log
    assert "list-invalid" in log
    assert "allowlisted" not in log
