"""`lists sync` and `lists status` as people and programs see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from slopguard.lists import pack
from tests.cli.program import Program
from tests.cli.publisher import at_a_terminal, settings_of
from tests.simulators.lists_repository import ListsRepository, ListsServer


@pytest.fixture
def acme() -> ListsRepository:
    return ListsRepository()


@pytest.fixture
def server(acme: ListsRepository) -> Iterator[ListsServer]:
    with acme.served() as running:
        yield running


@pytest.fixture
def configured(slopguard: Program, acme: ListsRepository, server: ListsServer) -> Program:
    settings_of(slopguard, acme, server.url, "payments")
    return slopguard


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
    assert "your settings name no lists. A person accepts a publisher with: slopguard lists trust URL" in ended.err


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


def test_of_mirrors_one_is_enough_and_the_newest_counts(
    slopguard: Program, acme: ListsRepository, server: ListsServer, tmp_path: Path
) -> None:
    behind = acme.write(tmp_path / "behind")
    acme.publish()
    urls = (behind, server.url, behind, "http://127.0.0.1:9/")
    sources = ", ".join(f'{{url = "{url}", root = "sha256:{acme.pin}"}}' for url in urls)
    slopguard.write("home/.config/slopguard/slopguard.toml", f"[lists]\nsources = [{sources}]\n")
    ended = slopguard("lists", "sync")
    assert (ended.rc, ended.err, ended.out.count("\n")) == (0, "", 1)
    assert "timestamp 2" in ended.out


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
    assert "were not fetched yet. Fetch them: slopguard lists sync" in ended.out


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
