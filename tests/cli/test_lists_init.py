"""`slopguard lists init`: a repository of lists begins, for one person or several."""

from __future__ import annotations

import pytest

from slopguard.signing.keys import PublicKey
from tests.cli.curators import init, public
from tests.cli.program import Program
from tests.cli.terminal import at_a_terminal, user_folder
from tests.simulators.keys import PASSPHRASE, give, signer


def test_three_people_start_with_two_of_three(slopguard: Program) -> None:
    ended = init(slopguard)
    assert ended.rc == 0, ended
    assert ended.out == "slopguard: lists is ready. Next, in it: slopguard lists build\n"
    text = (slopguard.cwd / "lists/lists.toml").read_text()
    assert '[root]\nthreshold = 2\nkeys = ["ana", "ben", "cem"]\ndays = 365\n' in text
    assert "[targets]\nthreshold = 2\n" in text
    assert sorted(path.name for path in (slopguard.cwd / "lists/keys").iterdir()) == [
        "ana.json",
        "ben.json",
        "cem.json",
        "ci.json",
    ]
    assert not list((slopguard.cwd / "lists").rglob("*.pem"))


@pytest.mark.parametrize(("people", "root"), [(("ana", "ben"), 2), (("ana", "ben", "cem", "dee", "eve"), 3)])
def test_more_people_decide_by_majority(slopguard: Program, people: tuple[str, ...], root: int) -> None:
    assert init(slopguard, "--threshold", "1", people=people).rc == 0
    text = (slopguard.cwd / "lists/lists.toml").read_text()
    assert f"[root]\nthreshold = {root}\n" in text
    assert "[targets]\nthreshold = 1\n" in text


def test_a_key_of_this_account_is_named_by_its_name(slopguard: Program) -> None:
    give(user_folder(slopguard), "ana", approves=False)
    assert init(slopguard, "--key", "ana", people=("ben",)).rc == 0
    assert (slopguard.cwd / "lists/keys/ana.json").exists()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--key", "KEY"), "3 people need 3 keys, not 4. Name each one's public key: --key FILE."),
        (("--teams", "payments"), "a team is named with its key. For example: --teams payments:dee.json."),
        (("--teams", "common:KEY"), "no team can be called 'common'"),
        (("--threshold", "4"), "targets.threshold must be a number from 1 to 3"),
        (("--name", "Acme"), "lists are called with small letters, digits and '-'"),
        (("--teams", "payments:nobody.json"), "nobody.json: cannot be read"),
        (("--teams", "payments:nobody"), "there is no key 'nobody'"),
        (("--teams", "payments:CI"), "'ci' signs for CI, so it may not sign payments"),
    ],
)
def test_a_start_that_makes_no_sense_leaves_nothing(slopguard: Program, more: tuple[str, ...], problem: str) -> None:
    dee, ci = public(slopguard, "dee", "ci")
    ended = init(slopguard, *(word.replace("KEY", dee).replace("CI", ci) for word in more))
    assert ended.rc == 2
    assert problem in ended.err
    assert not (slopguard.cwd / "lists").exists()


def test_two_keys_of_one_name_are_refused(slopguard: Program) -> None:
    other = slopguard.write("other.json", PublicKey("ana", signer("eve").public_key).to_json())
    ended = init(slopguard, "--key", str(other), people=("ana", "ben"))
    assert ended.rc == 2
    ended = init(slopguard, "--teams", f"payments:{other}")
    assert ended.rc == 2
    assert "two of the keys have one name" in ended.err


def test_nothing_is_started_twice(slopguard: Program) -> None:
    assert init(slopguard).rc == 0
    before = (slopguard.cwd / "lists/lists.toml").read_text()
    again = init(slopguard, people=("eve", "fay"))
    assert again.rc == 2
    assert "lists is a repository of lists already. Change its lists.toml instead." in again.err
    assert (slopguard.cwd / "lists/lists.toml").read_text() == before


def test_one_person_gets_a_key_and_a_sheet_that_is_kept_nowhere(slopguard: Program) -> None:
    ci = public(slopguard, "ci")[0]
    command = ("lists", "init", "lists", "--name", "acme", "--people", "1", "--ci-key", ci)
    script = (("New passphrase", PASSPHRASE), ("The same again: ", PASSPHRASE))
    ended = at_a_terminal(slopguard, *command, script=script)
    assert ended.rc == 0, ended
    assert "slopguard recovery sheet: key 'acme-recovery'" in ended.out
    assert (
        '[root]\nthreshold = 1\nkeys = ["acme", "acme-recovery"]\n' in (slopguard.cwd / "lists/lists.toml").read_text()
    )
    keys = sorted(path.name for path in (user_folder(slopguard) / "keys").iterdir())
    assert keys == ["acme.json", "acme.pem"]
    again = at_a_terminal(slopguard, *command)
    assert "that is a repository of lists already" in again.out
    sheet = [line.strip() for line in ended.out.splitlines() if line.startswith("    ")]
    recovered = at_a_terminal(
        slopguard,
        "keys",
        "new",
        "acme-recovery",
        "--from-sheet",
        script=(*((f"Line {n} of the sheet: ", sheet[n - 1]) for n in range(1, 5)), *script),
    )
    assert recovered.rc == 0, recovered
    slopguard.cwd /= "lists"
    assert slopguard("lists", "build").rc == 0
    signed = at_a_terminal(
        slopguard, "lists", "sign", "--key", "acme-recovery", script=(("'acme-recovery': ", PASSPHRASE),)
    )
    assert "slopguard: signed: root, targets." in signed.out, signed


def test_an_agent_makes_no_keys(slopguard: Program) -> None:
    ci = public(slopguard, "ci")[0]
    command = ("lists", "init", "lists", "--name", "acme", "--people", "1", "--ci-key", ci)
    ended = at_a_terminal(slopguard, *command, CLAUDECODE="1")
    assert ended.rc == 2
    assert "only a person can make keys, at a terminal" in ended.out
    assert not (slopguard.cwd / "lists").exists()
