"""Publishing again: what waits, what the folder holds already, what has ended, and what was tampered with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tuf.api.exceptions import RepositoryError

from slopguard.curation import ceremony
from slopguard.curation.book import Book
from slopguard.errors import ListExpired, ListInvalid, SigningError
from tests.curation.repository import Reader, Repository

NOW = datetime.now(UTC)


@pytest.fixture
def lists(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "lists")


@pytest.fixture
def started(lists: Repository) -> Repository:
    lists.start()
    return lists


def served(lists: Repository, name: str) -> Any:
    return json.loads((lists.out / "metadata" / name).read_text())["signed"]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_ready_publishes_what_is_signed_and_leaves_the_rest(started: Repository) -> None:
    started.edit("common/pypi.toml", "<4", "<5")
    started.edit("teams/payments/pypi.toml", '"1.0"', '"1.1"')
    started.stage()
    started.sign("ana", "dee")
    with pytest.raises(SigningError, match=r"targets 2, .*: 1 of 2 signatures, missing ben or cem"):
        started.publish()
    done = started.publish(ready=True)
    assert done.roles == {"payments": 2}
    assert [each.role for each in done.waiting] == ["targets"]
    found = Reader(started.out).targets()
    assert b"1.1" in found["payments.tsv"]
    assert b"<5" not in found["common.tsv"]
    started.sign("ben")
    assert started.publish(ready=True).roles == {"targets": 2}


def test_ready_leaves_out_what_does_not_fit_without_the_rest(started: Repository) -> None:
    """A team's new key counts only with the targets that name it."""
    started.give("fay")
    started.edit("lists.toml", '[teams.payments]\nkeys = ["dee"]', '[teams.payments]\nkeys = ["fay"]')
    started.edit("teams/web/npm.toml", "ui", "buttons")
    started.stage()
    started.sign("fay", "eve", "ana")
    done = started.publish(ready=True)
    assert done.roles == {"web": 2}
    assert {each.role for each in done.waiting} == {"targets", "payments"}
    assert Reader(started.out).targets()


def test_ready_is_nothing_before_the_first_root_is_signed(lists: Repository) -> None:
    lists.stage()
    with pytest.raises(SigningError, match="root was never signed"):
        lists.publish(ready=True)


def test_an_empty_folder_is_filled_again_from_the_repository(started: Repository, tmp_path: Path) -> None:
    started.edit("common/pypi.toml", "<4", "<5")
    started.stage()
    started.sign("ana")
    started.out = tmp_path / "fresh"
    started.publish(ready=True)
    assert b"<4" in Reader(started.out).targets()["common.tsv"], "the list that is in force, not the one that waits"


def test_versions_never_fall_below_what_the_folder_holds(started: Repository, tmp_path: Path) -> None:
    """A CI that does not commit what it published starts from the same repository every day."""
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(started.layout.root, copy)
    reader = Reader(started.out)
    for day in (1, 2):
        started.publish(NOW + timedelta(days=day))
        reader.targets()
        shutil.rmtree(started.layout.root)
        shutil.copytree(copy, started.layout.root)
    assert started.publish(NOW + timedelta(days=3)).timestamp == 4
    reader.targets()


def test_a_folder_that_is_ahead_or_another_s_is_left_alone(started: Repository, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(started.layout.root, copy)
    started.edit("common/pypi.toml", "<4", "<5")
    started.stage()
    started.sign("ana", "ben")
    started.publish()
    shutil.rmtree(started.layout.root)
    shutil.copytree(copy, started.layout.root)
    with pytest.raises(ListInvalid, match="the folder holds another or newer version of targets"):
        started.publish()
    other = Repository(tmp_path / "other")
    other.out = started.out
    other.stage()
    other.sign("ana", "ben", "dee", "eve")
    with pytest.raises(ListInvalid, match="the folder holds another or newer version of root"):
        other.publish()


def test_a_timestamp_that_nobody_signed_is_no_measure(started: Repository) -> None:
    place = started.out / "metadata/timestamp.json"
    content = json.loads(place.read_text())
    content["signed"]["version"] = 999
    place.write_text(json.dumps(content))
    assert started.publish().timestamp == 2


def test_a_clock_that_was_set_back_publishes_nothing(started: Repository) -> None:
    with pytest.raises(ListExpired, match="clock is before the moment the last timestamp was signed"):
        started.publish(NOW - timedelta(days=1))


def test_what_ends_soon_is_said_and_what_has_ended_is_refused(started: Repository) -> None:
    assert started.publish().notes == ()
    notes = started.publish(NOW + timedelta(days=22)).notes
    assert any(note.startswith("the signature of payments ends on") for note in notes)
    notes = started.publish(NOW + timedelta(days=40)).notes
    assert any(note.startswith("the signature of payments ended on") for note in notes)
    with pytest.raises(ListExpired, match="the signature of targets ended on"):
        started.publish(NOW + timedelta(days=91))


def test_a_bundle_that_is_not_what_was_signed_is_never_served(lists: Repository) -> None:
    lists.stage()
    lists.sign("ana", "ben", "dee", "eve")
    (lists.layout.bundles / "common.tsv").write_bytes(b"#slopguard-rows/1\npypi\tevil\tallow\n")
    with pytest.raises(ListInvalid, match=r"bundles/common\.tsv is not what was signed"):
        lists.publish()
    assert not lists.out.exists()


def test_a_reader_notices_a_changed_byte(started: Repository) -> None:
    for path in (started.out / "targets").glob("*.common.tsv"):
        path.write_bytes(path.read_bytes().replace(b"evil", b"good"))
    with pytest.raises(RepositoryError):
        Reader(started.out).targets()


def test_everybody_may_read_what_is_published(started: Repository) -> None:
    assert {path.stat().st_mode & 0o444 for path in started.out.rglob("*") if path.is_file()} == {0o444}


def test_nothing_waits_after_it_was_published(started: Repository) -> None:
    assert ceremony.waiting(Book(started.layout)) == ()
    assert list(started.layout.staged.iterdir()) == []


def test_a_file_that_cannot_be_read_is_named(started: Repository) -> None:
    (started.layout.bundles / "common.tsv").unlink()
    (started.layout.bundles / "common.tsv").mkdir()
    with pytest.raises(ListInvalid, match=r"common\.tsv: cannot be read"):
        started.publish()
