"""The hook for pre-commit, run by pre-commit itself in the environment that it makes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.ci.project import GHOST, HOOKS, Project, own_source
from tests.simulators.clients import kept
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import PASSED_ON

pytestmark = pytest.mark.clients
HOOK = HOOKS.parent / ".pre-commit-hooks.yaml"
VERSION = "4.5.0"


class Committer:
    """Somebody who commits to the project with pre-commit installed as a git hook."""

    def __init__(self, project: Project) -> None:
        self.project, self.hooks = project, own_source(project.root / "hooks")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", f"pre-commit=={VERSION}", "--target"]
        self.tool = kept(f"pre-commit-{VERSION}-py{sys.version_info[0]}.{sys.version_info[1]}", pip)
        passed = {key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)}
        places = [str(self.tool / "bin"), str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]
        self.env = passed | {"HOME": str(project.home), "PYTHONPATH": str(self.tool), "PATH": ":".join(places)}
        shutil.copy(HOOK, self.hooks)
        self._git("init", "-q", "--initial-branch=main", cwd=self.hooks)
        self.revision = self.commit(cwd=self.hooks)

    def commit(self, files: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
        """Commit these files, without any hook; gives the commit's id."""
        self.project.write(files or {})
        self._git("add", "-A", cwd=cwd)
        self._git("commit", "-q", "--no-verify", "-m", "Work", cwd=cwd)
        return self._git("rev-parse", "HEAD", cwd=cwd).stdout.strip()

    def install(self, **more: object) -> None:
        """Commit the configuration, as a project has it, with the git hook installed."""
        self.configure(**more)
        self.commit()

    def configure(self, **more: object) -> None:
        """Write the configuration, and install the git hook."""
        hook = {"id": "slopguard-check", **more}
        config = {"repos": [{"repo": str(self.hooks), "rev": self.revision, "hooks": [hook]}]}
        self.project.write({".pre-commit-config.yaml": yaml.safe_dump(config)})
        done = self._run(sys.executable, "-m", "pre_commit", "install")
        assert done.returncode == 0, done

    def tries(self, files: Mapping[str, str]) -> tuple[int, str]:
        """Stage these files and commit them, as anybody would; the code and what was printed."""
        self.project.write(files)
        self._git("add", "-A")
        done = self._run("git", "commit", "-m", "Work")
        return done.returncode, done.stdout + done.stderr

    def _git(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        done = self._run("git", *words, cwd=cwd)
        assert done.returncode == 0, done
        return done

    def _run(self, *argv: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        place = cwd or self.project.folder
        return subprocess.run(argv, cwd=place, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True)


@pytest.fixture
def committer(tmp_path: Path, pypi: PyPI, npm: Npm) -> Committer:
    return Committer(Project(tmp_path / "p", pypi, npm))


def test_a_commit_with_an_invented_name_is_stopped_and_others_are_not(committer: Committer) -> None:
    committer.install(args=["--new-only", "--offline"])
    code, told = committer.tries({"requirements.txt": f"flask\n{GHOST}\n"})
    assert code == 1, told
    assert "slopguard check" in told
    assert "- exit code: 3" in told
    assert f"pypi:{GHOST}" in told
    assert "requirements.txt:2" in told
    code, told = committer.tries({"requirements.txt": "flask\n"})
    assert code == 0, told


def test_what_was_committed_before_stops_nothing(committer: Committer) -> None:
    committer.commit({"old-requirements.txt": f"{GHOST}\n"})
    committer.project.git("push", "-q", "-f", "origin", "main")
    committer.install(args=["--new-only", "--offline"])
    code, told = committer.tries({"requirements.txt": "flask\n"})
    assert code == 0, told


def test_the_very_first_commit_is_judged_as_a_whole(committer: Committer) -> None:
    shutil.rmtree(committer.project.folder)
    committer.project.folder.mkdir()
    committer._git("init", "-q", "--initial-branch=main")
    committer.configure(args=["--new-only", "--offline"])
    code, told = committer.tries({"requirements.txt": f"flask\n{GHOST}\n"})
    assert "- exit code: 3" in told
    assert code == 1, told
    code, told = committer.tries({"requirements.txt": "flask\n"})
    assert code == 0, told


def test_the_hook_starts_a_command_that_there_is() -> None:
    (hook,) = yaml.safe_load(HOOK.read_text())
    assert hook["id"] == "slopguard-check"
    command = [sys.executable, "-P", "-m", *hook["entry"].split(), *hook["args"], "--help"]
    assert subprocess.run(command, capture_output=True).returncode == 0
