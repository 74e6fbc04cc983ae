"""Staging and signing: what must be signed, by whom, and what is never signed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata

from slopguard.curation import ceremony
from slopguard.curation.book import Book, alone, put
from slopguard.errors import InputError, ListInvalid, SigningError, StoreError, UsageError
from tests.curation.repository import Repository

TODAY = datetime.now(UTC).date()


@pytest.fixture
def lists(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "lists")


@pytest.fixture
def started(lists: Repository) -> Repository:
    lists.start()
    return lists


def staged(lists: Repository, role: str) -> Any:
    return json.loads((lists.layout.staged / f"{role}.json").read_text())


def waiting(lists: Repository) -> dict[str, ceremony.Waiting]:
    return {each.role: each for each in ceremony.waiting(Book(lists.layout))}


def test_the_first_time_every_role_is_staged(lists: Repository) -> None:
    assert lists.stage() == dict.fromkeys(("root", "targets", "payments", "web", "watch"), "first")
    assert [each.role for each in ceremony.waiting(Book(lists.layout))] == [
        "root",
        "targets",
        "payments",
        "watch",
        "web",
    ]
    assert str(waiting(lists)["root"]) == (
        f"root 1, until {TODAY + timedelta(days=365)}: 0 of 2 signatures, missing ana or ben or cem"
    )


def test_the_metadata_is_what_a_machine_asks_for(lists: Repository) -> None:
    lists.stage()
    root, targets = staged(lists, "root")["signed"], staged(lists, "targets")["signed"]
    assert root["spec_version"] == "1.0.31"
    assert root["consistent_snapshot"] is True
    assert root["roles"]["root"]["threshold"] == 2
    assert sorted(targets["targets"]) == ["common.tsv", "lists.json"]
    assert [(each["name"], each["paths"], each["terminating"]) for each in targets["delegations"]["roles"]] == [
        ("payments", ["payments.tsv"], True),
        ("web", ["web.tsv"], True),
        ("watch", ["watch.tsv"], True),
    ]
    assert set(staged(lists, "watch")["signed"]["targets"]) == {"watch.tsv"}
    assert targets["expires"] == f"{TODAY + timedelta(days=90)}T23:59:59Z"


def test_the_same_sources_give_the_same_bytes_on_any_day(lists: Repository, tmp_path: Path) -> None:
    lists.stage()
    other = Repository(tmp_path / "other")
    other.write("common/pypi.toml", '[deny.pypi.evil]\nrule = "malicious"\n')
    other.write("common/more/web.toml", '[allow.pypi.flask]\nreason = "web"\nversions = [">=3,<4"]\n')
    other.stage(TODAY + timedelta(days=40))
    for name in ("common.tsv", "payments.tsv", "watch.tsv", "web.tsv", "lists.json"):
        assert (lists.layout.bundles / name).read_bytes() == (other.layout.bundles / name).read_bytes()


def test_nothing_is_staged_when_nothing_changed(started: Repository) -> None:
    assert started.stage() == {}
    assert waiting(started) == {}


def test_only_what_changed_is_staged(started: Repository) -> None:
    started.edit("teams/payments/pypi.toml", '"1.0"', '["1.0", "1.1"]')
    assert started.stage() == {"payments": "content"}
    assert waiting(started)["payments"].version == 2
    started.edit("lists.toml", '"acme-pay-*"', '"acme-pay-*", "acme-money-*"')
    assert started.stage() == {"targets": "content"}


def test_a_change_taken_back_leaves_nothing_to_sign(started: Repository) -> None:
    started.edit("common/pypi.toml", "<4", "<5")
    started.stage()
    started.sign("ana")
    started.edit("common/pypi.toml", "<5", "<4")
    assert ceremony.stage(started.layout, TODAY) == (ceremony.Change("targets", 0, "undone", ("ana",)),)
    assert waiting(started) == {}


def test_a_second_change_loses_the_signatures_and_says_so(started: Repository) -> None:
    started.edit("common/pypi.toml", "<4", "<5")
    started.stage()
    started.sign("ana")
    started.edit("common/pypi.toml", "<5", "<6")
    assert ceremony.stage(started.layout, TODAY) == (ceremony.Change("targets", 2, "content", ("ana",)),)
    assert waiting(started)["targets"].quorums[0].signed == ()


def test_building_again_keeps_the_signatures(lists: Repository) -> None:
    lists.stage()
    lists.sign("ana")
    before = (lists.layout.staged / "root.json").read_bytes()
    assert lists.stage() == {}
    assert (lists.layout.staged / "root.json").read_bytes() == before


def test_what_ends_soon_is_staged_again_when_asked(started: Repository) -> None:
    soon = TODAY + timedelta(days=20)
    assert started.stage(soon) == {}
    assert started.stage(soon, renew=14) == {"payments": "expiry", "web": "expiry", "watch": "expiry"}
    assert started.stage(soon, renew=14) == {}, "once is enough"


def test_what_has_ended_is_staged_unasked(started: Repository) -> None:
    assert set(started.stage(TODAY + timedelta(days=30))) == {"payments", "web", "watch"}


def test_renewal_never_asks_for_more_than_half_of_what_a_signature_lasts(started: Repository) -> None:
    assert started.stage(TODAY + timedelta(days=10), renew=300) == {}
    assert "payments" in started.stage(TODAY + timedelta(days=16), renew=300)


def test_a_signature_counts_once_and_signing_again_changes_nothing(lists: Repository) -> None:
    lists.stage()
    done, waits = ceremony.sign(lists.layout, lists.keys["ana"])
    assert done == ("root", "targets")
    assert [each.complete for each in waits] == [False] * 5
    before = (lists.layout.staged / "root.json").read_bytes()
    assert ceremony.sign(lists.layout, lists.keys["ana"])[0] == ()
    assert (lists.layout.staged / "root.json").read_bytes() == before


def test_two_of_three_complete_it(lists: Repository) -> None:
    lists.stage()
    lists.sign("cem", "ana")
    assert waiting(lists)["root"].quorums == (ceremony.Quorum(2, ("ana", "cem"), ("ben",)),)
    assert waiting(lists)["root"].complete
    assert str(waiting(lists)["root"]).endswith("2 of 2 signatures")


def test_a_team_signs_its_own_list_and_no_other(lists: Repository) -> None:
    lists.stage()
    assert ceremony.sign(lists.layout, lists.keys["dee"])[0] == ("payments",)
    assert not waiting(lists)["web"].complete


@pytest.mark.parametrize("name", ["fay", "eve"])
def test_a_key_that_may_sign_nothing_that_waits_is_refused(started: Repository, name: str) -> None:
    started.edit("teams/payments/pypi.toml", '"1.0"', '"2.0"')
    started.stage()
    with pytest.raises(SigningError, match=r"may sign nothing that is staged \(payments\)"):
        started.sign(name)


def test_a_signature_of_a_key_that_may_not_is_not_even_kept(lists: Repository) -> None:
    lists.stage()
    part: Metadata[Any] = Metadata.from_file(str(lists.layout.staged / "root.json"))
    part.sign(lists.keys["fay"], append=True)
    put(lists.layout.staged / "root.json", part.to_bytes())
    assert waiting(lists)["root"].quorums[0].signed == ()
    lists.sign("ana")
    assert [each["keyid"] for each in staged(lists, "root")["signatures"]] == [lists.keys["ana"].public_key.keyid]


def test_a_broken_signature_does_not_count(lists: Repository) -> None:
    lists.stage()
    lists.sign("ana", "ben")
    text = (lists.layout.staged / "root.json").read_text()
    signature = staged(lists, "root")["signatures"][0]["sig"]
    lists.write("staged/root.json", text.replace(signature, "0" * len(signature)))
    assert not waiting(lists)["root"].complete


def test_nothing_staged_nothing_to_sign(started: Repository) -> None:
    with pytest.raises(UsageError, match="nothing waits for a signature"):
        started.sign("ana")


def test_nobody_signs_what_the_sources_do_not_give(lists: Repository) -> None:
    lists.stage()
    lists.edit("common/pypi.toml", "<4", "<5")
    with pytest.raises(UsageError, match=r"staged/targets\.json is not what the sources give"):
        lists.sign("ana")


def test_what_was_shown_is_what_is_signed(lists: Repository) -> None:
    lists.stage()
    shown = ceremony.payloads(Book(lists.layout))
    lists.edit("common/pypi.toml", "<4", "<5")
    lists.stage()
    with pytest.raises(UsageError, match="what is staged changed while you read"):
        ceremony.sign(lists.layout, lists.keys["ana"], shown=shown)
    fresh = ceremony.payloads(Book(lists.layout))
    assert ceremony.sign(lists.layout, lists.keys["ana"], shown=fresh)[0] == ("root", "targets")
    assert ceremony.sign(lists.layout, lists.keys["ben"], shown=fresh)[0] == ("root", "targets"), (
        "ana's changes nothing"
    )


def tampered(lists: Repository, role: str, **changes: object) -> None:
    content = staged(lists, role)
    content["signed"] |= changes
    lists.write(f"staged/{role}.json", json.dumps(content))


def test_nobody_signs_a_version_that_leaves_some_out(lists: Repository) -> None:
    lists.stage()
    tampered(lists, "targets", version=9)
    with pytest.raises(UsageError, match="is not what the sources give"):
        lists.sign("ana")


def test_nobody_signs_for_longer_than_agreed(lists: Repository) -> None:
    lists.stage()
    tampered(lists, "targets", expires=f"{TODAY + timedelta(days=4000)}T00:00:00Z")
    with pytest.raises(UsageError, match=r"staged/targets\.json would last longer than lists\.toml says"):
        lists.sign("ana")


def test_a_staged_role_that_nobody_asked_for_is_removed(lists: Repository) -> None:
    lists.stage()
    lists.write("staged/ghost.json", (lists.layout.staged / "web.json").read_text())
    with pytest.raises(UsageError, match=r"staged/ghost\.json is not"):
        lists.sign("ana")
    lists.stage()
    assert not (lists.layout.staged / "ghost.json").exists()


def test_what_nobody_delegates_to_is_never_complete(lists: Repository) -> None:
    lists.stage()
    lists.sign("ana", "ben", "dee", "eve")
    lists.write("staged/ghost.json", (lists.layout.staged / "web.json").read_text())
    assert not waiting(lists)["ghost"].complete
    with pytest.raises(SigningError, match=r"ghost 1, until .*: nobody may sign it"):
        lists.publish()
    assert set(lists.publish(ready=True).roles) == {"root", "targets", "payments", "watch", "web"}


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"signed": {"_type": "root"}, "signatures": []}'])
def test_a_staged_file_that_cannot_be_read_is_named(lists: Repository, content: str) -> None:
    lists.stage()
    lists.write("staged/root.json", content)
    with pytest.raises(ListInvalid, match=r"staged/root\.json cannot be read as signed metadata"):
        lists.stage()


def test_a_file_of_another_kind_is_named(lists: Repository) -> None:
    lists.stage()
    lists.write("staged/root.json", (lists.layout.staged / "web.json").read_text())
    with pytest.raises(ListInvalid, match=r"staged/root\.json is not what its name says"):
        lists.stage()


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("watch/x.toml", "[allow.pypi.x]\n", "watch: pypi:x is a 'allow' entry, which this list may not hold"),
        ("common/x.toml", '[watch.pypi.x]\norigin = "imported"\nsource = "s"\n', "common: pypi:x is a 'watch' entry"),
        ("common/x.toml", "[allow.pypi.acme-pay-x]\n", "common: pypi:acme-pay-x is an internal name of payments"),
        ("teams/web/x.toml", '[deny.npm."@acme-pay/x"]\n', "web: npm:@acme-pay/x is an internal name of payments"),
        ("watch/x.toml", '[deny.npm."@acme-pay/x"]\n', "watch: npm:@acme-pay/x is an internal name of payments"),
    ],
)
def test_entries_stand_only_where_they_may(lists: Repository, path: str, text: str, problem: str) -> None:
    lists.write(path, text)
    with pytest.raises(InputError) as refused:
        lists.stage()
    assert problem in str(refused.value)
    assert not lists.layout.staged.exists()


def test_a_public_name_may_stand_in_every_list(lists: Repository) -> None:
    lists.write("teams/web/x.toml", "[allow.pypi.flask]\n")
    lists.write("teams/payments/x.toml", "[deny.pypi.flask]\n")
    assert "web" in lists.stage()


def test_one_command_at_a_time(lists: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    import filelock

    real = filelock.FileLock
    monkeypatch.setattr(filelock, "FileLock", lambda path, timeout: real(path, timeout=0))
    with (
        alone(lists.layout),
        pytest.raises(UsageError, match="another slopguard works on this repository"),
    ):
        lists.stage()


def test_a_folder_that_cannot_be_written_is_named(lists: Repository) -> None:
    lists.write("staged", "a file in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        put(lists.layout.staged / "root.json", b"x")


def test_dates_are_days_of_utc(lists: Repository) -> None:
    lists.stage(date(2026, 2, 28))
    assert staged(lists, "watch")["signed"]["expires"] == "2026-03-30T23:59:59Z"
