"""Names that were asked for here and do not exist: likely inventions, in case somebody registers them.

Invariants: an observed row can only refuse, and never more than quarantine (it has no rank); it expires `KEEP` after it
was last asked for. Losing rows loses a warning that an empty database would not have given either.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from slopguard.errors import StoreError
from slopguard.model import Actor, Ecosystem, Evidence, Existence, WatchRow
from slopguard.store.db import Database

KEEP = timedelta(days=30)
ORIGIN, SOURCE = "observed", "asked-here"


@dataclass(frozen=True, slots=True)
class Observed:
    """A name that was asked for here and did not exist.

    Args:
        first, last: when it was asked for first and last.
        count: how often.
        actors: by whom: `agent`, `human`, `ci`.
    """

    ecosystem: Ecosystem
    name: str
    first: datetime
    last: datetime
    count: int
    actors: tuple[str, ...]


class Watch:
    """The observed names of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str], tuple[str, str] | None] = {}

    def expect(self, names: Iterable[tuple[Ecosystem, str]]) -> None:
        """Read at once what is known of names that will be asked about.

        Raises:
            StoreError: the database cannot be read.
        """
        asked = [(ecosystem.value, name) for ecosystem, name in names]
        found = self._database.about("SELECT ecosystem, name, first, last FROM observed WHERE 1", asked)
        self._known = {key: found.get(key) for key in asked}

    def get(self, ecosystem: Ecosystem, name: str, now: datetime) -> WatchRow | None:
        """The observed row of a name that has not expired.

        Raises:
            StoreError: the database cannot be read, or the row makes no sense.
        """
        key = (ecosystem.value, name)
        if key in self._known:
            row = self._known[key]
        else:
            found = self._database.read("SELECT first, last FROM observed WHERE ecosystem = ? AND name = ?", key)
            row = found[0] if found else None
        if row is None:
            return None
        try:
            first, last = (_moment(text) for text in row)
            expires = last + KEEP
            return WatchRow(ORIGIN, SOURCE, predicted_at=first, expires=expires) if now < expires else None
        except (TypeError, ValueError, OverflowError) as error:
            raise StoreError("the database holds a watch row that cannot be read") from error

    def recent(self, now: datetime, ecosystem: Ecosystem | None = None) -> list[Observed]:
        """The names that have not expired, most asked for first.

        Raises:
            StoreError: the database cannot be read, or a row makes no sense.
        """
        statement = (
            "SELECT ecosystem, name, first, last, count, actors FROM observed WHERE last > ? AND (? IN ('', ecosystem))"
            " ORDER BY count DESC, last DESC, ecosystem, name"
        )
        found = self._database.read(statement, ((now - KEEP).isoformat(), ecosystem.value if ecosystem else ""))
        try:
            return [
                Observed(Ecosystem(told), name, _moment(first), _moment(last), count, tuple(actors.split()))
                for told, name, first, last, count, actors in found
            ]
        except (TypeError, ValueError, AttributeError) as error:
            raise StoreError("the database holds a watch row that cannot be read") from error

    def observe_within(
        self, connection: sqlite3.Connection, seen: Iterable[tuple[Ecosystem, str, Actor]], now: datetime
    ) -> None:
        """Note names that were refused as not found, as a part of the caller's transaction."""
        for ecosystem, name, actor in seen:
            at = now.isoformat()
            connection.execute(
                "INSERT INTO observed VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET last = excluded.last,"
                " count = count + 1, actors = CASE WHEN instr(actors, excluded.actors) THEN actors"
                " ELSE actors || ' ' || excluded.actors END",
                (ecosystem.value, name, at, at, actor.value),
            )

    def prune_within(self, connection: sqlite3.Connection, now: datetime) -> None:
        """Take out what has expired, as a part of the caller's transaction."""
        connection.execute("DELETE FROM observed WHERE last < ?", ((now - KEEP).isoformat(),))


def invention(evidence: Evidence) -> bool:
    """Whether a name that was not found may be an invention: one that is ours or listed is only elsewhere.

    A name of which only the version was not found is none.
    """
    if evidence.facts.existence is not Existence.NO:
        return False
    return evidence.allow is None and not (evidence.internal or evidence.own or evidence.scope_vouched)


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a moment without a zone")
    return found
