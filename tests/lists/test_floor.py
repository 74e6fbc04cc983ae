"""The floor is only ever raised, and a floor that cannot be read is never an empty one."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import ListInvalid, StoreError
from slopguard.lists import files, floor
from slopguard.lists.floor import Floor

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEYS = {"timestamp": "a", "snapshot": "a"}
SEEN = floor.NONE.raised({"root": 2, "timestamp": 40, "snapshot": 30, "targets": 5, "payments": 7}, KEYS, NOON)


def kept(path: Path, content: Floor) -> Path:
    files.replace(path, floor.packed(content))
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert floor.read(kept(tmp_path / "x.floor", SEEN)) == SEEN
    assert floor.read(kept(tmp_path / "y.floor", floor.NONE)) == floor.NONE


def test_where_there_is_none_nothing_was_seen(tmp_path: Path) -> None:
    assert floor.read(tmp_path / "none") == floor.NONE


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "7", '"x"', "[" * 100_000, '{"sha256": "x"}'])
def test_a_floor_that_is_something_else_is_an_error_that_says_how_to_get_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.floor"
    path.write_text(text)
    with pytest.raises(ListInvalid, match="damaged") as caught:
        floor.read(path)
    assert "slopguard lists sync --reset-floor" in caught.value.diagnosis()


def test_a_floor_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ListInvalid, match="cannot be read"):
        floor.read(tmp_path)


def test_a_changed_version_is_found(tmp_path: Path) -> None:
    path = kept(tmp_path / "x.floor", SEEN)
    path.write_text(path.read_text().replace('"timestamp": 40', '"timestamp": 39'))
    with pytest.raises(ListInvalid, match="damaged"):
        floor.read(path)


@pytest.mark.parametrize(
    "change",
    [{"versions": {"root": True}}, {"signed": "2026-11-25T12:00:00"}, {"format": "slopguard-floor/2"}, {"x": 1}],
)
def test_a_floor_of_another_kind_is_refused_even_with_a_checksum(tmp_path: Path, change: dict[str, object]) -> None:
    path = kept(tmp_path / "x.floor", SEEN)
    body = json.loads(path.read_text()) | change
    del body["sha256"]
    path.write_text(json.dumps({**body, "sha256": floor._sum(body)}))
    with pytest.raises(ListInvalid, match="damaged"):
        floor.read(path)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_gives_another_floor(at: int, change: int) -> None:
    content = bytearray(floor.packed(SEEN))
    content[at % len(content)] ^= change
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.floor")
        path.write_bytes(content)
        with suppress(ListInvalid):
            assert floor.read(path) == SEEN


def test_older_versions_lower_nothing_and_other_roles_stay() -> None:
    again = SEEN.raised({"root": 2, "timestamp": 39, "snapshot": 31, "watch": 1}, KEYS, NOON - timedelta(days=1))
    assert again.versions == {"root": 2, "timestamp": 40, "snapshot": 31, "targets": 5, "payments": 7, "watch": 1}
    assert again.signed == NOON


def test_a_later_root_with_other_keys_for_ci_starts_their_versions_anew() -> None:
    """TUF 5.3.11: a thief of CI's key cannot lift its versions out of reach for good."""
    other = {"timestamp": "b", "snapshot": "b"}
    assert SEEN.least("timestamp", 3, other) == 0
    assert SEEN.least("targets", 3, other) == 5
    assert SEEN.latest(3, other) is None
    again = SEEN.raised({"root": 3, "timestamp": 1, "snapshot": 1, "targets": 6}, other, NOON - timedelta(days=9))
    assert (again.versions["timestamp"], again.versions["root"], again.signed) == (1, 3, NOON - timedelta(days=9))
    assert again.least("timestamp", 3, other) == 1


def test_the_old_keys_do_not_count_again_and_the_same_root_has_no_other_keys() -> None:
    assert SEEN.least("timestamp", 2, {"timestamp": "b"}) == 40
    assert SEEN.least("timestamp", 3, KEYS) == 40
    assert SEEN.least("root", 3, {}) == 2
    assert SEEN.latest(3, KEYS) == NOON


def _raise_once(path: Path, role: str, version: int) -> None:
    with floor.locked(path):
        seen = floor.read(path)
        files.replace(path, floor.packed(seen.raised({"root": 1, role: version}, KEYS, NOON)))


def test_two_writers_lose_nothing_of_what_either_saw(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "x.floor"
    work = [
        multiprocessing.get_context("spawn").Process(target=_raise_once, args=(path, f"team-{number % 4}", number + 1))
        for number in range(8)
    ]
    for each in work:
        each.start()
    for each in work:
        each.join()
        assert each.exitcode == 0
    assert floor.read(path).versions == {"root": 1, "team-0": 5, "team-1": 6, "team-2": 7, "team-3": 8}


def test_a_writer_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floor, "PATIENCE", 0.05)
    path = tmp_path / "x.floor"
    with floor.locked(path), pytest.raises(StoreError, match="cannot be locked"), floor.locked(path):
        pass


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be locked"), floor.locked(tmp_path / "file" / "x.floor"):
        pass
