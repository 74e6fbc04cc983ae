"""`slopguard keys`: made at the terminal, listed for everybody, handed out without anything secret."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.cli.program import Ended, Program
from tests.cli.terminal import at_a_terminal, user_folder, written
from tests.simulators.keys import PASSPHRASE, WRONG, signer
from tests.simulators.person import Script

TWICE = (("characters): ", PASSPHRASE), ("The same again: ", PASSPHRASE))


def new(slopguard: Program, *argv: str, script: Script = TWICE) -> Ended:
    return at_a_terminal(slopguard, "keys", "new", *argv, script=script)


def keys(slopguard: Program) -> list[dict[str, str]]:
    found: list[dict[str, str]] = slopguard("keys", "list", "--format", "json").json["keys"]
    return found


def test_a_key_is_made_and_its_public_half_handed_out(slopguard: Program) -> None:
    assert slopguard("keys", "list").err == "slopguard: there are no keys. Make one: slopguard keys new NAME\n"
    made = new(slopguard, "ana")
    assert made.rc == 0, made
    assert PASSPHRASE not in made.out
    [key] = keys(slopguard)
    assert (key["name"], key["use"]) == ("ana", "signs")
    public = slopguard("keys", "show", "ana").json
    assert (public["name"], public["keyid"]) == ("ana", key["keyid"])
    assert slopguard("keys", "show", "ana", "-o", "ana.json").rc == 0
    assert json.loads((slopguard.cwd / "ana.json").read_text()) == public
    assert f"ana              {key['keyid'][:16]}  signs" in slopguard("keys", "list").out
    rows = slopguard("log", "--format", "json").json["entries"]
    assert [(row["verdict"], row["rule"], row["door"]) for row in rows] == [("made", "signs", "keys")]


def test_a_key_is_lost_and_made_again_from_its_sheet(slopguard: Program) -> None:
    shown = new(slopguard, "ana", "--sheet").out
    sheet = re.findall(r"^    (\d  (?:[A-Z2-7]{4} ){4}  [A-Z2-7]{4})$", shown, re.MULTILINE)
    assert len(sheet) == 4, shown
    [lost] = keys(slopguard)
    shutil.rmtree(user_folder(slopguard) / "keys")
    wrong = sheet[1].replace("A", "B") if "A" in sheet[1] else sheet[1].replace(sheet[1][3], "A", 1)
    lines = [
        ("Line 1 of the sheet: ", sheet[0]),
        ("Line 2 of the sheet: ", wrong),
        ("line 2 again: ", sheet[1].lower()),
    ]
    lines += [("Line 3 of the sheet: ", sheet[2]), ("Line 4 of the sheet: ", sheet[3])]
    again = new(slopguard, "ana", "--from-sheet", script=(*lines, *TWICE))
    assert again.rc == 0, again
    assert keys(slopguard) == [lost]


def test_a_sheet_with_a_mistake_twice_makes_no_key(slopguard: Program) -> None:
    ended = new(slopguard, "ana", "--from-sheet", script=(("Line 1", "AAAA"), ("line 1 again: ", "BBBB")))
    assert (ended.rc, "line 1 of the sheet is not as it was printed" in ended.out) == (2, True)
    assert written(slopguard) == []


def test_a_ci_key_has_no_passphrase_and_says_so(slopguard: Program) -> None:
    ended = new(slopguard, "ci", "--ci", "-o", "ci.pem", script=())
    assert ended.rc == 0, ended
    assert "ci.pem holds the private half WITHOUT a passphrase" in ended.out
    path = slopguard.cwd / "ci.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_pem_private_key(path.read_bytes(), None)
    assert slopguard("keys", "show", "ci").json["machine"] is True
    assert [key["use"] for key in keys(slopguard)] == ["machine"]
    assert written(slopguard) == ["keys/ci.json"]
    again = new(slopguard, "other", "--ci", "-o", "ci.pem", script=())
    assert (again.rc, "is there already, and is not overwritten" in again.out) == (2, True), again


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed here")
def test_an_openssh_key_is_used_where_it_lies(slopguard: Program) -> None:
    path = slopguard.write("home/.ssh/none", "").with_name("id_ed25519")
    subprocess.run(["ssh-keygen", "-q", "-a", "1", "-t", "ed25519", "-N", PASSPHRASE, "-f", str(path)], check=True)
    ended = new(slopguard, "ana", "--ssh", str(path), script=(("id_ed25519: ", WRONG), ("id_ed25519: ", PASSPHRASE)))
    assert ended.rc == 0, ended
    assert written(slopguard) == ["keys/ana.json"]
    assert keys(slopguard)[0]["place"] == f"ssh:{path}"
    assert "ssh" not in slopguard("keys", "show", "ana").out


def test_a_key_in_hardware_is_kept_by_its_place_and_public_half(slopguard: Program) -> None:
    pem = signer("card").public_key.keyval["public"]
    public = slopguard.write(
        "project/card.json",
        json.dumps(
            {"name": "card", "keyid": signer("card").public_key.keyid, "key": signer("card").public_key.to_dict()}
        ),
    )
    assert pem in public.read_text()
    ended = new(slopguard, "card", "--uri", "hsm:2", "--public", "card.json", "--approve", script=())
    assert ended.rc == 0, ended
    assert [(key["use"], key["place"]) for key in keys(slopguard)] == [("approves", "hsm:2")]
    cloud = new(slopguard, "cloud", "--uri", "awskms:1", "--public", "card.json", script=())
    assert cloud.rc == 0, cloud


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["ana", "--ssh", "x", "--ci", "-o", "y"], "exclude each other"),
        (["ana", "--ci"], "a CI key is written to a file"),
        (["ana", "-o", "x"], "a CI key is written to a file"),
        (["ana", "--ci", "-o", "x", "--approve"], "a CI key cannot approve"),
        (["ana", "--ssh", "x", "--sheet"], "only a key that is made here"),
        (["ana", "--public", "x"], "--public goes with --uri"),
        (["Ana"], "a key's name is"),
        (["ana", "--uri", "gnupg:1"], "nothing is known of keys at such a place"),
        (["ana", "--uri", "hsm:two"], "not the URI of such a key"),
        (["ana", "--uri", "hsm:2", "--public", "none"], "cannot be read"),
        (["ana", "--uri", "awskms:1", "--public", "ana.json", "--approve"], "must ask a person each time"),
        (["ana", "--ssh", "none"], "cannot be read"),
    ],
)
def test_options_that_make_no_sense_make_no_key(slopguard: Program, argv: list[str], says: str) -> None:
    public = signer("ana").public_key
    text = json.dumps({"name": "ana", "keyid": public.keyid, "key": public.to_dict()})
    slopguard.write("project/ana.json", text)
    ended = new(slopguard, *argv, script=())
    assert (ended.rc, says in ended.out) == (2, True), ended
    assert written(slopguard) == []


def test_a_key_that_cannot_be_read_is_listed_as_one_that_does_not_count(slopguard: Program) -> None:
    folder = user_folder(slopguard) / "keys"
    folder.mkdir(parents=True)
    (folder / "odd.json").write_text("{")
    assert slopguard("keys", "list").out.startswith("odd              does not count: ")
    assert slopguard("keys", "show", "odd").rc == 2
    assert slopguard("keys", "show", "nobody").err.startswith("slopguard: there is no key 'nobody'.")


def test_the_public_half_cannot_be_written_where_nothing_can(slopguard: Program) -> None:
    assert new(slopguard, "ana").rc == 0
    ended = slopguard("keys", "show", "ana", "-o", "no/such/folder")
    assert (ended.rc, "cannot be written" in ended.err) == (2, True)
