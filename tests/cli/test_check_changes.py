"""`slopguard check` in a git repository: what a change adds, and whose settings count for it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.program import Program

OLD, NEW = "flask-auth-magic", "requests-oauth-magic"
WHO = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@a.example", "GIT_COMMITTER_NAME": "a"}
WHO |= {"GIT_COMMITTER_EMAIL": "a@a.example", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


class Repo:
    """A git repository with one commit on `main`, and a branch on which work goes on."""

    def __init__(self, slopguard: Program) -> None:
        self.program = slopguard
        (slopguard.cwd / ".git").rmdir()
        self.git("init", "-q", "-b", "main")
        self.write("requirements.txt", f"flask\n{OLD}\n")
        self.commit()
        self.git("checkout", "-q", "-b", "work")

    def git(self, *words: str) -> str:
        env = {"PATH": os.environ["PATH"], "HOME": str(self.program.root / "home"), **WHO}
        return subprocess.run(
            ["git", *words], cwd=self.program.cwd, env=env, check=True, capture_output=True, text=True
        ).stdout.strip()

    def write(self, name: str, text: str) -> Path:
        return self.program.write(f"project/{name}", text)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "x")


@pytest.fixture
def repo(slopguard: Program) -> Repo:
    return Repo(slopguard)


def _told(slopguard: Program, *argv: str, **env: str) -> list[tuple[str, bool]]:
    done = slopguard("check", "--offline", "--format", "json", *argv, env=env)
    refused = [each for each in done.json["results"] if each["verdict"] != "allow"]
    return [(each["name"], each["new"]) for each in refused]


def test_what_the_work_adds_is_marked_as_new(slopguard: Program, repo: Repo) -> None:
    repo.write("requirements.txt", f"flask\n{OLD}\n{NEW}\n")
    assert _told(slopguard) == [(NEW, True), (OLD, False)]
    assert "1 of 2 new since main" in slopguard("check", "--offline").out


@pytest.mark.parametrize("argv", [["--new-only"], ["--diff", "main"]])
def test_only_what_is_new_is_judged_where_that_is_asked_for(slopguard: Program, repo: Repo, argv: list[str]) -> None:
    assert _told(slopguard, *argv) == []
    repo.write("requirements.txt", f"flask\n{OLD}\n{NEW}\n")
    repo.commit()
    repo.write("new/package.json", f'{{"dependencies": {{"{NEW}": "1"}}}}')
    assert _told(slopguard, *argv) == [(NEW, True), (NEW, True)]


def test_a_version_that_changes_is_new(slopguard: Program, repo: Repo) -> None:
    repo.write("requirements.txt", f"flask\n{OLD}==1.0\n")
    assert _told(slopguard, "--new-only") == [(OLD, True)]


def test_a_line_that_moves_is_not_new(slopguard: Program, repo: Repo) -> None:
    repo.write("requirements.txt", f"# more\n\n{OLD}\nflask\n")
    assert _told(slopguard, "--new-only") == []


def test_what_another_file_asked_for_before_is_new(slopguard: Program, repo: Repo) -> None:
    repo.write("requirements.txt", f"flask\n{OLD}\n# touched\n")
    repo.write("web/requirements.txt", f"{OLD}\n")
    assert _told(slopguard, "--new-only") == [(OLD, True)]


@pytest.mark.parametrize(("digest", "new"), [("a" * 64, []), ("b" * 64, [(OLD, True)])])
def test_other_bytes_for_the_same_version_are_new(
    slopguard: Program, repo: Repo, digest: str, new: list[tuple[str, bool]]
) -> None:
    repo.git("checkout", "-q", "main")
    repo.write("requirements.txt", f"{OLD}==1.0 --hash=sha256:{'a' * 64}\n")
    repo.commit()
    repo.git("checkout", "-q", "-B", "work")
    repo.write("requirements.txt", f"# touched\n{OLD}==1.0 --hash=sha256:{digest}\n")
    assert _told(slopguard, "--new-only") == new


def test_what_a_file_installs_from_one_that_changes_is_new(slopguard: Program, repo: Repo) -> None:
    repo.git("checkout", "-q", "main")
    repo.write("requirements.txt", f"-r more.lst\n{OLD}\n")
    repo.write("more.lst", f"{OLD}\n")
    repo.write("Dockerfile", "FROM x\nRUN pip install -r 'image deps'\n")
    repo.write("image deps", "flask\n")
    repo.commit()
    repo.git("checkout", "-q", "-B", "work")
    assert _told(slopguard, "--new-only") == []
    repo.write("more.lst", f"{NEW}\n{OLD}\n")
    repo.write("image deps", f"flask\n{NEW}-2\n")
    assert _told(slopguard, "--new-only") == [(NEW, True), (f"{NEW}-2", True)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".npmrc", "registry=https://other.example/\n"),
        ("web/.yarnrc.yml", 'npmRegistryServer: "https://other.example"\n'),
        ("uv.toml", 'index-url = "https://other.example/simple"\n'),
        ("base-requirements.txt", "--index-url https://other.example/simple\n"),
    ],
)
def test_what_a_change_sends_to_another_index_is_new(slopguard: Program, repo: Repo, name: str, text: str) -> None:
    slopguard.write("home/.config/pip/pip.conf", "[global]\nindex-url = https://registry.example/simple\n")
    repo.git("checkout", "-q", "main")
    repo.write("web/package.json", '{"dependencies": {"react": "^19"}}')
    repo.write("api/pyproject.toml", '[project]\nname = "x"\nversion = "1"\ndependencies = ["flask"]\n')
    repo.write("requirements.txt", "-r base-requirements.txt\nflask\n")
    repo.write("base-requirements.txt", "")
    repo.commit()
    repo.git("checkout", "-q", "-B", "work")
    assert slopguard("check", "--offline", "--new-only").rc == 0
    repo.write(name, text)
    done = slopguard("check", "--offline", "--new-only", "--format", "json")
    assert done.rc == 1
    assert {(each["rule"], each["new"]) for each in done.json["results"]} == {("foreign-source", True)}


def test_what_is_installed_is_judged_beside_what_is_new(slopguard: Program, repo: Repo) -> None:
    folder = "project/.venv/lib/python3.11/site-packages"
    slopguard.write("project/.venv/pyvenv.cfg", "")
    slopguard.write(f"{folder}/{NEW}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {NEW}\nVersion: 1.0\n")
    slopguard.write(f"{folder}/broken-1.0.dist-info/METADATA", "")
    done = slopguard("check", "--offline", "--installed", "--new-only", "--format", "json")
    assert (NEW, True) in [(each["name"], each["new"]) for each in done.json["results"]]
    assert [each["rule"] for each in done.json["findings"]] == ["undecidable"]


def test_a_second_command_that_cannot_be_read_is_new(slopguard: Program, repo: Repo) -> None:
    repo.git("checkout", "-q", "main")
    repo.write("setup.sh", 'pip install "$A"\n')
    repo.commit()
    repo.git("checkout", "-q", "work")
    repo.git("merge", "-q", "main")
    assert slopguard("check", "--offline", "--new-only", "--fail-on", "warn").rc == 0
    repo.write("setup.sh", 'pip install "$A"\npip install "$B"\n')
    assert slopguard("check", "--offline", "--new-only", "--fail-on", "warn").rc == 3


def test_what_main_gained_since_is_not_the_works(slopguard: Program, repo: Repo) -> None:
    repo.git("checkout", "-q", "main")
    repo.write("requirements.txt", "flask\n")
    repo.commit()
    repo.git("checkout", "-q", "work")
    assert _told(slopguard, "--diff", "main") == []


def test_ignored_files_are_not_looked_at_and_new_ones_are(slopguard: Program, repo: Repo) -> None:
    repo.write(".gitignore", "build/\n")
    repo.write("build/requirements.txt", f"{NEW}\n")
    assert _told(slopguard) == [(OLD, False)]
    repo.write("fresh/requirements.txt", f"{NEW}\n")
    assert (NEW, True) in _told(slopguard)


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD:requirements.txt"])
def test_a_base_that_is_not_there_is_error_2(slopguard: Program, repo: Repo, revision: str) -> None:
    done = slopguard("check", "--offline", f"--diff={revision}")
    assert done.rc == 2
    assert "names no revision" in done.err


@pytest.mark.parametrize("argv", [["--new-only"], ["--diff", "HEAD"]])
def test_without_git_there_is_no_change(slopguard: Program, argv: list[str]) -> None:
    done = slopguard("check", "--offline", *argv)
    assert done.rc == 2
    assert "git repository" in done.err


PULL = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main"}


def test_in_a_pull_request_only_what_it_adds_is_judged(slopguard: Program, repo: Repo) -> None:
    repo.write("requirements.txt", f"flask\n{OLD}\n{NEW}\n")
    repo.commit()
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    assert _told(slopguard, **PULL) == [(NEW, True)]
    assert _told(slopguard, "--all", **PULL) == [(NEW, True), (OLD, False)]


def test_a_pull_request_whose_base_is_missing_is_judged_whole_and_that_is_said(slopguard: Program, repo: Repo) -> None:
    env = PULL | {"GITHUB_BASE_REF": "elsewhere"}
    done = slopguard("check", "--offline", "--format", "text", env=env)
    assert (done.rc, OLD in done.out) == (3, True)
    assert "not in the clone" in done.out
    assert slopguard("check", "--offline", "--new-only", env=env).rc == 2


def test_a_pull_request_that_git_says_nothing_of_is_judged_whole_and_that_is_said(
    slopguard: Program, repo: Repo
) -> None:
    done = slopguard("check", "--offline", "--format", "text", env=PULL | {"PATH": "/nowhere"})
    assert (done.rc, OLD in done.out) == (3, True)
    assert "install it, or let it trust the folder" in done.out


def test_what_a_sparse_checkout_leaves_out_is_said_to_be_left_out(slopguard: Program, repo: Repo) -> None:
    repo.write("web/requirements.txt", f"{NEW}\n")
    repo.commit()
    assert "sparse" not in slopguard("check", "--offline").out
    repo.git("sparse-checkout", "set", "api")
    done = slopguard("check", "--offline")
    assert (done.rc, NEW in done.out) == (3, False)
    assert "sparse checkout" in done.out


def test_a_pull_request_is_judged_with_the_settings_of_its_base(slopguard: Program, repo: Repo) -> None:
    repo.git("checkout", "-q", "main")
    repo.write("slopguard.toml", 'mode = "observe"\n')
    repo.commit()
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    repo.git("checkout", "-q", "work")
    repo.git("merge", "-q", "main")
    repo.write("requirements.txt", f"flask\n{OLD}\n{NEW}\n")
    repo.write("slopguard.toml", 'mode = "strict"\n')
    repo.commit()
    done = slopguard("check", "--offline", "--format", "json", env=PULL)
    assert (done.rc, done.json["enforced"]) == (0, False)


def test_settings_that_a_pull_request_loosens_do_not_count_for_it(slopguard: Program, repo: Repo) -> None:
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    repo.write("requirements.txt", f"flask\n{OLD}\n{NEW}\n")
    repo.write("slopguard.toml", 'mode = "observe"\n[check]\nexclude = ["**"]\n')
    repo.commit()
    assert slopguard("check", "--offline", "--format", "json", env=PULL).rc == 3


def test_an_agent_that_names_a_base_gains_nothing_by_its_settings(slopguard: Program, repo: Repo) -> None:
    repo.write("slopguard.toml", 'mode = "observe"\n')
    repo.commit()
    repo.git("update-ref", "refs/remotes/origin/main", "work")
    repo.write("requirements.txt", f"{NEW}\n")
    done = slopguard("check", "--offline", env=PULL | {"CLAUDECODE": "1"})
    assert done.rc == 2
    assert "would loosen" in done.err


def test_a_hostile_repository_gets_nothing_run(slopguard: Program, repo: Repo) -> None:
    marker = slopguard.root / "marker"
    hook = repo.write("hook.sh", f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "filter.x.clean",
        "filter.x.smudge",
        "core.sshCommand",
    ):
        repo.git("config", key, str(hook))
    repo.git("config", "core.hooksPath", str(slopguard.cwd))
    repo.write(".gitattributes", "* filter=x diff=x\n")
    for each in ([], ["--new-only"], ["--diff", "main"]):
        slopguard("check", "--offline", *each)
    assert not marker.exists()


def test_an_import_that_the_work_adds_is_marked_as_new(slopguard: Program, repo: Repo) -> None:
    repo.git("checkout", "-q", "main")
    repo.write("old.py", "import sg_nowhere_one\n")
    repo.commit()
    repo.git("checkout", "-q", "work")
    repo.git("merge", "-q", "main")
    repo.write("fresh.py", "import sg_nowhere_two\n")
    told = slopguard("check", "--offline", "--format", "json").json["findings"]
    assert {each["detail"]: each["new"] for each in told} == {"sg_nowhere_one": False, "sg_nowhere_two": True}
    (only,) = slopguard("check", "--offline", "--format", "json", "--new-only").json["findings"]
    assert only["detail"] == "sg_nowhere_two"
