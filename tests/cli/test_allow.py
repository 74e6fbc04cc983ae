"""`slopguard allow`: one person, one package, for a while; with something that an agent does not have."""

from __future__ import annotations

import pytest

from tests.cli.allowing import ASKED, FIRST, KEY, acts, allow, released, releases
from tests.cli.program import Program
from tests.cli.terminal import at_a_terminal, user_folder, written
from tests.simulators.keys import PASSPHRASE, WRONG, give
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI


def test_a_person_lets_a_name_through_for_thirty_days(slopguard: Program, index: PyPI, key: None) -> None:
    assert slopguard("ask", "pypi:sg-fresh").rc == 3
    ended = allow(slopguard, "pypi:SG_fresh")
    assert ended.rc == 0, ended
    assert "QUARANTINED  pypi:sg-fresh   unverified" in ended.out
    assert "to be let through on this account: pypi:sg-fresh, every version" in ended.out
    assert "2 versions listed now" in ended.out
    assert PASSPHRASE not in ended.out
    [row] = releases(slopguard)
    assert (row["package"], row["version"], row["why"], row["by"]) == ("pypi:sg-fresh", None, "read it", "approval")
    assert row["counts"] is True
    asked = slopguard("ask", "pypi:sg-fresh", "--format", "json")
    assert (asked.rc, asked.json["results"][0]["rule"]) == (0, "released")
    assert ("released", "released", "allow") in acts(slopguard)


def test_a_version_is_bound_to_the_digests_that_the_index_lists_now(slopguard: Program, index: PyPI, key: None) -> None:
    ended = allow(slopguard, "pypi:sg-fresh==1.0", "--for", "12h")
    assert ended.rc == 0, ended
    assert "pypi:sg-fresh==1.0, 2 files by digest" in ended.out
    assert slopguard("ask", "pypi:sg-fresh==1.0").rc == 0
    assert slopguard("ask", "pypi:sg-fresh==2.0").rc == 3
    index.add("sg-fresh", "1.0", wheels=("cp311-none-any",), days_old=0)  # a file that nobody let through
    assert slopguard("ask", "pypi:sg-fresh==1.0").rc == 3


def test_digests_may_be_named_instead(slopguard: Program, index: PyPI, key: None) -> None:
    wheel = index.files_of("sg-fresh")[0].artefact.sha256
    assert allow(slopguard, "pypi:sg-fresh==1.0", "--hash", f"sha256:{wheel.upper()}").rc == 0
    assert slopguard("ask", "pypi:sg-fresh==1.0").rc == 3  # the index lists an sdist too
    other = allow(slopguard, "pypi:sg-fresh==2.0", "--hash", "sha256:" + "0" * 64)
    assert other.rc == 1
    assert "hash-mismatch" in other.out
    never = allow(slopguard, "pypi:sg-fresh==2.0", "--hash", "sha512:" + "0" * 128)
    assert (never.rc, "the index lists digests of another kind. Name sha256." in never.out) == (2, True), never
    assert [row["version"] for row in releases(slopguard)] == ["1.0"]


def test_a_version_that_no_index_has_is_let_through_by_digest_wherever_it_comes_from(
    slopguard: Program, index: PyPI, key: None
) -> None:
    assert allow(slopguard, "pypi:sg-elsewhere==1.0").rc == 1
    ended = allow(slopguard, "pypi:sg-elsewhere==1.0", "--hash", "sha256:" + "a" * 64)
    assert ended.rc == 0, ended
    assert "foreign-source" in ended.out
    assert slopguard("ask", "pypi:sg-elsewhere==1.0").rc == 1  # it still is not on the index


def test_several_versions_are_let_through_side_by_side_and_taken_back_one_by_one(
    slopguard: Program, index: PyPI, key: None
) -> None:
    for version in ("1.0", "2.0"):
        assert allow(slopguard, f"pypi:sg-fresh=={version}").rc == 0
    assert [row["version"] for row in releases(slopguard)] == ["1.0", "2.0"]
    assert slopguard("allow", "remove", "pypi:sg-fresh==1").rc == 0
    assert [row["version"] for row in releases(slopguard)] == ["2.0"]
    assert slopguard("allow", "remove", "pypi:sg-fresh").rc == 0
    assert releases(slopguard) == released(slopguard) == []
    assert slopguard("ask", "pypi:sg-fresh==2.0").rc == 3
    assert acts(slopguard).count(("removed", "released", "allow")) == 2


def test_a_key_that_cannot_be_read_is_not_replaced_by_a_new_one(slopguard: Program, index: PyPI) -> None:
    give(user_folder(slopguard), "mine")
    (user_folder(slopguard) / "keys" / "mine.json").write_text("{}")
    ended = allow(slopguard, "pypi:sg-fresh", script=FIRST)
    assert (ended.rc, "it is no public key of slopguard" in ended.out) == (2, True), ended
    assert written(slopguard) == ["keys/mine.json", "keys/mine.pem"]


