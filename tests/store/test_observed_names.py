"""Names asked for here and not found: they can only refuse, and they expire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from slopguard.errors import StoreError
from slopguard.model import Actor, Ecosystem
from slopguard.store.db import Database
from slopguard.store.watch import KEEP, Watch
from tests.store.entries import NOW

PYPI = Ecosystem.PYPI


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "home")
    yield database
    database.close()


def observe(database: Database, *seen: tuple[Ecosystem, str, Actor], days: int = 0) -> None:
    with database.write() as connection:
        Watch(database).observe_within(connection, seen, NOW + timedelta(days=days))


def test_an_observed_row_has_no_rank_so_that_it_never_blocks(database: Database) -> None:
    observe(database, (PYPI, "x", Actor.AGENT))
    row = Watch(database).get(PYPI, "x", NOW)
    assert row is not None
    assert (row.origin, row.source, row.rank, row.predicted_at) == ("observed", "asked-here", None, NOW)
    assert Watch(database).get(Ecosystem.NPM, "x", NOW) is None


def test_it_expires_after_it_was_last_asked_for(database: Database) -> None:
    observe(database, (PYPI, "x", Actor.AGENT))
    observe(database, (PYPI, "x", Actor.HUMAN), (PYPI, "x", Actor.AGENT), days=10)
    row = Watch(database).get(PYPI, "x", NOW + KEEP)
    assert row is not None
    assert (row.predicted_at, row.expires) == (NOW, NOW + timedelta(days=10) + KEEP)
    assert Watch(database).get(PYPI, "x", NOW + timedelta(days=10) + KEEP) is None
    assert database.read("SELECT count, actors FROM observed") == [(3, "agent human")]


def test_what_has_expired_is_taken_out(database: Database) -> None:
    observe(database, (PYPI, "old", Actor.AGENT))
    observe(database, (PYPI, "young", Actor.AGENT), days=20)
    with database.write() as connection:
        Watch(database).prune_within(connection, NOW + KEEP + timedelta(days=1))
    assert database.read("SELECT name FROM observed") == [("young",)]


@pytest.mark.parametrize("text", ["yesterday", "9999-12-31T00:00:00+00:00", "2026-11-24T12:00:00"])
def test_a_row_that_makes_no_sense_refuses_to_answer(database: Database, text: str) -> None:
    observe(database, (PYPI, "x", Actor.AGENT))
    with database.write() as connection:
        connection.execute("UPDATE observed SET last = ?", (text,))
    with pytest.raises(StoreError):
        Watch(database).get(PYPI, "x", NOW)


def test_a_first_moment_without_a_zone_refuses_to_answer(database: Database) -> None:
    observe(database, (PYPI, "x", Actor.AGENT))
    with database.write() as connection:
        connection.execute("UPDATE observed SET first = '2026-11-24T12:00:00'")
    with pytest.raises(StoreError):
        Watch(database).get(PYPI, "x", NOW)
