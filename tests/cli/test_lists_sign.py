"""`slopguard lists init|build|sign|publish|verify` and `keys rotate|revoke`: from an empty folder to lists in force."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from slopguard.signing.keys import KeyFolder, PublicKey
from tests.cli.program import Ended, Program
from tests.cli.terminal import at_a_terminal, user_folder
from tests.curation.repository import Reader
from tests.simulators.keys import PASSPHRASE, WRONG, give, made, signer

FLASK = '[allow.pypi.flask]\nversions = ">=3,<4"\nreason = "web"\n'
ASKED = "Passphrase of key 'ana': "


@pytest.fixture
def secret(slopguard: Program) -> str:
    """Where the CI key is, as `--ci-key` takes it."""
    return ci_key(slopguard)


def ci_key(slopguard: Program) -> str:
    return f"file:{slopguard.write('ci.pem', pem('ci'))}"


def pem(name: str) -> str:
    """The private half of a key without a passphrase."""
    return made(name)[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public(slopguard: Program, *names: str) -> list[str]:
    """Files with public keys, as their owners hand them over."""
    return [str(slopguard.write(f"{name}.json", PublicKey(name, signer(name).public_key).to_json())) for name in names]


def init(slopguard: Program, *more: str, people: tuple[str, ...] = ("ana", "ben", "cem")) -> Ended:
    keys = [word for path in public(slopguard, *people) for word in ("--key", path)]
    ci = public(slopguard, "ci")[0]
    count = str(len(people))
    return slopguard("lists", "init", "lists", "--name", "acme", "--people", count, *keys, "--ci-key", ci, *more)


@pytest.fixture
def lists(slopguard: Program) -> Program:
    """A repository of lists of three people and a team, in whose folder the program stands; ana's key is here."""
    return begun(slopguard)


def begun(slopguard: Program) -> Program:
    dee = public(slopguard, "dee")[0]
    assert init(slopguard, "--teams", f"payments:{dee}").rc == 0
    slopguard.write("project/lists/common/pypi.toml", FLASK)
    slopguard.cwd /= "lists"
    give(user_folder(slopguard), "ana", approves=False)
    return slopguard


