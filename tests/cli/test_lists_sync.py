"""`lists sync`, `lists status` and `lists trust` as people and programs see them."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from slopguard.cli import lists_trust
from slopguard.config import ListSource
from slopguard.errors import ConfigError
from slopguard.lists import pack
from tests.cli.program import Ended, Program
from tests.simulators.lists_repository import ListsRepository, ListsServer, key
from tests.simulators.person import typed


@pytest.fixture
def acme() -> ListsRepository:
    return ListsRepository()


@pytest.fixture
def server(acme: ListsRepository) -> Iterator[ListsServer]:
    with acme.served() as running:
        yield running


def settings_of(slopguard: Program, publisher: ListsRepository, url: str, *teams: str) -> Path:
    text = f'[lists]\nsources = [{{url = "{url}", root = "sha256:{publisher.pin}"}}]\nteams = {list(teams)}\n'
    return slopguard.write("home/.config/slopguard/slopguard.toml", text)


@pytest.fixture
def configured(slopguard: Program, acme: ListsRepository, server: ListsServer) -> Program:
    settings_of(slopguard, acme, server.url, "payments")
    return slopguard


def at_a_terminal(slopguard: Program, *argv: str, answer: str = "yes", **env: str) -> Ended:
    command = [sys.executable, "-m", "slopguard", *argv]
    code, shown = typed(command, slopguard.env | env, slopguard.cwd, answer=answer)
    return Ended(code, shown, "")


def saved(slopguard: Program) -> Any:
    return tomllib.loads((slopguard.root / "home/.config/slopguard/slopguard.toml").read_text())


# ------------------------------------------------------------------ sync


def test_sync_says_in_one_line_what_is_there_now(configured: Program, acme: ListsRepository) -> None:
    ended = configured("lists", "sync")
    assert (ended.rc, ended.err) == (0, "")
    until = acme.now + timedelta(days=7)
    assert ended.out.startswith(f"lists 'acme': good until {until:%Y-%m-%d}; ")
    assert "rows: common 3, payments 2, watch 2; versions: root 1 timestamp 1 snapshot 1 targets 1" in ended.out
    assert ended.out.count("\n") == 1


def test_for_programs_it_is_json(configured: Program, acme: ListsRepository) -> None:
    said = configured("lists", "sync", "--format", "json").json
    assert said["schema"] == "slopguard/lists-sync/1"
    assert said["let_in_before"] == []
    (only,) = said["lists"]
    assert (only["name"], only["root"], only["teams"]) == ("acme", f"sha256:{acme.pin}", ["payments"])
    assert [(each["name"], each["rows"]) for each in only["bundles"]] == [
        ("acme/common", 3),
        ("acme/payments", 2),
        ("acme/watch", 2),
    ]


def test_what_was_fetched_decides(configured: Program) -> None:
    configured("lists", "sync")
    assert configured("ask", "--offline", "pypi:payfast").rc == 0
    assert configured("ask", "--offline", "pypi:evil").rc == 1


def test_before_it_was_fetched_nothing_is_allowed_offline(configured: Program) -> None:
    ended = configured("ask", "--offline", "pypi:flask")
    assert ended.rc == 4
    assert "list-invalid" in ended.out


def test_without_sources_it_says_how_to_get_one(slopguard: Program) -> None:
    ended = slopguard("lists", "sync")
    assert ended.rc == 2
    assert "your settings name no lists. A person accepts a publisher with: slopguard lists trust URL." in ended.err


def test_a_publisher_that_is_down_is_one_line_and_code_4(configured: Program, server: ListsServer) -> None:
    server.content = {}
    ended = configured("lists", "sync")
    assert ended.rc == 4
    assert ended.err == f"slopguard: {server.url} gave no usable list. Retry once later.\n"


def test_one_publisher_that_is_down_hinders_no_other(
    slopguard: Program, acme: ListsRepository, server: ListsServer
) -> None:
    text = (
        f'[lists]\nsources = [{{url = "http://127.0.0.1:9/", root = "sha256:{"0" * 64}"}},'
        f' {{url = "{server.url}", root = "sha256:{acme.pin}"}}]\n'
    )
    slopguard.write("home/.config/slopguard/slopguard.toml", text)
    ended = slopguard("lists", "sync")
    assert ended.rc == 4
    assert ended.out.startswith("lists 'acme': ")
    assert ended.err.count("\n") == 1


def test_told_to_stay_offline_it_asks_nobody(configured: Program, server: ListsServer) -> None:
    ended = configured("lists", "sync", env={"SLOPGUARD_OFFLINE": "1"})
    assert ended.rc == 2
    assert "told to stay offline" in ended.err
    assert server.requests == []


def test_a_team_that_is_not_there_is_named(slopguard: Program, acme: ListsRepository, server: ListsServer) -> None:
    settings_of(slopguard, acme, server.url, "paymentz")
    ended = slopguard("lists", "sync")
    assert ended.rc == 4
    assert "no publisher of lists has a team 'paymentz'. Correct teams in your settings." in ended.err


def test_a_pack_or_a_folder_is_taken_instead(slopguard: Program, acme: ListsRepository, tmp_path: Path) -> None:
    settings_of(slopguard, acme, "https://lists.example/", "payments")
    pack.write(tmp_path / "usb.pack", acme.files())
    acme.write(tmp_path / "usb")
    for carried in ("usb.pack", "usb"):
        ended = slopguard("lists", "sync", "--from", str(tmp_path / carried), env={"SLOPGUARD_OFFLINE": "1"})
        assert (ended.rc, ended.err) == (0, "")
    assert slopguard("ask", "--offline", "pypi:payfast").rc == 0


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("nothing", 2, "there is no such file or folder"),
        ("theirs.pack", 4, "that holds none of the lists that your settings name"),
        ("odd.pack", 4, "holds something else"),
        ("empty", 4, "that holds none of the lists"),
    ],
)
def test_what_is_brought_must_be_what_the_settings_name(
    slopguard: Program, acme: ListsRepository, tmp_path: Path, name: str, code: int, says: str
) -> None:
    settings_of(slopguard, acme, "https://lists.example/")
    pack.write(tmp_path / "theirs.pack", ListsRepository().files())
    (tmp_path / "odd.pack").write_bytes(b"odd")
    (tmp_path / "empty").mkdir()
    ended = slopguard("lists", "sync", "--from", str(tmp_path / name))
    assert ended.rc == code
    assert says in ended.err


# ------------------------------------------------------------------ who has it


def test_a_package_that_is_newly_denied_and_was_let_in_is_named(configured: Program, acme: ListsRepository) -> None:
    configured("lists", "sync")
    assert configured("ask", "--offline", "pypi:payfast", "npm:lodash").rc == 0
    acme.rows["watch"] += ["pypi\tpayfast\tdeny\trule=malicious", "pypi\tnever-asked\tdeny\trule=malicious"]
    acme.rows["common"] += ["npm\tlodash\tdeny\trule=denied\tversions=9.9.9"]
    acme.publish()
    ended = configured("lists", "sync")
    assert ended.rc == 1
    day = configured("log", "--format", "json").json["entries"][0]["time"][:10]
    assert ended.err == (
        f"slopguard: NOTE pypi 'payfast' (malicious): let in here before, last {day}."
        " Next: slopguard log who pypi:payfast\n"
    )
    assert configured("log", "who", "pypi:payfast").rc == 0
    assert configured("lists", "sync").rc == 0


def test_that_is_so_for_programs_too_and_goes_by_version(configured: Program, acme: ListsRepository) -> None:
    configured("lists", "sync")
    assert configured("ask", "--offline", "npm:lodash@4.17.21", "pypi:flask==3.0").rc == 0
    acme.rows["watch"] += ["npm\tlodash\tdeny\trule=denied\trange=>=4.17.0 <4.18.0"]
    acme.rows["watch"] += ["pypi\tflask\tdeny\trule=malicious\tversions=2.0"]
    acme.publish()
    ended = configured("lists", "sync", "--format", "json")
    assert ended.rc == 1
    (only,) = ended.json["let_in_before"]
    assert (only["package"], only["rule"], only["times"]) == ("npm:lodash", "denied", 1)


def test_so_it_is_when_a_command_fetches_by_itself(configured: Program, acme: ListsRepository) -> None:
    configured("lists", "sync")
    assert configured("ask", "--offline", "pypi:payfast").rc == 0
    acme.rows["watch"] += ["pypi\tpayfast\tdeny\trule=malicious"]
    acme.publish()
    for note in (configured.root / "data/lists").glob("*.checked"):
        note.unlink()
    ended = configured("ask", "pypi:evil")
    assert ended.rc == 1
    assert "slopguard: NOTE pypi 'payfast' (malicious): let in here before, last " in ended.err


# ------------------------------------------------------------------ the floor


def test_the_floor_is_forgotten_only_by_a_person(configured: Program, acme: ListsRepository) -> None:
    old = dict(acme.published)
    acme.publish()
    configured("lists", "sync")
    for path in set(acme.published) - set(old):
        del acme.published[path]
    acme.published |= old
    refused = configured("lists", "sync")
    assert refused.rc == 4
    assert "older than what was seen before" in refused.err
    for env in ({}, {"CLAUDECODE": "1"}):
        ended = configured("lists", "sync", "--reset-floor", env=env)
        assert ended.rc == 2
        assert "only a person can forget which lists were seen before, at a terminal" in ended.err
    assert at_a_terminal(configured, "lists", "sync", "--reset-floor", CLAUDECODE="1").rc == 2
    assert at_a_terminal(configured, "lists", "sync", "--reset-floor", answer="no").rc == 2
    assert configured("lists", "sync").rc == 4
    ended = at_a_terminal(configured, "lists", "sync", "--reset-floor")
    assert ended.rc == 0, ended
    assert "timestamp 1" in ended.out
    rows = configured("log", "--format", "json").json["entries"]
    assert [(row["verdict"], row["door"]) for row in rows] == [("reset", "lists")]


# ------------------------------------------------------------------ status


def test_status_says_what_counts_and_until_when(
    configured: Program, acme: ListsRepository, server: ListsServer
) -> None:
    configured("lists", "sync")
    ended = configured("lists", "status")
    assert ended.rc == 0
    shipped, fetched, origin, signed = ended.out.splitlines()
    assert shipped.startswith("shipped lists: good until 20")
    assert fetched.startswith("lists 'acme': good until 20")
    assert origin == f"  from {server.url}"
    assert f"root sha256:{acme.pin}" in signed


def test_status_for_programs(configured: Program, acme: ListsRepository, server: ListsServer) -> None:
    configured("lists", "sync")
    said = configured("lists", "status", "--format", "json").json
    assert said["schema"] == "slopguard/lists-status/1"
    assert {each["name"] for each in said["shipped"]["bundles"]} >= {"baseline", "watch"}
    (only,) = said["sources"]
    assert (only["name"], only["urls"], only["stale"], only["notes"]) == ("acme", [server.url], [], [])
    assert only["checked"] is not None
    assert only["problem"] is None


def test_status_of_what_cannot_be_verified_is_code_4(configured: Program) -> None:
    ended = configured("lists", "status")
    assert ended.rc == 4
    assert "were not fetched yet. Fetch them: slopguard lists sync." in ended.out


def test_status_of_a_team_that_is_missing_is_code_4(
    slopguard: Program, acme: ListsRepository, server: ListsServer
) -> None:
    settings_of(slopguard, acme, server.url, "paymentz")
    slopguard("lists", "sync")
    ended = slopguard("lists", "status", "--format", "json")
    assert ended.rc == 4
    assert "paymentz" in ended.json["sources"][0]["problem"]


def test_status_without_sources_is_about_the_shipped_lists(slopguard: Program) -> None:
    ended = slopguard("lists", "status")
    assert ended.rc == 0
    assert ended.out.count("\n") == 1


# ------------------------------------------------------------------ trust


def test_a_person_sees_who_signs_and_accepts(slopguard: Program, acme: ListsRepository, server: ListsServer) -> None:
    ended = at_a_terminal(slopguard, "lists", "trust", server.url, "--team", "payments")
    assert ended.rc == 0, ended
    assert f"lists 'acme', published at {server.url}" in ended.out
    assert f"root    sha256:{acme.pin}" in ended.out
    assert "root: 2 of 3 must sign: (ed25519 " in ended.out
    assert "teams: payments; yours: payments" in ended.out
    assert saved(slopguard) == {
        "lists": {"sources": [{"url": server.url, "root": f"sha256:{acme.pin}"}], "teams": ["payments"]}
    }
    assert slopguard("ask", "--offline", "pypi:payfast").rc == 0
    rows = slopguard("log", "--format", "json").json["entries"]
    assert [(row["verdict"], row["rule"], row["door"]) for row in rows][:1] == [("accepted", "trust", "lists")]


@pytest.mark.parametrize("answer", ["", "no", "y"])
def test_any_answer_but_yes_accepts_nothing(slopguard: Program, server: ListsServer, answer: str) -> None:
    assert at_a_terminal(slopguard, "lists", "trust", server.url, answer=answer).rc == 2
    assert not (slopguard.root / "home/.config/slopguard/slopguard.toml").exists()


@pytest.mark.parametrize("marker", [{"CLAUDECODE": "1"}, {"SLOPGUARD_ACTOR": "agent"}, {"CI": "true"}])
def test_an_agent_and_ci_accept_nobody(slopguard: Program, server: ListsServer, marker: dict[str, str]) -> None:
    ended = at_a_terminal(slopguard, "lists", "trust", server.url, **marker)
    assert ended.rc == 2
    assert f"Ask the user to run: slopguard lists trust {server.url}." in ended.out
    assert server.requests == []


def test_the_digest_that_a_person_was_told_must_be_there(
    slopguard: Program, acme: ListsRepository, server: ListsServer
) -> None:
    wrong = at_a_terminal(slopguard, "lists", "trust", server.url, "--root", f"sha256:{'0' * 64}")
    assert wrong.rc == 4
    assert "no root with the digest" in wrong.out
    assert at_a_terminal(slopguard, "lists", "trust", server.url, "--root", acme.pin).rc == 2
    assert at_a_terminal(slopguard, "lists", "trust", server.url, "--root", f"sha256:{acme.pin}").rc == 0


def test_comments_and_other_sources_survive(slopguard: Program, acme: ListsRepository, server: ListsServer) -> None:
    other = f'{{url = "https://lists.example/", root = "sha256:{"0" * 64}"}}'
    text = f'# mine\nmode = "strict"  # on purpose\n\n[lists]\nsources = [\n  {other},  # theirs\n]\n'
    path = slopguard.write("home/.config/slopguard/slopguard.toml", text)
    assert at_a_terminal(slopguard, "lists", "trust", server.url).rc == 0
    kept = path.read_text()
    assert kept.startswith('# mine\nmode = "strict"  # on purpose\n')
    assert "# theirs" in kept
    assert [each["url"] for each in saved(slopguard)["lists"]["sources"]] == ["https://lists.example/", server.url]


def test_sources_written_as_tables_get_one_more(slopguard: Program, server: ListsServer) -> None:
    text = f'[[lists.sources]]\nurl = "https://lists.example/"\nroot = "sha256:{"0" * 64}"\n'
    slopguard.write("home/.config/slopguard/slopguard.toml", text)
    assert at_a_terminal(slopguard, "lists", "trust", server.url).rc == 0
    assert [each["url"] for each in saved(slopguard)["lists"]["sources"]] == ["https://lists.example/", server.url]


def test_another_root_replaces_the_one_before_and_both_are_shown(slopguard: Program) -> None:
    """Two of three keys lost: the publisher starts again with a new root, and everybody accepts it anew."""
    before, after = ListsRepository(), ListsRepository()
    with before.served() as server:
        assert at_a_terminal(slopguard, "lists", "trust", server.url, "--team", "payments").rc == 0
        server.content = after.published
        assert slopguard("lists", "sync").rc == 4
        ended = at_a_terminal(slopguard, "lists", "trust", server.url.rstrip("/"))
        assert ended.rc == 0, ended
        assert f"root    sha256:{after.pin}" in ended.out
        assert f"before  sha256:{before.pin}: it no longer counts" in ended.out
        assert saved(slopguard)["lists"]["sources"] == [{"url": server.url, "root": f"sha256:{after.pin}"}]
        assert slopguard("lists", "sync").rc == 0


def test_a_root_that_was_replaced_since_is_told(slopguard: Program, acme: ListsRepository, server: ListsServer) -> None:
    leaving, people = acme.signers["root"][:2], [acme.keys["root"][2], key(), key()]
    acme.keys |= {"root": people, "targets": people}
    acme.signers |= {"root": people, "targets": people}
    acme.publish_root(*leaving)
    acme.publish()
    ended = at_a_terminal(slopguard, "lists", "trust", server.url)
    assert "this is root 1; its people have replaced it since: in force is root 2" in ended.out


def test_a_team_that_the_publisher_does_not_have_is_refused_before_anybody_is_asked(
    slopguard: Program, server: ListsServer
) -> None:
    ended = at_a_terminal(slopguard, "lists", "trust", server.url, "--team", "nobody")
    assert ended.rc == 2
    assert "that publisher has no team 'nobody'. It has: payments." in ended.out
    assert "Type yes" not in ended.out


def test_a_list_that_cannot_be_verified_is_not_offered(
    slopguard: Program, acme: ListsRepository, server: ListsServer
) -> None:
    acme.signers["targets"] = acme.signers["targets"][:1]
    acme.publish()
    ended = at_a_terminal(slopguard, "lists", "trust", server.url)
    assert ended.rc == 4
    assert "not signed by enough of the right keys" in ended.out
    assert "Type yes" not in ended.out


@pytest.mark.parametrize(
    "url",
    [
        "lists.example",
        "ftp://lists.example/",
        "https://me:hidden@lists.example/",
        "https:///",
        "https://x/?a=b",
        "https://[",
    ],
)
def test_what_is_no_address_is_refused(slopguard: Program, url: str) -> None:
    ended = at_a_terminal(slopguard, "lists", "trust", url)
    assert ended.rc == 2
    assert "that is not the address of a publisher" in ended.out


@pytest.mark.parametrize("before", [None, b"# mine\n"])
def test_settings_that_do_not_load_afterwards_are_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    """The organisation's file may forbid further publishers."""

    def forbidden(*args: object) -> None:
        raise ConfigError("'lists.sources' would loosen")

    path = tmp_path / "slopguard.toml"
    if before is not None:
        path.write_bytes(before)
    monkeypatch.setattr(lists_trust, "load", forbidden)
    with pytest.raises(ConfigError, match="would loosen"):
        lists_trust._settle(path, ListSource("https://lists.example/", f"sha256:{'0' * 64}"), ())
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("text", [b"\xff", b"[", b'lists = "none"', b'[lists]\nsources = "none"'])
def test_settings_that_cannot_be_edited_are_left_alone(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "slopguard.toml"
    path.write_bytes(text)
    with pytest.raises(ConfigError, match="cannot be edited"):
        lists_trust._settle(path, ListSource("https://lists.example/", f"sha256:{'0' * 64}"), ("web",))
    assert path.read_bytes() == text


def test_settings_behind_a_link_are_edited_where_they_are(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.toml", tmp_path / "slopguard.toml"
    real.write_text("")
    link.symlink_to(real)
    lists_trust._settle(link, ListSource("https://lists.example/", f"sha256:{'0' * 64}"), ("web",))
    assert link.is_symlink()
    assert tomllib.loads(real.read_text())["lists"]["teams"] == ["web"]
