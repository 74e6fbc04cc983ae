"""Opening the database: private, migrated, never one from the future, never a guess about a broken one."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from slopguard.errors import ConfigError, StoreError
from slopguard.store import db
from slopguard.store.db import FILE, KEY_FILE, MIGRATIONS, Database, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_empty_home_is_made_and_everything_in_it_is_private(tmp_path: Path) -> None:
    home = tmp_path / "a" / "home"
    database = Database(home)
    assert mode(home) == 0o700
    assert {path.name: mode(path) for path in home.iterdir()} == dict.fromkeys(
        (FILE, f"{FILE}-wal", f"{FILE}-shm", KEY_FILE), 0o600
    )
    database.close()


def test_opening_twice_keeps_the_key_and_the_schema(tmp_path: Path) -> None:
    first = Database(tmp_path)
    second = Database(tmp_path)
    assert first.key == second.key
    assert second.read("PRAGMA user_version") == [(len(MIGRATIONS),)]
    first.close()
    second.close()


def test_a_database_of_a_newer_slopguard_is_refused_with_2(tmp_path: Path) -> None:
    Database(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(ConfigError) as caught:
        Database(tmp_path)
    assert caught.value.exit_code == 2


def test_an_older_database_is_brought_forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database(tmp_path).close()
    monkeypatch.setattr(db, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE later (x)",)))
    database = Database(tmp_path)
    assert database.read("SELECT * FROM later") == []
    database.close()


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_broken_database_is_a_store_error_with_4(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StoreError) as caught:
        Database(tmp_path)
    assert caught.value.exit_code == 4


def test_a_home_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        Database(tmp_path / "file" / "home")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707, 0o720, 0o702])
def test_a_home_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(StoreError, match="others"):
        Database(tmp_path)


def test_a_home_that_somebody_else_owns_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = os.geteuid()
    if theirs == 0:
        theirs = 4321
        os.chown(tmp_path, theirs, -1)
    monkeypatch.setattr(os, "geteuid", lambda: theirs + 1)
    with pytest.raises(StoreError, match="somebody else"):
        Database(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: theirs)
    Database(tmp_path).close()


def test_of_a_linked_home_the_folder_that_the_link_leads_to_counts(tmp_path: Path) -> None:
    prepared, link = tmp_path / "prepared", tmp_path / "link"
    prepared.mkdir(mode=0o700)
    link.symlink_to(prepared)
    Database(link).close()
    assert (prepared / FILE).stat().st_mode & 0o777 == 0o600
    prepared.chmod(0o777)
    with pytest.raises(StoreError, match="others"):
        Database(link)


def test_a_home_linked_to_nowhere_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone" / "deep")
    with pytest.raises(StoreError):
        Database(tmp_path / "link")


def test_a_key_of_the_wrong_length_is_replaced(tmp_path: Path) -> None:
    Database(tmp_path).close()
    (tmp_path / KEY_FILE).write_bytes(b"short")
    database = Database(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == database.key
    assert len(database.key) == db.KEY_BYTES
    database.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path)

    def half() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO observed VALUES ('pypi', 'x', '', '', 1, '')")
            connection.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreError):
        half()
    assert database.read("SELECT * FROM observed") == []
    database.close()


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_private(tmp_path / "x", b"old")

    def full(handle: int) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="full"):
        write_private(tmp_path / "x", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("x", b"old")]
