"""Which files of a repository are looked at, and what git is kept from while it says so."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from slopguard.check.change import Base, guessed, under_review
from slopguard.check.git import Repository
from slopguard.check.walk import places
from slopguard.errors import EnvironmentFailed, InputError

NAME = ("-c", "user.name=a", "-c", "user.email=a@a.example", "-c", "protocol.file.allow=always")
MERGE = {"GITHUB_BASE_REF": "main"}


def git(folder: Path, *words: str) -> str:
    """What git prints in a folder."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *NAME, *words], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, **files: str) -> str:
    """Commit files (`a_txt` is called `a.txt`); gives the commit."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, a_txt="a")
    monkeypatch.chdir(folder)
    return folder


def looked_at(repo: Path, *paths: str) -> list[str]:
    return [str(place.path) for place in places([Path(path) for path in paths or [""]], repo)]


def test_a_repository_inside_is_looked_into(repo):
    (repo / "inner").mkdir()
    git(repo / "inner", "init", "-q")
    (repo / "inner" / "b.txt").touch()
    assert looked_at(repo) == ["a.txt", "inner/b.txt"]
    git(repo / "inner", "add", "-A")
    commit(repo / "inner")
    git(repo, "add", "-A")
    assert looked_at(repo) == ["a.txt", "inner/b.txt"]


def test_a_link_to_a_folder_is_not_followed(repo):
    (repo / "loop").symlink_to(".")
    assert looked_at(repo) == ["a.txt", "loop"]


def test_a_folder_that_is_named_is_looked_into_though_it_is_ignored(repo):
    (repo / "build").mkdir()
    (repo / "build" / "b.txt").touch()
    (repo / ".gitignore").write_text("build/\n")
    assert looked_at(repo) == [".gitignore", "a.txt"]
    assert looked_at(repo, "build") == ["build/b.txt"]


def test_a_file_that_was_removed_is_not_looked_at(repo):
    (repo / "a.txt").unlink()
    assert looked_at(repo) == []


def test_a_file_is_looked_at_once_and_as_one_that_was_named(repo):
    found = list(places([Path(), Path("a.txt"), repo], repo))
    assert [(str(place.path), place.named) for place in found] == [("a.txt", True)]


def test_a_path_that_no_file_can_have_is_not_there(repo):
    with pytest.raises(InputError, match="no such file"):
        looked_at(repo, "a" * 5000)


def test_variables_do_not_lead_to_another_repository(repo, tmp_path, monkeypatch):
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert looked_at(repo) == ["a.txt"]


def test_nor_does_a_repository_that_says_its_files_are_elsewhere(repo, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    git(repo, "config", "core.worktree", str(tmp_path / "elsewhere"))
    assert looked_at(repo) == ["a.txt"]


def test_a_tag_is_not_taken_for_the_base_of_a_change(repo):
    main = git(repo, "rev-parse", "HEAD")
    git(repo, "update-ref", "refs/remotes/origin/main", main)
    commit(repo, a_txt="b")
    git(repo, "tag", "origin/main")
    base = under_review(Repository(repo), MERGE)
    assert base is not None
    assert (base.commit, base.name) == (main, "origin/main")


def test_nor_is_an_object_that_stands_in_for_it(repo):
    main = git(repo, "rev-parse", "HEAD")
    git(repo, "replace", main, commit(repo, b_txt="b"))
    assert list(Base(Repository(repo), "main", main).tree()) == ["a.txt"]


def test_nor_is_the_change_itself(repo):
    git(repo, "fetch", "-q", ".", "HEAD")
    assert under_review(Repository(repo), {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}) is None


def test_nor_is_a_merge_that_stands_in_the_change(repo):
    git(repo, "checkout", "-q", "-b", "work")
    commit(repo, b_txt="b")
    git(repo, "checkout", "-q", "main")
    commit(repo, c_txt="c")
    git(repo, "merge", "-q", "work")
    head, here = git(repo, "rev-parse", "HEAD"), Repository(repo)
    assert under_review(here, MERGE | {"GITHUB_SHA": head}) is not None
    assert under_review(here, MERGE | {"GITHUB_SHA": "0" * 40}) is None


def test_a_base_that_git_cannot_read_is_no_empty_base(repo):
    with pytest.raises(EnvironmentFailed, match="cannot read the base"):
        Base(Repository(repo), "gone", "0" * 40).tree()


def test_a_base_has_the_files_of_its_submodules(repo, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    commit(other, b_txt="b")
    git(repo, "submodule", "--quiet", "add", str(other), "sub")
    base = Base(Repository(repo), "HEAD", commit(repo))
    assert sorted(base.tree()) == [".gitmodules", "a.txt", "sub/b.txt"]
    assert base.contents([base.tree()["sub/b.txt"]]) == {base.tree()["sub/b.txt"]: b"b"}


def test_what_is_not_in_the_clone_is_not_fetched(repo, tmp_path, monkeypatch):
    """A repository may say how its missing objects are fetched: by any command."""
    told = tmp_path / "told"
    missing = git(repo, "rev-parse", "HEAD:a.txt")
    (repo / ".git" / "objects" / missing[:2] / missing[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ssh://host.example/x",
        "core.sshCommand": f"touch {told};",
        "protocol.ssh.allow": "always",
    }.items():
        git(repo, "config", key, value)
    assert Repository(repo).contents([missing]) == {}
    assert not told.exists()


@pytest.mark.parametrize(("follows", "base"), [("work", "main"), ("next", "the branch it follows")])
def test_a_branch_was_not_begun_at_its_own_copy_on_a_server(repo, follows, base):
    git(repo, "checkout", "-q", "-b", "work")
    git(repo, "update-ref", f"refs/remotes/origin/{follows}", commit(repo, a_txt="b"))
    git(repo, "config", "remote.origin.url", str(repo))
    git(repo, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    git(repo, "config", "branch.work.remote", "origin")
    git(repo, "config", "branch.work.merge", f"refs/heads/{follows}")
    found = guessed(Repository(repo))
    assert found is not None
    assert found.name == base
