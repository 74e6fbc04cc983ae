"""Several people on machines of their own sign lists: real keys, typed passphrases, and a git repository in between.

Each machine is a home of its own with a clone of its own; nothing but git and public key files passes between them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import Ended
from tests.curation.repository import Reader
from tests.simulators.person import Script, typed

SECRETS = {name: f"{name} walks nine dogs" for name in ("ana", "ben", "cem", "dee", "eve", "fay")}
FLASK = '[allow.pypi.flask]\nversions = ">=3,<4"\nreason = "web"\nreviewer = "ben"\n'


class Machine:
    """One person's machine.

    Args:
        root: where all machines and the origin are.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.name, self.shared, self.home = name, root, root / name
        self.home.mkdir()
        self.lists = self.home / "lists"
        (self.home / ".gitconfig").write_text(
            f"[user]\nname = {name}\nemail = {name}@lists.example\n[init]\ndefaultBranch = main\n[pull]\nff = only\n"
        )
        self.env = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "SLOPGUARD_HOME": str(self.home / "data"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def __call__(self, *argv: str, script: Script = (), cwd: Path | None = None, rc: int = 0) -> str:
        """`slopguard ARGV` at this machine's terminal; gives what was shown."""
        place = cwd or (self.lists if self.lists.is_dir() else self.home)
        ended = Ended(*typed([sys.executable, "-m", "slopguard", *argv], self.env, place, script=script), err="")
        assert ended.rc == rc, ended.out
        return ended.out

    def git(self, *words: str) -> str:
        place = self.lists if self.lists.is_dir() else self.home
        done = subprocess.run(["git", *words], cwd=place, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def new_key(self) -> Path:
        """Make a key here, and hand over its public half."""
        secret = SECRETS[self.name]
        self("keys", "new", self.name, script=(("New passphrase", secret), ("The same again: ", secret)))
        place = self.shared / f"{self.name}.json"
        self("keys", "show", self.name, "-o", str(place))
        return place

    def pull(self) -> None:
        if self.lists.is_dir():
            self.git("pull", "-q", "--ff-only")
        else:
            self.git("clone", "-q", str(self.shared / "origin"), str(self.lists))

    def push(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        self.git("push", "-q", "origin", "HEAD:main")

    def sign(self, rc: int = 0, secret: str = "") -> str:
        """Pull, sign with the passphrase typed, and push."""
        self.pull()
        question = f"assphrase of key '{self.name}': "
        shown = self("lists", "sign", script=((question, secret or SECRETS[self.name]),) * 3, rc=rc)
        if rc == 0:
            self.push(f"Signed by {self.name}")
        return shown

    def publish(self, rc: int = 0) -> str:
        key = f"file:{self.shared / 'ana' / 'ci.pem'}"
        shown = self("lists", "publish", str(self.shared / "served"), "--ci-key", key, rc=rc)
        if rc == 0:
            self.push("Published")
        return shown


class Team:
    """All machines, by name."""

    def __init__(self, root: Path) -> None:
        self.machines = {name: Machine(root, name) for name in SECRETS}
        self.root = root

    def __getattr__(self, name: str) -> Machine:
        return self.machines[name]

    def start(self, *people: str, **teams: str) -> None:
        """Everybody makes a key; ana starts the repository and pushes what must be signed."""
        files = {name: self.machines[name].new_key() for name in (*people, *teams.values())}
        self.ana("keys", "new", "ci", "--ci", "-o", str(self.ana.home / "ci.pem"))
        keys = [word for name in people for word in ("--key", str(files[name]))]
        owners = [word for team, name in teams.items() for word in ("--teams", f"{team}:{files[name]}")]
        options = ["--name", "acme", "--people", str(len(people)), *keys, *owners, "--ci-key", "ci"]
        self.ana("lists", "init", "lists", *options)
        (self.ana.lists / "common/pypi.toml").write_text(FLASK)
        self.ana("lists", "build")
        self.ana.git("init", "-q")
        self.ana.git("init", "-q", "--bare", str(self.root / "origin"))
        self.ana.git("remote", "add", "origin", str(self.root / "origin"))
        self.ana.push("Lists begin")
        self.ana.git("branch", "-q", "--set-upstream-to=origin/main", "main")

    def read(self, *names: str) -> dict[str, bytes]:
        """What the stock client reads of the published folder."""
        return Reader(self.root / "served").targets(*names)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def test_two_of_three_people_sign_on_machines_of_their_own(team: Team) -> None:
    team.start("ana", "ben", "cem", payments="dee", web="eve")
    shown = team.ana.sign()
    assert "root: 2 of 3 keys must sign (+ana +ben +cem)" in shown
    assert "slopguard: signed: root, targets." in shown
    assert "root 1, until" in shown
    assert "1 of 2 signatures, missing ben or cem" in shown

    refused = team.ana.publish(rc=2)
    assert "signatures are missing: root 1" in refused
    assert not (team.root / "served").exists()

    assert "slopguard: signed: payments." in team.dee.sign()
    assert "slopguard: signed: web." in team.eve.sign()
    assert "slopguard: signed: root, targets." in team.cem.sign()
    team.ana.pull()
    assert "slopguard: published: root 1, targets 1, payments 1, watch 1, web 1;" in team.ana.publish()
    assert b"flask" in team.read("common.tsv", "payments.tsv", "web.tsv", "watch.tsv")["common.tsv"]

    # the private halves never left their machines
    everything = [path for path in team.root.rglob("*.pem") if "keys" in path.parts]
    assert {path.relative_to(team.root).parts[0] for path in everything} == {"ana", "cem", "dee", "eve", "ben"}
    assert not list(team.ana.lists.rglob("*.pem"))

    # one team cannot sign for another, whatever it does to its checkout
    (team.eve.lists / "teams/payments/pypi.toml").write_text("[allow.pypi.anything]\n")
    team.eve.git("pull", "-q", "--ff-only")
    team.eve("lists", "build")
    refused = team.eve("lists", "sign", rc=2)
    assert "this key may sign nothing that is staged (payments)" in refused
    team.eve.push("A list of somebody else")
    team.ana.pull()
    assert "signatures are missing: payments 2" in team.ana.publish(rc=2)
    assert b"anything" not in team.read("payments.tsv")["payments.tsv"]


def test_two_people_sign_and_neither_is_enough_alone(team: Team) -> None:
    team.start("ana", "ben")
    assert "1 of 2 signatures, missing ben" in team.ana.sign()
    assert "signatures are missing" in team.ana.publish(rc=2)
    wrong = team.ben.sign(rc=2, secret="ben walks ten dogs")
    assert "signed:" not in wrong
    team.ben.sign()
    team.ana.pull()
    team.ana.publish()
    assert b"flask" in team.read("common.tsv")["common.tsv"]

    # a change that one of them slips in after the other signed loses that signature, and says so
    (team.ana.lists / "common/npm.toml").write_text("[allow.npm.zod]\n")
    team.ana("lists", "build")
    team.ana.push("zod")
    team.ana.sign()
    team.ben.pull()
    (team.ben.lists / "common/npm.toml").write_text("[allow.npm.zodd]\n")
    assert "is not what the sources give" in team.ben("lists", "sign", rc=2)
    assert "lost: the signatures of ana" in team.ben("lists", "build")
    team.ben.push("zodd instead")
    shown = team.ben.sign()
    assert "+ npm:zodd allow" in shown
    team.ana.pull()
    assert "1 of 2 signatures, missing ana" in team.ana.publish(rc=2)


def test_a_root_key_is_rotated_and_a_revoked_one_no_longer_counts(team: Team) -> None:
    team.start("ana", "ben", "cem")
    team.ana.sign()
    team.ben.sign()
    team.ana.pull()
    team.ana.publish()
    reader = Reader(team.root / "served")
    assert reader.targets("common.tsv")

    # cem's key goes; fay's comes: signed by two of the keys before and two of the new ones
    fay = team.fay.new_key()
    shown = team.ana("keys", "rotate", "cem", str(fay))
    assert "of the keys before, missing ana or ben or cem; 0 of 2 signatures of the new keys" in shown
    team.ana.push("fay instead of cem")
    team.fay.sign()
    assert "signatures are missing: root 2" in team.ana(
        "lists", "publish", "../served", "--ci-key", "file:../ci.pem", rc=2
    )
    team.ana.sign()
    team.ben.sign()
    team.ana.pull()
    assert "root 2" in team.ana.publish()
    assert reader.targets("common.tsv"), "a machine that knew the root before follows"

    # cem signs on, in vain
    (team.ana.lists / "common/npm.toml").write_text("[allow.npm.zod]\n")
    team.ana("lists", "build")
    team.ana.push("zod")
    refused = team.cem.sign(rc=2)
    assert "this key may sign nothing that is staged (targets)" in refused
    team.ana.sign()
    team.ana.pull()
    assert "1 of 2 signatures, missing ben or fay" in team.ana.publish(rc=2)
    team.fay.sign()
    team.ana.pull()
    team.ana.publish()
    assert b"zod" in reader.targets("common.tsv")["common.tsv"]

    # ana's key is stolen: revoked, signed by the others and published, it counts no more
    team.ben.pull()
    shown = team.ben("keys", "revoke", "ana")
    assert "If it was stolen" in shown
    team.ben.push("ana's key was stolen")
    team.ben.sign()
    team.fay.sign()
    team.ana.pull()
    team.ana.publish()
    assert reader.targets("common.tsv")
    (team.ana.lists / "common/npm.toml").write_text("[allow.npm.evil]\n")
    team.ana("lists", "build")
    assert "may sign nothing" in team.ana("lists", "sign", rc=2)
