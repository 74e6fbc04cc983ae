"""Whose settings count for the files of `slopguard check`: the root's, and those of folders, which tighten."""

from __future__ import annotations

import pytest

from tests.cli.program import Program
from tests.cli.test_check_changes import NEW, PULL, Repo

OBSERVE, BALANCED = 'mode = "observe"\n', 'mode = "balanced"\n'


@pytest.fixture
def repo(slopguard: Program) -> Repo:
    """A repository of somebody who only observes, with a folder whose owners do not."""
    slopguard.write("home/.config/slopguard/slopguard.toml", OBSERVE)
    repo = Repo(slopguard)
    repo.write("strict/slopguard.toml", BALANCED)
    repo.commit()
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.write("requirements.txt", f"{NEW}\n")
    return repo


def test_a_folder_may_enforce_what_the_root_observes(slopguard: Program, repo: Repo) -> None:
    assert slopguard("check", "--offline").rc == 0
    repo.write("strict/requirements.txt", f"{NEW}\n")
    done = slopguard("check", "--offline")
    assert done.rc == 3
    assert "nothing is refused" not in done.out


@pytest.mark.parametrize("path", [".", "strict", "strict/requirements.txt", "strict/../strict/requirements.txt"])
def test_the_settings_of_a_folder_count_however_its_files_are_named(slopguard: Program, repo: Repo, path: str) -> None:
    repo.write("strict/requirements.txt", f"{NEW}\n")
    assert slopguard("check", "--offline", path).rc == 3
    assert slopguard("check", "--offline", "--exclude", "**/slopguard.toml", path).rc == 3
    assert slopguard("check", "--offline", str(slopguard.cwd / path)).rc == 3


def test_they_count_in_a_repository_inside(slopguard: Program, repo: Repo) -> None:
    repo.write("strict/inner/requirements.txt", f"{NEW}\n")
    repo.write("strict/inner/slopguard.toml", "")
    repo.git("init", "-q", "strict/inner")
    assert slopguard("check", "--offline").rc == 3


@pytest.mark.parametrize("env", [PULL, {"GITHUB_BASE_REF": "main", "CLAUDECODE": "1"}])
def test_a_change_that_removes_them_is_still_judged_by_them(
    slopguard: Program, repo: Repo, env: dict[str, str]
) -> None:
    (slopguard.cwd / "strict/slopguard.toml").unlink()
    repo.write("strict/requirements.txt", f"{NEW}\n")
    repo.commit()
    assert slopguard("check", "--offline").rc == 0
    assert slopguard("check", "--offline", env=env).rc == 3


def test_outside_of_ci_a_variable_takes_no_settings_away(slopguard: Program, repo: Repo) -> None:
    repo.git("checkout", "-q", "--orphan", "before")
    repo.git("rm", "-rqf", ".")
    repo.write("README.md", "")
    repo.commit()
    repo.git("update-ref", "refs/remotes/origin/before", "HEAD")
    repo.git("checkout", "-q", "work")
    repo.write("slopguard.toml", BALANCED)
    repo.write("requirements.txt", f"{NEW}\n")
    assert slopguard("check", "--offline", env={"GITHUB_BASE_REF": "before", "CLAUDECODE": "1"}).rc == 3


INTERNAL = '[internal]\npypi = ["acme-*"]\nindex = ["https://own.example/"]\n'
LOCKED = """version = 1

[[package]]
name = "acme-tools"
version = "1.0.0"
source = {{ registry = "https://{0}.example/simple" }}
sdist = {{ url = "https://{0}.example/acme_tools-1.0.0.tar.gz", hash = "sha256:00" }}
"""


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("requirements.txt", "acme-tools\n", "internal"),
        ("requirements.txt", "--index-url https://own.example/simple\nacme-tools\n", "internal"),
        ("uv.lock", LOCKED.format("own"), "internal"),
        ("uv.lock", LOCKED.format("registry"), "internal-name"),
        ("uv.lock", LOCKED.format("evil"), "internal-name"),
        ("requirements.txt", "--index-url https://evil.example/simple\nacme-tools\n", "internal-name"),
        ("requirements.txt", "acme-tools @ https://evil.example/acme_tools.tar.gz\n", "internal-name"),
        ("requirements.txt", "acme-tools @ git+https://evil.example/acme-tools.git\n", "internal-name"),
    ],
)
def test_an_internal_name_is_one_only_where_the_file_names_no_other_place(
    slopguard: Program, name: str, text: str, rule: str
) -> None:
    slopguard.write("home/.config/slopguard/slopguard.toml", INTERNAL)
    slopguard.write("home/.config/pip/pip.conf", "[global]\nindex-url = https://registry.example/simple\n")
    slopguard.write(f"project/{name}", text)
    found = slopguard("check", "--offline", "--format", "json").json["results"]
    assert {each["rule"] for each in found} == {rule}