def test_a_version_that_was_let_through_is_not_the_name(slopguard: Program, index: PyPI, key: None) -> None:
    assert allow(slopguard, "pypi:sg-fresh==1.0").rc == 0
    again = allow(slopguard, "pypi:sg-fresh")
    assert (
        "only versions of it were let through; for the name, first: slopguard allow remove pypi:sg-fresh\n" in again.out
    )
    same = allow(slopguard, "pypi:sg-fresh==1.0")
    assert "through already; to change that: slopguard allow remove pypi:sg-fresh\n" in same.out


def test_the_first_time_the_account_gets_its_key(slopguard: Program, index: PyPI) -> None:
    ended = allow(slopguard, "pypi:sg-fresh", script=FIRST)
    assert ended.rc == 0, ended
    assert "no agent has it" in ended.out
    assert PASSPHRASE not in ended.out
    assert slopguard("ask", "pypi:sg-fresh").rc == 0
    pem = user_folder(slopguard) / "keys" / "approval.pem"
    assert pem.stat().st_mode & 0o777 == 0o600
    assert b"OPENSSH PRIVATE KEY" in pem.read_bytes()
    assert ("made", "approves", "keys") in acts(slopguard)
    again = allow(slopguard, "pypi:sg-fresh==2.0")
    assert "it was let through already" in again.out


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ((("characters): ", "too short"),), "the passphrase is too short"),
        ((("characters): ", "aaaaaaaaaaaaaaa"),), "the passphrase is too short"),
        ((("characters): ", PASSPHRASE), ("again: ", WRONG)), "the two passphrases differ"),
        ((("characters): ", ""),), "that is no passphrase"),
    ],
)
def test_a_poor_first_passphrase_makes_no_key(
    slopguard: Program, index: PyPI, typed: tuple[tuple[str, str], ...], says: str
) -> None:
    ended = allow(slopguard, "pypi:sg-fresh", script=typed)
    assert (ended.rc, says in ended.out) == (2, True), ended
    assert written(slopguard) == []


def test_a_wrong_passphrase_three_times_lets_nothing_through(slopguard: Program, index: PyPI, key: None) -> None:
    ended = allow(slopguard, "pypi:sg-fresh", script=((ASKED, WRONG), (ASKED, "yes"), (ASKED, "")))
    assert ended.rc == 2
    assert written(slopguard) == KEY
    wrong = allow(slopguard, "pypi:sg-fresh", script=((ASKED, WRONG),) * 3)
    assert (wrong.rc, "the passphrase is wrong. Nothing was signed." in wrong.out) == (2, True)
    assert written(slopguard) == KEY
    assert slopguard("ask", "pypi:sg-fresh").rc == 3


def test_the_second_try_may_be_right(slopguard: Program, index: PyPI, key: None) -> None:
    ended = allow(slopguard, "pypi:sg-fresh", script=((ASKED, WRONG), (ASKED, PASSPHRASE)))
    assert ended.rc == 0, ended


def test_nothing_that_is_piped_flagged_or_set_is_a_passphrase(slopguard: Program, index: PyPI, key: None) -> None:
    piped = slopguard("allow", "pypi:sg-fresh", "--why", "x", stdin=f"{PASSPHRASE}\n")
    assert (piped.rc, "only a person can let a package through" in piped.err) == (2, True)
    flagged = at_a_terminal(slopguard, "allow", "pypi:sg-fresh", "--why", "x", "--passphrase", PASSPHRASE)
    assert flagged.rc == 2
    ended = allow(slopguard, "pypi:sg-fresh", script=((ASKED, "\x03"),), SLOPGUARD_PASSPHRASE=PASSPHRASE)
    assert ended.rc == 130
    assert written(slopguard) == KEY


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("pypi:sg-nowhere", "not-found"),
        ("pypi:sg-fresh==9", "not-found"),
        ("pypi:json", "stdlib-name"),
        ("pypi:sg\u200bfresh", "bad-name"),
        ("pypi:acme-tool", "internal-name"),
    ],
)
def test_what_no_release_lifts_is_refused_and_nothing_is_written(
    slopguard: Program, index: PyPI, key: None, name: str, rule: str
) -> None:
    slopguard.write("home/.config/slopguard/slopguard.toml", '[internal]\npypi = ["acme-*"]\n')
    ended = allow(slopguard, name)
    assert ended.rc == 1, ended
    assert rule in ended.out
    assert f"nobody can let it through here: no release lifts rule '{rule}'; nothing was written." in ended.out
    assert released(slopguard) == []


@pytest.mark.parametrize("name", ["10cent10", "num2words==0.5.16"])
def test_what_is_known_to_be_malicious_is_never_let_through(
    slopguard: Program, index: PyPI, key: None, name: str
) -> None:
    for version in ("1.0", "0.5.16"):
        index.add(name.partition("==")[0], version, days_old=400)
    ended = allow(slopguard, f"pypi:{name}")
    assert (ended.rc, "no release lifts rule 'malicious'" in ended.out) == (1, True), ended
    assert released(slopguard) == []


