"""The CI recipe in `hooks/`: its script is run here, in real git repositories, and its two callers are looked at."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.curation.repository import Reader, Repository

HOOKS = Path(__file__).resolve().parents[2] / "hooks"
SCRIPT = HOOKS / "publish-lists.sh"


class Work:
    """A checkout of a repository of lists, the worktree of its branch `published`, and the bare origin of both."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.out = root, root / "lists", root / "published"
        self.env = {
            "HOME": str(root),
            "PATH": f"{root / 'bin'}:{os.environ['PATH']}",
            "GIT_CONFIG_NOSYSTEM": "1",
            "SLOPGUARD_HOME": str(root / "data"),
            "CI": "true",
        }
        (root / "bin").mkdir()
        tool = root / "bin" / "slopguard"
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m slopguard "$@"\n')
        tool.chmod(0o755)
        (root / ".gitconfig").write_text(
            "[user]\nname = Ana\nemail = ana@lists.example\n[init]\ndefaultBranch = main\n"
        )
        self.lists = Repository(self.folder)
        key = self.lists.keys["ci"]._private_key
        self.secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.git("init", "-q", "--bare", str(root / "origin"))
        for command in ("init -q", f"remote add origin {root / 'origin'}", "checkout -q --orphan published"):
            self.git(*command.split())
        self.git("commit", "-q", "--allow-empty", "-m", "Published lists")
        self.git("push", "-q", "origin", "published")
        self.git("checkout", "-q", "--orphan", "main")
        self.git("worktree", "add", "-q", "-B", "published", str(self.out), "origin/published")

    def git(self, *words: str, cwd: Path | None = None) -> str:
        done = subprocess.run(["git", *words], cwd=cwd or self.folder, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Signed")
        self.git("push", "-q", "origin", "main")

    def run(self, **env: str) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(SCRIPT), str(self.out)]
        env = {"LISTS_CI_KEY": self.secret} | env
        return subprocess.run(command, cwd=self.folder, env=self.env | env, capture_output=True, text=True)

    def fetched(self) -> Path:
        """What a server that serves the branch `published` has."""
        place = self.root / "served"
        subprocess.run(["rm", "-rf", str(place)], check=True)
        self.git("clone", "-q", "--branch", "published", str(self.root / "origin"), str(place), cwd=self.root)
        return place


@pytest.fixture
def work(tmp_path: Path) -> Work:
    made = Work(tmp_path)
    made.lists.stage()
    made.lists.sign("ana", "ben", "dee", "eve")
    made.commit()
    return made


def test_signed_lists_are_published_and_the_state_goes_back(work: Work) -> None:
    ended = work.run(PACK=str(work.root / "acme.pack"))
    assert ended.returncode == 0, ended.stderr
    assert set(Reader(work.fetched()).targets()) >= {"common.tsv", "payments.tsv", "watch.tsv"}
    assert (work.root / "acme.pack").exists()
    fresh = work.root / "fresh"
    work.git("clone", "-q", "--branch", "main", str(work.root / "origin"), str(fresh), cwd=work.root)
    assert (fresh / "metadata/timestamp.json").exists()
    assert not list(fresh.glob("staged/*.json"))
    assert work.secret not in ended.stdout + ended.stderr


def test_the_next_day_there_is_a_new_timestamp_and_nothing_else(work: Work) -> None:
    work.run()
    reader = Reader(work.fetched())
    reader.targets()
    before = work.git("rev-parse", "published").strip()
    ended = work.run()
    assert ended.returncode == 0, ended.stderr
    changed = work.git("diff", "--name-only", before, "published").split()
    assert changed == ["metadata/timestamp.json"]
    reader.out = work.fetched()
    reader.targets()


def test_what_people_still_have_to_sign_waits_and_hinders_nobody(work: Work) -> None:
    work.run()
    work.lists.write("common/more.toml", "[allow.npm.zod]\n")
    work.lists.write("watch/more.toml", "[deny.npm.bad]\n")
    work.commit()
    ended = work.run()
    assert ended.returncode == 0, ended.stderr
    assert "still waiting: targets 2" in ended.stderr
    found = Reader(work.fetched()).targets()
    assert b"zod" not in found["common.tsv"]
    assert b"bad" in found["watch.tsv"]
    assert "staged/targets.json" in work.git("ls-tree", "-r", "--name-only", "origin/main")
    work.lists.sign("ana", "cem")
    work.commit()
    assert work.run().returncode == 0
    assert b"zod" in Reader(work.fetched()).targets()["common.tsv"]


@pytest.mark.parametrize("secret", ["", "-----BEGIN nothing"])
def test_without_the_key_nothing_is_published(work: Work, secret: str) -> None:
    ended = work.run(LISTS_CI_KEY=secret)
    assert ended.returncode != 0
    assert not (work.fetched() / "metadata").exists()


def test_a_push_that_is_refused_moves_neither_branch(work: Work) -> None:
    hook = work.root / "origin/hooks/update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ]\n')
    hook.chmod(0o755)
    before = work.git("ls-remote", "origin")
    assert work.run().returncode != 0
    assert work.git("ls-remote", "origin") == before
    hook.unlink()
    assert work.run().returncode == 0
    assert Reader(work.fetched()).targets()


def test_it_can_leave_the_repository_alone(work: Work) -> None:
    before = work.git("ls-remote", "origin")
    assert work.run(PUSH="no").returncode == 0
    assert work.git("ls-remote", "origin") == before
    assert Reader(work.out).targets()


def test_a_plain_folder_needs_no_branch(work: Work) -> None:
    work.git("worktree", "remove", str(work.out))
    work.out = work.folder / "public"
    work.lists.write(".gitignore", "/public/\n.slopguard.lock\n")
    ended = work.run()
    assert ended.returncode == 0, ended.stderr
    assert Reader(work.out).targets()
    assert "metadata/timestamp.json" in work.git("ls-tree", "-r", "--name-only", "origin/main")


@pytest.mark.parametrize("name", ["github-lists.yml", "gitlab-lists.yml"])
def test_the_callers_call_the_script_with_the_secret_and_little_else(name: str) -> None:
    text = (HOOKS / name).read_text()
    steps = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert sum("ci/publish-lists.sh" in line for line in steps) == 1
    pinned = [line for line in steps if re.search(r"\buses:|\bimage:", line)]
    assert pinned
    assert all(re.search(r"@(sha256:)?PIN-[A-Z]+$", line) for line in pinned)
    assert all(place in text.split("name: lists")[0] for place in set(re.findall(r"PIN-[A-Z]+", text)))
    assert not any("LISTS_CI_KEY" in line and "echo" in line for line in steps)


def test_a_pull_request_sees_no_secret() -> None:
    text = (HOOKS / "github-lists.yml").read_text()
    check, publish = text.split("  publish:\n")[0].split("  check:")[1], text.split("  publish:\n")[1]
    assert "permissions: {}\n" in text
    assert "contents: read" in check
    assert "secrets." not in check
    assert "pull_request" in publish.splitlines()[0]
    assert "pull_request_target" not in text
