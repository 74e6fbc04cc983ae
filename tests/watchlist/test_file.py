"""The file: private, migrated, never one from the future, never a guess about a broken one, seen anew when replaced."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from slopguard.errors import ConfigError, StoreError
from slopguard.watchlist import reading
from slopguard.watchlist.layout import FILE, MIGRATIONS
from slopguard.watchlist.watchlist import Watchlist
from tests.watchlist.world import NOW, PYPI, batch, rows

ASKING: list[Callable[[Watchlist], object]] = [
    lambda watchlist: watchlist.get(PYPI, "a", NOW),
    lambda watchlist: watchlist.expect([(PYPI, "a")]),
    lambda watchlist: watchlist.ranked(),
    lambda watchlist: watchlist.batches(),
    lambda watchlist: list(watchlist.everything()),
    lambda watchlist: watchlist.add(batch(), rows("b")),
    lambda watchlist: watchlist.remove(PYPI, "a"),
]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def filled(home: Path) -> Path:
    with Watchlist(home) as watchlist:
        watchlist.add(batch(), rows("a", *(f"name-{n}" for n in range(2000))))
    return home / FILE


def test_everything_that_is_made_is_private(watchlist: Watchlist, home: Path) -> None:
    watchlist.add(batch(), rows("a"))
    assert watchlist.get(PYPI, "a", NOW) is not None
    assert mode(home) == 0o700
    made = {path.name: mode(path) for path in home.iterdir()}
    assert made == dict.fromkeys((FILE, f"{FILE}-wal", f"{FILE}-shm"), 0o600)


@pytest.mark.parametrize("asking", ASKING)
def test_a_file_of_a_newer_slopguard_is_refused_with_2(filled: Path, asking: Callable[[Watchlist], object]) -> None:
    connection = sqlite3.connect(filled)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with Watchlist(filled.parent) as watchlist, pytest.raises(ConfigError) as caught:
        asking(watchlist)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", [b"not a database" * 1000, b"SQLite format 3\0" + b"\xff" * 4096])
@pytest.mark.parametrize("asking", ASKING)
def test_a_broken_file_is_an_error_and_never_silence(
    home: Path, content: bytes, asking: Callable[[Watchlist], object]
) -> None:
    home.mkdir(mode=0o700)
    (home / FILE).write_bytes(content)
    with Watchlist(home) as watchlist, pytest.raises(StoreError, match="watchlist") as caught:
        asking(watchlist)
    assert caught.value.exit_code == 4
    assert FILE in caught.value.diagnosis()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE buckets SET refs = '|zzzz'",
        "UPDATE buckets SET refs = x'00ff'",
        "DELETE FROM chunks",
        "UPDATE chunks SET part = 99",
        "UPDATE chunks SET body = replace(body, char(10), char(9) || 'x' || char(10))",
        "UPDATE batches SET at = 'yesterday'",
        "UPDATE batches SET at = '2026-11-26T12:00:00'",
        "UPDATE batches SET detail = '[]'",
        "UPDATE parts SET ecosystem = 'cran'",
        "DROP TABLE parts",
        "UPDATE salt SET bytes = 'short'",
        "DELETE FROM salt",
    ],
)
def test_a_file_that_makes_no_sense_never_says_that_a_name_is_fine(filled: Path, damage: str) -> None:
    connection = sqlite3.connect(filled)
    connection.execute(damage)
    connection.commit()
    connection.close()
    with Watchlist(filled.parent) as watchlist:
        try:
            found = [watchlist.get(PYPI, name, NOW) for name in ("a", "name-7")]
        except StoreError:
            return
    assert damage.startswith("UPDATE buckets SET refs = '|zzzz'")  # then the hash of a name points nowhere
    assert found == [None, None]


def test_a_file_that_was_cut_off_is_an_error(filled: Path) -> None:
    with filled.open("r+b") as file:
        file.truncate(filled.stat().st_size // 2)
    with Watchlist(filled.parent) as watchlist, pytest.raises(StoreError):
        assert [watchlist.get(PYPI, f"name-{n}", NOW) for n in range(2000)]


def test_an_empty_file_watches_nothing_until_it_is_filled(watchlist: Watchlist, home: Path) -> None:
    home.mkdir(mode=0o700)
    (home / FILE).touch(mode=0o600)
    assert watchlist.get(PYPI, "a", NOW) is None
    watchlist.add(batch(), rows("a"))
    assert watchlist.get(PYPI, "a", NOW) is not None


def test_a_folder_that_others_may_write_to_is_refused(filled: Path) -> None:
    filled.parent.chmod(0o777)
    with Watchlist(filled.parent) as watchlist, pytest.raises(StoreError, match="others"):
        watchlist.get(PYPI, "a", NOW)


def test_a_reader_sees_what_another_one_writes(watchlist: Watchlist, home: Path) -> None:
    assert watchlist.get(PYPI, "a", NOW) is None
    with Watchlist(home) as other:
        other.add(batch(), rows("a"))
        assert watchlist.get(PYPI, "a", NOW) is not None
        other.add(batch(), rows("b"))
        assert watchlist.get(PYPI, "b", NOW) is not None
        other.remove(PYPI, "a")
    assert watchlist.get(PYPI, "a", NOW) is None


def test_a_file_that_takes_the_old_ones_place_is_read(
    watchlist: Watchlist, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AGAIN", 0.0)
    watchlist.add(batch(), rows("a"))
    assert watchlist.get(PYPI, "a", NOW) is not None
    with Watchlist(tmp_path / "other") as other:
        other.add(batch(), rows("b"))
    for path in home.iterdir():
        path.unlink()
    assert watchlist.get(PYPI, "a", NOW) is None
    (tmp_path / "other" / FILE).replace(home / FILE)
    assert watchlist.get(PYPI, "b", NOW) is not None
    assert watchlist.get(PYPI, "a", NOW) is None


def test_an_older_file_is_brought_forward_by_whoever_reads_it(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = (*MIGRATIONS, ("CREATE TABLE later (x)",))
    monkeypatch.setattr(reading, "MIGRATIONS", later)
    with Watchlist(filled.parent) as watchlist:
        assert watchlist.get(PYPI, "a", NOW) is not None
    connection = sqlite3.connect(filled)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
    connection.close()


def test_a_pipe_in_the_place_of_the_file_is_an_error_and_nobody_waits(filled: Path) -> None:
    filled.unlink()
    os.mkfifo(filled)
    with Watchlist(filled.parent) as watchlist, pytest.raises(StoreError):
        watchlist.get(PYPI, "a")


def test_nobody_is_told_to_throw_a_file_away_that_is_only_in_use(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slopguard.watchlist.watchlist.PATIENCE", 0.0)
    other = sqlite3.connect(filled, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Watchlist(filled.parent) as watchlist, pytest.raises(StoreError) as told:
        watchlist.add(batch(), rows("b"))
    other.close()
    assert told.value.hint == StoreError.default_hint
