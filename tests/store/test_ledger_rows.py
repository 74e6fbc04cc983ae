"""What the ledger tells: rows as written, repeats as counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from slopguard.errors import StoreError
from slopguard.store.db import Database
from slopguard.store.ledger import Ledger
from tests.store.entries import NOW, entry


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "home")
    yield database
    database.close()


def test_a_row_comes_back_as_it_was_written(database: Database) -> None:
    written = entry("alpha", command="pip install alpha")
    Ledger(database).append([written])
    (found,) = Ledger(database).rows()
    assert (found.count, found.number) == (1, 1)
    assert {field: getattr(found, field) for field in ("purl", "files", "digests", "lists", "command", "enforced")} == {
        field: getattr(written, field) for field in ("purl", "files", "digests", "lists", "command", "enforced")
    }


def test_rows_are_found_by_time_package_and_number(database: Database) -> None:
    ledger = Ledger(database)
    ledger.append([entry("a", hour=0), entry("b", hour=1), entry("a", hour=2, session="s2")])
    assert [row.package for row in ledger.rows(since=NOW + timedelta(hours=1))] == ["pypi:b", "pypi:a"]
    assert [row.number for row in ledger.rows(limit=2)] == [2, 3]
    assert [row.number for row in ledger.rows(package="pypi:a")] == [1, 3]


def test_one_decision_is_one_row_with_a_count(database: Database) -> None:
    ledger = Ledger(database)
    ledger.append([entry("a"), entry("a")])
    ledger.append([entry("a")])
    ledger.append([entry("b")])
    assert [(row.package, row.count) for row in ledger.rows()] == [("pypi:a", 3), ("pypi:b", 1)]


def test_another_process_adds_to_the_count_of_the_same_decision(database: Database) -> None:
    Ledger(database).append([entry("a")])
    other = Ledger(database)
    other.append([entry("a")])
    assert [row.count for row in other.rows()] == [2]


def test_another_rule_or_session_is_another_row(database: Database) -> None:
    ledger = Ledger(database)
    ledger.append([entry("a"), entry("a", rule="too-new"), entry("a", session="s2")])
    assert [row.count for row in ledger.rows()] == [1, 1, 1]


def test_two_packages_never_share_a_row_though_their_ids_are_equal(database: Database) -> None:
    from dataclasses import replace

    ledger = Ledger(database)
    ledger.append([entry("a")])
    ledger.append([replace(entry("b"), decision=entry("a").decision)])
    assert [row.package for row in ledger.rows()] == ["pypi:a", "pypi:b"]


def test_counts_reach_the_chain_when_the_ledger_is_closed(database: Database) -> None:
    ledger = Ledger(database)
    ledger.append([entry("a")])
    ledger.append([entry("a")])
    ledger.close()
    ledger.close()
    assert [row.count for row in Ledger(database).rows()] == [2]
    assert ledger.verify().rows == 2


def test_a_decision_whose_transaction_failed_is_written_by_the_next_one(database: Database) -> None:
    ledger = Ledger(database)

    def interrupted() -> None:
        with database.write() as connection:
            ledger.append_within(connection, [entry("a")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    ledger.append([entry("a")])
    assert [row.count for row in ledger.rows()] == [1]


def test_a_closed_database_is_a_store_error_not_a_silent_loss(tmp_path: Path) -> None:
    database = Database(tmp_path / "home")
    database.close()
    with pytest.raises(StoreError):
        Ledger(database).append([entry("a")])


def test_only_so_many_decisions_are_remembered(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slopguard.store.ledger._KNOWN", 1)
    ledger = Ledger(database)
    for name in ("a", "b", "c", "a"):
        ledger.append([entry(name)])
    assert [row.count for row in ledger.rows()] == [2, 1, 1]
