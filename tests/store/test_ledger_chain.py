"""The chain: whatever is changed in what was written is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.errors import StoreError
from slopguard.store.db import FILE, KEY_FILE, Database
from slopguard.store.ledger import HEAD_FILE, Ledger
from tests.store.entries import entry

ROWS = 5


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    database = Database(home)
    ledger = Ledger(database)
    ledger.append([entry(f"n{number}") for number in range(ROWS)])
    yield ledger
    database.close()


def tamper(home: Path, *statements: str) -> None:
    """What someone with the file, and without the triggers, can do."""
    connection = sqlite3.connect(home / FILE, isolation_level=None)
    for trigger in ("ledger_no_update", "ledger_no_delete"):
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_chain_that_nobody_touched_is_whole_up_to_its_head(ledger: Ledger) -> None:
    report = ledger.verify()
    assert (report.ok, report.rows, report.anchored, report.row) == (True, ROWS, ROWS, None)


def test_an_empty_ledger_is_whole(home: Path) -> None:
    database = Database(home)
    assert Ledger(database).verify().ok
    assert Ledger(database).rows() == []
    database.close()


@pytest.mark.parametrize(
    ("statement", "problem", "row"),
    [
        ("UPDATE ledger SET body = replace(body, 'block', 'allow') WHERE n = 3", "edited", 3),
        ("UPDATE ledger SET package = 'pypi:other' WHERE n = 2", "edited", 2),
        ("UPDATE ledger SET time = '2020' WHERE n = 4", "edited", 4),
        ("UPDATE ledger SET decision = NULL WHERE n = 1", "edited", 1),
        ("UPDATE ledger SET hash = '00' WHERE n = 5", "edited", 5),
        ("UPDATE ledger SET body = x'00' WHERE n = 5", "edited", 5),
        ("DELETE FROM ledger WHERE n = 3", "missing-row", 3),
        ("DELETE FROM ledger WHERE n = 1", "missing-row", 1),
        ("DELETE FROM ledger WHERE n > 3", "truncated", 4),
        ("DELETE FROM ledger", "truncated", 1),
        ("INSERT INTO ledger VALUES (0, NULL, NULL, NULL, '{}', '')", "missing-row", 1),
        ("INSERT INTO ledger VALUES (6, NULL, NULL, NULL, '{}', '')", "edited", 6),
    ],
)
def test_a_row_edited_taken_out_or_put_in_is_found(
    ledger: Ledger, home: Path, statement: str, problem: str, row: int
) -> None:
    tamper(home, statement)
    report = ledger.verify()
    assert (report.ok, report.problem, report.row) == (False, problem, row)


def test_two_rows_that_changed_places_are_found(ledger: Ledger, home: Path) -> None:
    tamper(home, *(f"UPDATE ledger SET n = {new} WHERE n = {old}" for old, new in ((2, 99), (3, 2), (99, 3))))
    assert ledger.verify().row == 2


def test_a_whole_new_chain_is_found_by_the_head(ledger: Ledger, home: Path) -> None:
    tamper(home, "DELETE FROM ledger")
    other = Database(home.with_name("other"))
    forged = Ledger(other)
    forged.append([entry(f"forged{number}") for number in range(ROWS)])
    rows = other.read("SELECT * FROM ledger")
    connection = sqlite3.connect(home / FILE, isolation_level=None)
    connection.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    other.close()
    report = ledger.verify()
    assert (report.ok, report.problem, report.row) == (False, "edited", ROWS)


@pytest.mark.parametrize("text", ["", "5 aa\n", "5 aa bb\n", "x y z\n", "3 {hash} {seal}\n", "\u00e9 a b"])
def test_a_forged_head_is_found(ledger: Ledger, home: Path, text: str) -> None:
    _, last, seal = (home / HEAD_FILE).read_text().split()
    (home / HEAD_FILE).write_text(text.format(hash=last, seal=seal))
    assert ledger.verify().problem == "head-forged"


def test_a_head_taken_away_is_found(ledger: Ledger, home: Path) -> None:
    (home / HEAD_FILE).unlink()
    assert ledger.verify().problem == "head-missing"


def test_a_head_that_cannot_be_read_is_a_store_error(ledger: Ledger, home: Path) -> None:
    (home / HEAD_FILE).unlink()
    (home / HEAD_FILE).mkdir()
    with pytest.raises(StoreError):
        ledger.verify()
    with pytest.raises(StoreError):
        ledger.append([entry("later")])


def test_another_key_makes_the_head_worthless(ledger: Ledger, home: Path) -> None:
    (home / KEY_FILE).write_bytes(b"k" * 32)
    database = Database(home)
    assert Ledger(database).verify().problem == "head-forged"
    database.close()


def test_a_crash_before_the_head_was_written_leaves_a_whole_chain(ledger: Ledger, home: Path) -> None:
    head = (home / HEAD_FILE).read_bytes()
    ledger.append([entry("after")])
    (home / HEAD_FILE).write_bytes(head)
    report = ledger.verify()
    assert (report.ok, report.rows, report.anchored) == (True, ROWS + 1, ROWS)


@pytest.mark.parametrize("statement", ["UPDATE ledger SET body = ''", "DELETE FROM ledger"])
def test_the_database_itself_refuses_to_change_a_row(ledger: Ledger, home: Path, statement: str) -> None:
    connection = sqlite3.connect(home / FILE)
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        connection.execute(statement)
    connection.close()


def test_a_chain_longer_than_a_page_is_read_to_its_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slopguard.store.ledger._PAGE", 2)
    assert ledger.verify().rows == ROWS


@pytest.mark.parametrize("number", [-(1 << 63), -1, 0, (1 << 63) - 1])
def test_a_row_of_any_number_outside_the_chain_is_found(home: Path, ledger: Ledger, number: int) -> None:
    tamper(home, f"INSERT INTO ledger SELECT {number}, time, package, decision, body, hash FROM ledger WHERE n = 3")
    assert not ledger.verify().ok


def test_a_trigger_that_swallows_rows_is_noticed_before_an_answer(home: Path, ledger: Ledger) -> None:
    tamper(home, "CREATE TRIGGER quiet BEFORE INSERT ON ledger BEGIN SELECT RAISE(IGNORE); END")
    with pytest.raises(StoreError):
        ledger.append([entry("unseen")])


@pytest.mark.parametrize("body", ["", "[]", "{}", "nonsense", "[" * 100_000, '{"files": 1}', '{"repeats": {"d": "x"}}'])
@pytest.mark.parametrize("decision", ["'d-1'", "NULL"])
def test_a_row_that_cannot_be_read_is_an_error_of_ours(home: Path, ledger: Ledger, body: str, decision: str) -> None:
    tamper(home, f"INSERT INTO ledger VALUES (77, '2026', 'pypi:x', {decision}, '{body}', '')")
    with pytest.raises(StoreError):
        ledger.rows()
