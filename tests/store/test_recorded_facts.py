"""Recorded facts count only while their digest, keyed outside the database, holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slopguard.model import OFFLINE, Ecosystem, Existence, Facts, Release
from slopguard.store.db import KEY_FILE, Database
from slopguard.store.facts import FactStore
from tests.store.entries import NOW

PYPI = Ecosystem.PYPI
RELEASES = (Release("1.0", NOW - timedelta(days=400)), Release("2.0", None, yanked=True, install_script=True))
KNOWN = Facts(Existence.YES, RELEASES, "archived", dated=False, asked=NOW, partial=Existence.OFFLINE)
"""Recorded facts never claim to be complete: later versions may exist."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "home")
    yield database
    database.close()


def keep(database: Database, facts: Facts, name: str = "x", scope: str = "") -> FactStore:
    store = FactStore(database, scope)
    with database.write() as connection:
        store.keep_within(connection, [(PYPI, name, facts)])
    return store


def test_facts_come_back_as_they_were_with_the_day_they_were_asked(database: Database) -> None:
    assert keep(database, replace(KNOWN, partial=None)).get(PYPI, "x") == KNOWN
    assert keep(database, KNOWN).get(PYPI, "y") is None


@pytest.mark.parametrize(
    "facts", [OFFLINE, Facts(Existence.DOWN, asked=NOW), Facts(Existence.AUTH, asked=NOW), Facts(Existence.YES)]
)
def test_an_index_that_said_nothing_is_not_recorded(database: Database, facts: Facts) -> None:
    assert keep(database, facts).get(PYPI, "x") is None


def test_an_older_answer_never_replaces_a_newer_one(database: Database) -> None:
    store = keep(database, KNOWN)
    keep(database, Facts(Existence.NO, asked=NOW - timedelta(days=1)))
    assert store.get(PYPI, "x") == KNOWN
    newer = Facts(Existence.NO, asked=NOW + timedelta(days=1))
    keep(database, newer)
    assert store.get(PYPI, "x") == replace(newer, partial=Existence.OFFLINE)


@pytest.mark.parametrize(
    "change",
    [
        "body = replace(body, '2025', '2020')",
        "digest = ''",
        "name = 'other'",
        "ecosystem = 'npm'",
    ],
)
def test_a_forged_row_is_as_good_as_absent(database: Database, change: str) -> None:
    store = keep(database, KNOWN)
    with database.write() as connection:
        connection.execute(f"UPDATE facts SET {change}")
    assert [store.get(ecosystem, name) for ecosystem in Ecosystem for name in ("x", "other")] == [None] * 4


def test_facts_learned_from_other_indexes_do_not_count(database: Database) -> None:
    keep(database, KNOWN, scope="one")
    assert FactStore(database, "two").get(PYPI, "x") is None


def test_facts_do_not_outlive_their_key(tmp_path: Path) -> None:
    database = Database(tmp_path)
    keep(database, KNOWN)
    database.close()
    (tmp_path / KEY_FILE).unlink()
    database = Database(tmp_path)
    assert FactStore(database).get(PYPI, "x") is None
    database.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_to_the_text_gives_other_facts(database: Database, data: st.DataObject) -> None:
    store = keep(database, KNOWN)
    (body,) = database.read("SELECT body FROM facts")[0]
    at = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.characters(codec="ascii"))
    with database.write() as connection:
        connection.execute("UPDATE facts SET body = ?", (body[:at] + other + body[at + 1 :],))
    assert store.get(PYPI, "x") in (None, KNOWN)
    with database.write() as connection:
        connection.execute("UPDATE facts SET body = ?", (body,))
