"""`slopguard lists build` and `sign`: what must be signed, what is shown first, and who may not."""

from __future__ import annotations

import shutil

import pytest

from slopguard.signing.keys import KeyFolder
from tests.cli.curators import ASKED, FLASK, pem, sign
from tests.cli.program import Program
from tests.cli.terminal import at_a_terminal, user_folder
from tests.simulators.keys import PASSPHRASE, WRONG, give, signer


def test_build_stages_and_says_who_must_sign(lists: Program) -> None:
    ended = lists("lists", "build")
    assert ended.rc == 0, ended
    lines = ended.out.splitlines()
    assert lines[0] == "slopguard: root 1 waits for signatures (first version)."
    assert lines[4].startswith("  root 1, until ")
    assert lines[4].endswith(": 0 of 2 signatures, missing ana or ben or cem")
    again = lists("lists", "build", "--format", "json").json
    assert again["schema"] == "slopguard/lists-signing/1"
    assert again["staged"] == []
    assert again["waiting"][0]["signatures"] == [{"threshold": 2, "signed": [], "missing": ["ana", "ben", "cem"]}]
    assert (lists.cwd / "bundles/common.tsv").read_text() == "#slopguard-rows/1\npypi\tflask\tallow\trange=>=3,<4\n"


def test_lists_are_found_from_a_folder_below_or_by_name(lists: Program) -> None:
    lists.cwd /= "common"
    assert lists("lists", "build").rc == 0
    lists.cwd = lists.root / "project"
    assert lists("lists", "build", "--repository", "lists").out.startswith("  root 1")
    ended = lists("lists", "build")
    assert ended.rc == 2
    assert "there is no lists.toml here" in ended.err


def test_a_mistake_in_the_sources_is_named(lists: Program) -> None:
    lists.write("project/lists/common/pypi.toml", "[allow.pypi.flask]\nversoins = 1\n")
    ended = lists("lists", "build")
    assert ended.rc == 2
    assert "versoins" in ended.err


def test_a_person_sees_what_they_sign_before_the_passphrase_is_asked(lists: Program) -> None:
    lists("lists", "build")
    ended = sign(lists, "ana")
    assert ended.rc == 0, ended
    shown, _, after = ended.out.partition(ASKED)
    assert "Your key 'ana' signs:" in shown
    assert "  root: 2 of 3 keys must sign (+ana +ben +cem)" in shown
    assert "  common.tsv: 1 rows: +allow 1" in shown
    assert "    + pypi:flask allow" in shown
    assert "  payments: 1 of 1 keys must sign (+dee)" in shown
    assert "slopguard: signed: root, targets." in after
    assert "  root 1, until " in after
    rows = lists("log", "--format", "json").json["entries"]
    assert [(row["verdict"], row["rule"], row["package"]) for row in rows if row["door"] == "lists"] == [
        ("signed", "lists", "roles:root:1 targets:1")
    ]


def test_changes_are_counted_and_allowing_rows_named_first(published: Program) -> None:
    entries = "".join(f"[deny.npm.a{n}]\n" for n in range(12)) + "[allow.npm.zod]\n"
    published.write("project/lists/common/npm.toml", entries)
    published.write("project/lists/common/pypi.toml", FLASK.replace("<4", "<5"))
    published("lists", "build")
    shown = sign(published, "ana").out.partition(ASKED)[0]
    assert "  common.tsv: 14 rows: +allow 2, +deny 12, -allow 1" in shown
    assert "    + npm:zod allow\n    + pypi:flask allow\n    + npm:a0 deny" in shown
    assert "and 5 more; see: slopguard lists diff" in shown
    assert "root" not in shown


def test_a_list_that_was_exchanged_hides_no_change(published: Program) -> None:
    published.write("project/lists/common/npm.toml", "[allow.npm.zod]\n")
    published("lists", "build")
    kept = published.cwd / "bundles/published/common.tsv"
    kept.write_bytes((published.cwd / "bundles/common.tsv").read_bytes())
    shown = sign(published, "ana").out.partition(ASKED)[0]
    assert "common.tsv: 2 rows; what was signed before is not at hand to compare with" in shown


def test_a_wrong_passphrase_signs_nothing(lists: Program) -> None:
    lists("lists", "build")
    before = (lists.cwd / "staged/root.json").read_bytes()
    ended = at_a_terminal(lists, "lists", "sign", script=((ASKED[1:], WRONG),) * 3)
    assert ended.rc == 2, ended
    assert (lists.cwd / "staged/root.json").read_bytes() == before


