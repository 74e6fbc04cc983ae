"""`enable --project` accepts the project as `slopguard trust` does: only a person, only what was shown."""

from __future__ import annotations

import venv
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.enabling.account import answered

DIGEST = "a" * 64
REQUIREMENTS = f"flask==3.0.0 --hash=sha256:{DIGEST}\n"


def own_environment(slopguard: Program) -> Path:
    """A `.venv` in the project with a pip of its own."""
    folder = slopguard.cwd / ".venv"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    (folder / "bin" / "pip").write_text("#!/bin/sh\necho the pip itself\n")
    (folder / "bin" / "pip").chmod(0o755)
    return folder


def test_a_person_sees_the_project_and_accepts_it_with_the_rest(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    slopguard.write("project/slopguard.toml", 'mode = "observe"\n')
    folder = own_environment(slopguard)
    ended = answered(slopguard, "enable", "--project")
    assert ended.rc == 0, ended
    before = ended.out.partition("Accept the project, and change all this? Type yes: ")[0]
    assert f"project  {slopguard.cwd}\n" in before
    assert "    mode = observe\n" in before
    assert "  requirements.txt: 1 package, by name, version and digest\n" in before
    assert f"change  {folder}/bin/pip   a shim;" in before
    assert slopguard("trust", "list").out == (f"settings  {slopguard.cwd}/slopguard.toml\nlocks     {slopguard.cwd}\n")
    assert "# slopguard shim" in (folder / "bin" / "pip").read_text()


@pytest.mark.parametrize("marker", [{"CLAUDECODE": "1"}, {"CI": "1"}])
def test_an_agent_and_a_ci_job_may_not(slopguard: Program, marker: dict[str, str]) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    ended = answered(slopguard, "enable", "--project", "--yes", **marker)
    assert ended.rc == 2
    asked = "only a person can accept a project, at a terminal. Ask the user to run: slopguard enable --project\n"
    assert asked in ended.out
    assert not (slopguard.root / "data" / "shims").exists()
    assert slopguard("trust", "list").out == ""


def test_where_the_project_has_nothing_to_accept_anybody_may(slopguard: Program) -> None:
    folder = own_environment(slopguard)
    assert slopguard("enable", "--project", "--yes", env={"CLAUDECODE": "1"}).rc == 0
    assert "# slopguard shim" in (folder / "bin" / "pip").read_text()


def test_accepted_once_it_is_not_asked_again_until_it_changes(slopguard: Program) -> None:
    path = slopguard.write("project/requirements.txt", REQUIREMENTS)
    assert answered(slopguard, "enable", "--project").rc == 0
    again = slopguard("enable", "--project", env={"CLAUDECODE": "1"})
    assert again.rc == 0
    assert again.out.startswith("slopguard: already on; nothing to change."), again
    path.write_text(REQUIREMENTS.replace("3.0.0", "3.0.1"))
    assert slopguard("enable", "--project", env={"CLAUDECODE": "1"}).rc == 2
    changed = answered(slopguard, "enable", "--project")
    assert changed.rc == 0
    assert "pypi:flask 3.0.1" in changed.out


def test_a_dry_run_shows_it_to_anybody(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    ended = slopguard("enable", "--project", "--dry-run", env={"CLAUDECODE": "1"})
    assert ended.rc == 0
    assert "  requirements.txt: 1 package, by name, version and digest\n" in ended.out
    assert slopguard("trust", "list").out == ""