def test_a_predicted_name_that_was_registered_is_let_through_by_version_only(
    slopguard: Program, index: PyPI, key: None
) -> None:
    index.add("corefoundation", "1.0", days_old=10)  # a row of the shipped watchlist
    ended = allow(slopguard, "pypi:corefoundation")
    assert "predicted-registered" in ended.out
    assert (ended.rc, "is only lifted for one version, bound to its files" in ended.out) == (1, True), ended
    assert released(slopguard) == []
    assert allow(slopguard, "pypi:corefoundation==1.0").rc == 0
    assert slopguard("ask", "pypi:corefoundation==1.0").rc == 0


def test_what_could_not_be_checked_is_not_let_through(slopguard: Program, key: None) -> None:
    slopguard.write("home/.config/pip/pip.conf", "[global]\nindex-url = http://127.0.0.1:9/simple/\n")
    ended = allow(slopguard, "pypi:sg-fresh")
    assert (ended.rc, "could not be checked. Try again once that is put right" in ended.out) == (4, True), ended
    assert written(slopguard) == KEY


def test_what_is_allowed_already_needs_no_release(slopguard: Program, index: PyPI, key: None) -> None:
    index.add_established("sg-alpha")
    ended = allow(slopguard, "pypi:sg-alpha")
    assert (ended.rc, "it is allowed already; nothing was written." in ended.out) == (0, True), ended
    assert written(slopguard) == KEY


def test_offline_a_version_needs_its_digests_named(slopguard: Program, index: PyPI, key: None) -> None:
    ended = allow(slopguard, "pypi:sg-fresh==1.0", SLOPGUARD_OFFLINE="1")
    assert (ended.rc, "no index was asked, so the version cannot be bound" in ended.out) == (2, True), ended
    assert written(slopguard) == KEY


def test_a_version_without_strong_digests_cannot_be_bound(slopguard: Program, index: PyPI, key: None) -> None:
    index.add("sg-bare", "1.0", hashed=False, days_old=10)
    ended = allow(slopguard, "pypi:sg-bare==1.0")
    assert (ended.rc, "lists no sha256, sha384 or sha512" in ended.out) == (2, True), ended
    assert written(slopguard) == KEY


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["pypi:sg-fresh"], "--why must say"),
        (["pypi:sg-fresh", "--why", "  "], "--why must say"),
        (["pypi:sg-fresh", "--why", "x\x1b[2J"], "--why must say"),
        (["pypi:sg-fresh", "--why", "x" * 301], "--why must say"),
        (["pypi:sg-fresh", "--why", "x", "--for", "91d"], "90d at most"),
        (["pypi:sg-fresh", "--why", "x", "--for", "2161h"], "90d at most"),
        (["pypi:sg-fresh", "--why", "x", "--for", "0d"], "90d at most"),
        (["pypi:sg-fresh", "--why", "x", "--for", "1\u0663d"], "90d at most"),
        (["pypi:sg-fresh", "--why", "x", "--for", "always"], "90d at most"),
        (["pypi:sg-fresh", "--why", "x", "--hash", "sha256:" + "a" * 64], "--hash goes with one version"),
        (["pypi:sg-fresh==1.0", "--why", "x", "--hash", "md5:" + "a" * 32], "--hash takes"),
        (["pypi:sg-fresh==1.0", "--why", "x", "--hash", "sha256:ab"], "--hash takes"),
        (["npm:sg-fresh@^1.0.0", "--why", "x"], "not a range or a tag"),
        (["npm:sg-fresh@latest", "--why", "x"], "not a range or a tag"),
        (["pypi:sg-fresh==\uff11.0", "--why", "x"], "not a range or a tag"),
        (["sg-fresh", "--why", "x"], "does not say which ecosystem is meant"),
        (["pypi:sg-fresh", "--why", "x", "--key", "nobody"], "there is no approval key 'nobody'"),
    ],
)
def test_a_command_line_that_makes_no_sense_writes_nothing(
    slopguard: Program, index: PyPI, key: None, argv: list[str], says: str
) -> None:
    for name in ("pyproject.toml", "package.json"):
        slopguard.write(f"project/{name}", "")
    ended = at_a_terminal(slopguard, "allow", *argv)
    assert (ended.rc, says in ended.out) == (2, True), ended
    assert written(slopguard) == KEY


def test_what_a_version_requires_from_elsewhere_is_shown_before_it_is_let_through(
    slopguard: Program, npm: Npm, key: None
) -> None:
    slopguard.write("home/.npmrc", f"registry={npm.url}\n")
    npm.add("sg-left", "1.0.0", days_old=10).add("sg-left", "2.0.0", requires={"a": "git+https://h.example/a"})
    line = "requires something from a URL, a repository or a path; nobody judges that"
    assert [line in allow(slopguard, f"npm:sg-left@{version}").out for version in ("1.0.0", "2.0.0")] == [False, True]