@pytest.mark.parametrize(("answer", "rc"), [("yes", 0), ("no", 2)])
def test_a_key_that_asks_for_nothing_signs_only_what_a_person_agreed_to(lists: Program, answer: str, rc: int) -> None:
    lists("lists", "build")
    place = lists.write("ben.pem", pem("ben"))
    KeyFolder(user_folder(lists) / "keys").link("ben", f"file2:{place}", signer("ben").public_key)
    ended = at_a_terminal(lists, "lists", "sign", "--key", "ben", script=(("Sign this? Type yes: ", answer),))
    assert ended.rc == rc, ended
    assert ("signed: root, targets" in ended.out) is (rc == 0)
    assert ("nothing was signed" in ended.out) is (rc == 2)


def test_signing_twice_says_so(lists: Program) -> None:
    lists("lists", "build")
    sign(lists, "ana")
    assert "slopguard: your signature is there already." in sign(lists, "ana").out


def test_the_only_key_that_may_sign_need_not_be_named(lists: Program) -> None:
    lists("lists", "build")
    give(user_folder(lists), "zoe", approves=False)
    assert "signed: root, targets" in at_a_terminal(lists, "lists", "sign", script=((ASKED, PASSPHRASE),)).out
    give(user_folder(lists), "ben", approves=False)
    ended = at_a_terminal(lists, "lists", "sign")
    assert ended.rc == 2
    assert "several of your keys could sign: ana, ben. Choose: --key NAME." in ended.out


def test_who_may_not_sign_is_told_whose_turn_it_is(lists: Program) -> None:
    lists("lists", "build")
    (user_folder(lists) / "keys/ana.json").unlink()
    ended = at_a_terminal(lists, "lists", "sign")
    assert ended.rc == 2
    assert "this key may sign nothing that is staged (root, targets, payments, watch)" in ended.out
    ended = sign(lists, "zoe")
    assert ended.rc == 2
    assert "may sign nothing" in ended.out
    assert "Passphrase" not in ended.out
    (lists.cwd / "staged/root.json").unlink()


@pytest.mark.parametrize("marker", [{"CLAUDECODE": "1"}, {"SLOPGUARD_ACTOR": "agent"}, {"CI": "true"}])
@pytest.mark.parametrize(
    "command", [("lists", "sign"), ("keys", "revoke", "ana"), ("keys", "rotate", "ana", "ben.json")]
)
def test_agents_and_ci_sign_nothing_and_change_no_keys(
    lists: Program, command: tuple[str, ...], marker: dict[str, str]
) -> None:
    lists("lists", "build")
    before = {path: path.read_bytes() for path in lists.cwd.rglob("*") if path.is_file()}
    ended = at_a_terminal(lists, *command, script=((ASKED, PASSPHRASE),), **marker)
    assert ended.rc == 2
    assert "only a person can " in ended.out
    assert f"Ask the user to run: slopguard {' '.join(command)}" in ended.out
    piped = lists(*command, stdin=PASSPHRASE + "\n")
    assert piped.rc == 2
    assert "only a person can " in piped.err
    assert {path: path.read_bytes() for path in lists.cwd.rglob("*") if path.is_file()} == before


def test_a_team_that_leaves_is_named_to_who_signs(published: Program) -> None:
    text = (published.cwd / "lists.toml").read_text()
    published.write("project/lists/lists.toml", text.partition("[teams.payments]")[0])
    shutil.rmtree(published.cwd / "teams/payments")
    assert published("lists", "build").rc == 0
    shown = sign(published, "ana").out
    assert "  payments: no longer one of the teams" in shown


def test_a_renewed_signature_changes_nothing_but_its_end(published: Program) -> None:
    ended = published("lists", "build", "--renew", "60")
    assert "slopguard: payments 2 waits for signatures (its signature ends soon)." not in ended.out
    text = (published.cwd / "lists.toml").read_text().replace("days = 30", "days = 365")
    published.write("project/lists/lists.toml", text)
    ended = published("lists", "build", "--renew", "60")
    assert "slopguard: payments 2 waits for signatures (its signature ends soon)." in ended.out
    assert "  nothing but a later end" in sign(published, "dee").out


def test_a_change_taken_back_waits_no_more(published: Program) -> None:
    published.write("project/lists/common/npm.toml", "[allow.npm.zod]\n")
    published("lists", "build")
    (published.cwd / "common/npm.toml").unlink()
    ended = published("lists", "build")
    assert "slopguard: targets is as published again, so nothing of it waits any more." in ended.out
    assert "slopguard: nothing to sign; what is published is what the sources say." in ended.out


def test_all_signatures_there_the_next_step_is_said(published: Program) -> None:
    published.write("project/lists/teams/payments/npm.toml", "[allow.npm.zod]\n")
    published("lists", "build")
    assert "slopguard: all signatures are there. Next: slopguard lists publish" in sign(published, "dee").out