def sign(lists: Program, name: str, *more: str, typed: str = PASSPHRASE, **env: str) -> Ended:
    """Somebody signs with a key that is put here for it."""
    if not (user_folder(lists) / "keys" / f"{name}.json").exists():
        give(user_folder(lists), name, approves=False)
    script = ((f"Passphrase of key '{name}': ", typed),)
    return at_a_terminal(lists, "lists", "sign", "--key", name, *more, script=script, **env)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with signed and published lists, made once: three signatures at a terminal take their time."""
    program = begun(Program(tmp_path_factory.mktemp("template")))
    assert program("lists", "build").rc == 0
    for name in ("ana", "ben", "dee"):
        ended = sign(program, name)
        assert ended.rc == 0, ended
    ended = program("lists", "publish", "../served", "--ci-key", ci_key(program))
    assert ended.rc == 0, ended
    return program.root


@pytest.fixture
def published(slopguard: Program, template: Path) -> Program:
    """A copy of it."""
    shutil.copytree(template, slopguard.root, dirs_exist_ok=True)
    slopguard.cwd /= "lists"
    return slopguard


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


def test_nothing_is_published_before_enough_people_signed(lists: Program, secret: str) -> None:
    lists("lists", "build")
    sign(lists, "ana")
    ended = lists("lists", "publish", "../served", "--ci-key", secret)
    assert ended.rc == 2
    assert "root 1, until " in ended.err
    assert "1 of 2 signatures, missing ben or cem" in ended.err
    assert "They run: slopguard lists sign" in ended.err
    assert not (lists.root / "project/served").exists()


def test_what_is_published_is_what_the_stock_client_reads(published: Program) -> None:
    folder = published.root / "project/served"
    found = Reader(folder).targets("common.tsv", "payments.tsv", "watch.tsv")
    assert b"pypi\tflask\tallow" in found["common.tsv"]


def test_publish_says_what_machines_name_in_their_settings(published: Program, secret: str) -> None:
    pin = sha256((published.cwd / "metadata/1.root.json").read_bytes()).hexdigest()
    ended = published("lists", "publish", "../served", "--ci-key", secret, "--pack", "../acme.pack")
    assert f"slopguard: for the settings of machines: root = sha256:{pin}\n" in ended.out
    assert "slopguard: published: nothing new; timestamp 2, good until " in ended.out
    assert (published.root / "project/acme.pack").exists()
    form = published("lists", "publish", "../served", "--ci-key", secret, "--format", "json").json
    assert form["root"] == f"sha256:{pin}"
    assert form["published"] == {"snapshot": 1, "timestamp": 3}
    assert form["expires"] > f"{datetime.now(UTC):%Y-%m-%d}"


def test_the_ci_key_comes_from_a_variable_too(published: Program, secret: str) -> None:
    env = {"KEY": Path(secret.removeprefix("file:")).read_text(), "CI": "true"}
    ended = published("lists", "publish", "../served", "--ci-key", "env:KEY", env=env)
    assert ended.rc == 0, ended
    ended = published("lists", "publish", "../served", "--ci-key", "env:KEY")
    assert ended.rc == 2
    assert "the variable that holds the machine's key is not set" in ended.err


def test_a_key_at_a_provider_is_looked_up_in_the_repository(published: Program) -> None:
    ended = published("lists", "publish", "../served", "--ci-key", "awskms:nowhere")
    assert ended.rc == 2
    assert "'ci'" in ended.err or "not installed" in ended.err


def test_ready_says_what_still_waits(published: Program, secret: str) -> None:
    published.write("project/lists/common/npm.toml", "[allow.npm.zod]\n")
    published("lists", "build")
    ended = published("lists", "publish", "../served", "--ci-key", secret, "--ready")
    assert ended.rc == 0, ended
    assert "slopguard: still waiting: targets 2, until " in ended.err


def verified(program: Program, *argv: str) -> Ended:
    return program("lists", "verify", *argv)


def test_a_repository_folder_and_pack_verify(published: Program, secret: str) -> None:
    published("lists", "publish", "../served", "--ci-key", secret, "--pack", "../acme.pack")
    pin = "sha256:" + sha256((published.cwd / "metadata/1.root.json").read_bytes()).hexdigest()
    repository = verified(published, ".")
    assert repository.rc == 0, repository
    assert repository.out.splitlines()[0] == "slopguard: sources: 3 lists, 1 rows, as built"
    assert repository.out.splitlines()[1].startswith("slopguard: published: root 1 targets 1 payments 1 watch 1; ")
    for place in ("../served", "../acme.pack"):
        ended = verified(published, place)
        assert ended.rc == 0, ended
        assert "slopguard: list 'acme/common': 1 rows, signatures hold\n" in ended.out
        assert ended.out.endswith(f"root = {pin} (compare it)\n")
        assert verified(published, place, "--root", pin).out.endswith(f"root = {pin}\n")
        other = verified(published, place, "--root", "sha256:" + "0" * 64)
        assert other.rc == 4
        assert "does not start at the root" in other.err
    form = verified(published, "../served", "--format", "json").json
    assert len(form["verified"]) == 4


def test_the_shipped_lists_verify(slopguard: Program) -> None:
    ended = verified(slopguard)
    assert ended.rc == 0, ended
    assert "shipped list '" in ended.out


def test_the_lists_of_this_machine_verify(published: Program) -> None:
    folder = published.root / "project/served"
    pin = sha256((folder / "metadata/1.root.json").read_bytes()).hexdigest()
    source = f'{{url = "{folder.as_uri()}/", root = "sha256:{pin}"}}'
    settings = f'[lists]\nsources = [{source}]\nteams = ["payments"]\n'
    published.write("home/.config/slopguard/slopguard.toml", settings)
    missing = verified(published)
    assert missing.rc == 4
    assert "were not fetched yet" in missing.err
    synced = published("lists", "sync")
    assert synced.rc == 0, synced
    ended = verified(published)
    assert ended.rc == 0, ended
    assert "slopguard: list 'acme/common': 1 rows, signatures hold\n" in ended.out
    assert "slopguard: list 'acme/payments': 0 rows, signatures hold\n" in ended.out


def _other_sources(lists: Program) -> None:
    lists.write("project/lists/common/npm.toml", "[allow.npm.zod]\n")


def _other_bundle(lists: Program) -> None:
    (lists.cwd / "bundles/common.tsv").write_text("#slopguard-rows/1\n")


def _waiting(lists: Program) -> None:
    _other_sources(lists)
    lists("lists", "build")


def _lost_stage(lists: Program) -> None:
    _waiting(lists)
    (lists.cwd / "staged/targets.json").unlink()


def _other_signature(lists: Program) -> None:
    place = lists.cwd / "metadata/1.targets.json"
    content = json.loads(place.read_text())
    content["signatures"] = content["signatures"][:1]
    place.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_other_sources, "bundles/common.tsv is not what the sources give"),
        (_other_bundle, "bundles/common.tsv is not what the sources give"),
        (_waiting, "signatures are missing: targets 2"),
        (_lost_stage, "targets is not staged as the sources give it"),
        (_other_signature, "targets 1 is not signed by enough keys"),
    ],
)
def test_a_repository_that_is_not_in_order_ends_in_4(
    published: Program, change: Callable[[Program], None], problem: str
) -> None:
    change(published)
    ended = verified(published, ".")
    assert ended.rc == 4, ended
    assert problem in ended.err


def test_a_published_folder_with_a_changed_byte_ends_in_4(published: Program) -> None:
    for path in (published.root / "project/served/targets").glob("*.common.tsv"):
        path.write_bytes(path.read_bytes().replace(b"flask", b"flesk"))
    ended = verified(published, "../served")
    assert ended.rc == 4
    assert "does not have the digest" in ended.err or "not the one that was signed" in ended.err


@pytest.mark.parametrize(
    ("argv", "code", "problem"),
    [
        (("nowhere",), 4, "there are no lists at that place"),
        (("../served", "--root", "0" * 64), 2, "a root is written sha256:HEX"),
        (("lists.toml",), 4, "holds something else"),
    ],
)
def test_what_cannot_be_verified_is_named(published: Program, argv: tuple[str, ...], code: int, problem: str) -> None:
    ended = verified(published, *argv)
    assert ended.rc == code
    assert problem in ended.err


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
