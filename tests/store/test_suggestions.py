"""What agents suggested: written with the answer, found again by name, without secrets, and not for ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import StoreError
from slopguard.model import Ecosystem
from slopguard.model.suggesting import Kind, door_session
from slopguard.store import Store, db
from slopguard.store.db import FILE, MIGRATIONS, Database
from slopguard.store.store import Learned
from slopguard.store.suggestions import KEEP
from tests.store.entries import entry
from tests.store.suggesting import NOW, suggested

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
LONG_AGO = NOW - timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "home")
    yield opened
    opened.close()


def test_what_is_written_is_read_again_in_order_a_call_a_batch(store: Store) -> None:
    first = [suggested("flask", version="3.0", turn="t1"), suggested("ghost", "block")]
    store.suggestions.add(first)
    store.suggestions.add([suggested("lodash", ecosystem=NPM, kind=Kind.EDIT)])
    store.suggestions.add([])
    rows = store.suggestions.rows()
    assert [replace(row, batch=0) for row in rows[:2]] == first
    assert [(row.name, row.kind, row.batch) for row in rows] == [
        ("flask", Kind.COMMAND, 1),
        ("ghost", Kind.COMMAND, 1),
        ("lodash", Kind.EDIT, 3),
    ]


def test_since_a_moment(store: Store) -> None:
    for hours in (0, 1, 2):
        store.suggestions.add([suggested(f"name-{hours}", time=NOW + timedelta(hours=hours))])
    assert [row.name for row in store.suggestions.rows(NOW + timedelta(hours=1))] == ["name-1", "name-2"]


def test_rows_older_than_400_days_are_taken_out_by_the_next_write(store: Store) -> None:
    store.suggestions.add([suggested("old", time=NOW - KEEP - timedelta(seconds=1)), suggested("kept")])
    assert [row.name for row in store.suggestions.rows()] == ["kept"]
    store.suggestions.add([suggested("later", time=NOW + KEEP)])
    assert [row.name for row in store.suggestions.rows()] == ["kept", "later"]


def test_how_often_a_session_was_refused_a_name_counts_calls(store: Store) -> None:
    ghost = suggested("ghost", "block")
    store.suggestions.add([ghost, ghost])
    store.suggestions.add([ghost])
    others = [
        replace(ghost, session="s2"),
        replace(ghost, ecosystem=NPM),
        replace(ghost, time=NOW - timedelta(minutes=11)),
        suggested("ghost"),
    ]
    for other in others:
        store.suggestions.add([other])
    since = NOW - timedelta(minutes=10)
    assert store.suggestions.asked(PYPI, "ghost", "s1", since) == 2
    assert store.suggestions.asked(PYPI, "ghost", "s1", LONG_AGO) == 3
    assert store.suggestions.asked(PYPI, "spirit", "s1", LONG_AGO) == 0


def test_the_session_that_saw_one_of_these_names_last(store: Store) -> None:
    for session, name in (("s1", "flask"), ("s2", "ghost"), ("s3", "other")):
        store.suggestions.add([suggested(name, session=session)])
    store.suggestions.add([suggested("flask", session="s4", kind=Kind.INSTALLED)])
    names = [(PYPI, "flask"), (PYPI, "ghost"), (PYPI, "never")]
    assert store.suggestions.session_of(names, LONG_AGO) == "s2"
    assert store.suggestions.session_of(names[:1], LONG_AGO) == "s1"
    assert store.suggestions.session_of([(NPM, "flask")], LONG_AGO) is None
    assert store.suggestions.session_of(names, NOW + timedelta(seconds=1)) is None
    assert {key: row.session for key, row in store.suggestions.latest(names, LONG_AGO).items()} == {
        (PYPI, "flask"): "s1",
        (PYPI, "ghost"): "s2",
    }


@pytest.mark.parametrize("field", ["agent", "model", "session", "turn", "name", "version", "rule", "decision"])
def test_no_field_keeps_a_secret_or_spoils_a_terminal(store: Store, field: str) -> None:
    hostile = "https://me:hunter22@git.example/x\x1b[2J\u202e\ud800 token=hunter22 " + "x" * 5000
    store.suggestions.add([suggested(**{field: hostile})])  # type: ignore[arg-type]  # a field by its name
    (row,) = store.suggestions.rows()
    text = getattr(row, field)
    assert "hunter22" not in text
    assert text.isascii()
    assert text.isprintable()
    assert 0 < len(text) <= 255


@given(name=st.text(max_size=300))
def test_any_text_is_found_again_under_the_text_it_was_written_with(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    store = Store(tmp_path_factory.mktemp("any"))
    store.suggestions.add([suggested(name, "block", "bad-name")])
    assert store.suggestions.session_of([(PYPI, name)], LONG_AGO) == "s1"
    assert store.suggestions.asked(PYPI, name, "s1", LONG_AGO) == 1
    store.close()


def test_suggestions_and_answers_are_one_transaction(store: Store, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "home" / FILE) as outside:
        outside.execute("CREATE TRIGGER no BEFORE INSERT ON suggestions BEGIN SELECT RAISE(ABORT, 'no'); END")
    outside.close()
    with pytest.raises(StoreError):
        store.write([entry()], Learned(), NOW, [suggested()])
    assert store.ledger.rows() == []


def test_a_suggestion_is_written_though_its_answer_was_written_before(store: Store) -> None:
    for _ in range(2):
        store.write([entry()], Learned(), NOW, [suggested()])
    assert [row.count for row in store.ledger.rows()] == [2]
    assert len(store.suggestions.rows()) == 2
    assert store.ledger.verify().ok


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'x'",
        "ecosystem = 'cargo'",
        "verdict = 'fine'",
        "batch = 'x'",
        "time = '9'",
        "time = '9999-12-31T23:59:59-14:00'",
    ],
)
def test_a_row_that_makes_no_sense_is_a_store_error(store: Store, tmp_path: Path, change: str) -> None:
    store.suggestions.add([suggested()])
    with sqlite3.connect(tmp_path / "home" / FILE) as outside:
        outside.execute(f"UPDATE suggestions SET {change}")
    outside.close()
    with pytest.raises(StoreError):
        store.suggestions.rows()


def test_a_conversation_is_one_session_and_an_untold_one_is_a_day() -> None:
    told = door_session("claude-code", "abc", NOW)
    assert len(told) == 16
    assert told == door_session("claude-code", "abc", NOW + timedelta(days=3))
    assert told not in (door_session("cursor", "abc"), door_session("claude-code", "abd"))
    untold = [door_session("cline", "", NOW + timedelta(days=days)) for days in (0, 0.4, 1)]
    assert (untold[0] == untold[1], untold[0] == untold[2]) == (True, False)
    assert door_session("cline", "") == door_session("cline", "") != door_session("windsurf", "")
    assert door_session("cline", "\ud800") != door_session("cline", "?")


def test_a_database_of_the_first_version_is_brought_forward_with_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as past:
        past.setattr(db, "MIGRATIONS", MIGRATIONS[:1])
        old = Database(tmp_path)
        with old.write() as connection:
            connection.execute("INSERT INTO observed VALUES ('pypi', 'x', '', '', 1, '')")
        old.close()
    store = Store(tmp_path)
    assert store.suggestions.rows() == []
    store.close()
    database = Database(tmp_path)
    assert database.read("SELECT name FROM observed") == [("x",)]
    database.close()


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("DELETE FROM observed WHERE last < 'x'", "observed_last"),
        ("DELETE FROM suggestions WHERE time < 'x'", "suggestions_time"),
        ("SELECT n FROM suggestions WHERE ecosystem = 'x' AND name = 'x' AND time >= 'x'", "suggestions_name"),
    ],
)
def test_what_each_answer_looks_for_is_found_by_an_index(tmp_path: Path, statement: str, index: str) -> None:
    database = Database(tmp_path)
    (plan,) = database.read(f"EXPLAIN QUERY PLAN {statement}")
    assert index in plan[3]
    database.close()
