"""`slopguard keys rotate` and `revoke`: who may sign changes, and nothing that makes no sense is written."""

from __future__ import annotations

import pytest

from slopguard.signing.keys import PublicKey
from tests.cli.curators import public, sign
from tests.cli.program import Program
from tests.cli.terminal import at_a_terminal
from tests.curation.repository import Reader
from tests.simulators.keys import signer


def test_a_key_is_rotated_and_comments_survive(published: Program, secret: str) -> None:
    fay = public(published, "fay")[0]
    published.write("project/lists/lists.toml", (published.cwd / "lists.toml").read_text() + "# our own note\n")
    ended = at_a_terminal(published, "keys", "rotate", "ana", fay)
    assert ended.rc == 0, ended
    assert "slopguard: fay takes the place of ana (root, targets)." in ended.out
    assert "of the keys before, missing ana or ben or cem; 0 of 2 signatures of the new keys" in ended.out
    text = (published.cwd / "lists.toml").read_text()
    assert "# our own note" in text
    assert 'keys = ["fay", "ben", "cem"]' in text
    assert not (published.cwd / "keys/ana.json").exists()
    for name in ("ana", "ben", "fay"):
        sign(published, name)
    assert published("lists", "publish", "../served", "--ci-key", secret).rc == 0
    assert Reader(published.root / "project/served").targets("common.tsv")
    assert published("log", "--format", "json").json["entries"]


def test_a_team_s_key_is_rotated(published: Program) -> None:
    fay = public(published, "fay")[0]
    ended = at_a_terminal(published, "keys", "rotate", "dee", fay)
    assert ended.rc == 0, ended
    assert '[teams.payments]\nthreshold = 1\nkeys = ["fay"]' in (published.cwd / "lists.toml").read_text()
    assert "  payments 2, until " in ended.out
    assert "missing fay" in ended.out


def test_a_revoked_key_leaves_every_role_and_the_next_steps_are_said(published: Program, secret: str) -> None:
    ended = at_a_terminal(published, "keys", "revoke", "cem")
    assert ended.rc == 0, ended
    assert "slopguard: cem may sign nothing any more, once this is published (root, targets)." in ended.out
    assert "slopguard log who" in ended.out
    assert 'keys = ["ana", "ben"]' in (published.cwd / "lists.toml").read_text()
    refused = sign(published, "cem")
    assert refused.rc == 0, "a key of the root before may still sign its successor"
    sign(published, "ana")
    sign(published, "ben")
    assert published("lists", "publish", "../served", "--ci-key", secret).rc == 0
    published.write("project/lists/common/npm.toml", "[allow.npm.zod]\n")
    published("lists", "build")
    refused = sign(published, "cem")
    assert refused.rc == 2
    assert "this key may sign nothing that is staged (targets)" in refused.out


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (("revoke", "dee"), "payments needs 1 of its keys, and 0 would be left. Put a new key in its place: "),
        (("revoke", "zoe"), "there is no key 'zoe' in keys/. There are: ana, ben, cem, ci, dee."),
        (("rotate", "dee", "BEN"), ""),
        (("rotate", "ana", "ANA"), "that is the key 'ana' itself"),
        (("rotate", "ana", "BEN"), "root needs 2 of its keys"),
        (("rotate", "ana", "nowhere.json"), "nowhere.json: cannot be read"),
        (("rotate", "ana", "CI"), "'ci' signs for CI, so it may not sign root"),
    ],
)
def test_a_change_of_keys_that_makes_no_sense_changes_nothing(
    published: Program, command: tuple[str, ...], problem: str
) -> None:
    files = dict(zip(("BEN", "ANA", "CI"), public(published, "ben", "ana", "ci"), strict=True))
    if command[:2] == ("rotate", "ana") and command[2] == "BEN":
        at_a_terminal(published, "keys", "revoke", "cem")
    before = {path: path.read_bytes() for path in published.cwd.rglob("*") if path.is_file()}
    ended = at_a_terminal(published, "keys", *(files.get(word, word) for word in command))
    if not problem:  # somebody who has a key already takes over a team
        assert ended.rc == 0, ended
        return
    assert ended.rc == 2, ended
    assert problem in ended.out
    assert {path: path.read_bytes() for path in published.cwd.rglob("*") if path.is_file()} == before


def test_another_key_of_the_same_name_is_refused(published: Program) -> None:
    other = published.write("other.json", PublicKey("ben", signer("eve").public_key).to_json())
    ended = at_a_terminal(published, "keys", "rotate", "ana", str(other))
    assert ended.rc == 2
    assert "there is another key 'ben' in keys/" in ended.out


def test_a_new_key_may_keep_its_owner_s_name(published: Program) -> None:
    other = published.write("other.json", PublicKey("ana", signer("eve").public_key).to_json())
    ended = at_a_terminal(published, "keys", "rotate", "ana", str(other))
    assert ended.rc == 0, ended
    assert signer("eve").public_key.keyid in (published.cwd / "keys/ana.json").read_text()
    assert '"ana", "ben", "cem"' in (published.cwd / "lists.toml").read_text()
