"""What coding agents suggested: every name that a hook or the MCP server saw, the answer, and what was installed.

Statistics, kept `KEEP` long. The ledger stays the authority: these rows are not chained, nothing is decided by them,
and whoever can change them changes a report and the decision id that two doors share, no verdict.

Invariants: all text of a row has passed `redact`, so it is one line of printable ASCII without secrets; what one call
of an agent suggested has one `batch`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

from slopguard.errors import StoreError
from slopguard.model import Ecosystem, Outcome, Verdict
from slopguard.model.suggesting import Asker, Kind
from slopguard.store.db import Database
from slopguard.store.redact import redact
from slopguard.store.watch import invention

KEEP = timedelta(days=400)
LONGEST = 255
"""Characters of a text that are kept; every package name fits."""
LONGEST_MODEL = 64
_COLUMNS = (
    "batch, time, agent, model, session, turn, kind, ecosystem, name, version, verdict, rule, decision, stopped,"
    " invented"
)
_PLACES = ", ".join("?" * len(_COLUMNS.split(",")))


@dataclass(frozen=True, slots=True)
class Suggested:
    """One name that an agent suggested, or installed.

    Args:
        session: the door's (`door_session`), never the agent's own.
        name: normalised; of what is no name the text as written.
        verdict, rule, decision: the answer.
        stopped: the door refused it, or said that it would be refused (MCP).
        invented: nobody vouches for the name, and no index has it or it is one that models are known to invent.
        batch: the same for all that one call suggested; given by the database, in the order of writing.
    """

    time: datetime
    agent: str
    model: str
    session: str
    turn: str
    kind: Kind
    ecosystem: Ecosystem
    name: str
    version: str | None
    verdict: str
    rule: str
    decision: str
    stopped: bool = False
    invented: bool = False
    batch: int = 0

    @classmethod
    def of(cls, verdict: Verdict, asker: Asker, kind: Kind, time: datetime | None = None) -> Self:
        """The row of one verdict.

        Args:
            time: when it happened; when it was decided by default.
        """
        request = verdict.request
        return cls(
            time=time or verdict.decided,
            agent=asker.agent,
            model=asker.model,
            session=asker.session,
            turn=asker.turn,
            kind=kind,
            ecosystem=request.ecosystem,
            name=request.name or request.raw,
            version=request.version,
            verdict=verdict.outcome.value,
            rule=verdict.rule,
            decision=verdict.decision_id,
            stopped=verdict.stops and kind.answered,
            invented=_invented(verdict),
        )


Names = Iterable[tuple[Ecosystem, str]]


class Suggestions:
    """The suggestions of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, events: Iterable[Suggested]) -> None:
        """Write what one call suggested; on disk when this returns.

        Raises:
            StoreError: it is not.
        """
        if rows := tuple(events):
            with self._database.write() as connection:
                self.add_within(connection, rows)

    def add_within(self, connection: sqlite3.Connection, events: Sequence[Suggested]) -> None:
        """Write what one call suggested, as a part of the caller's transaction; what is too old goes."""
        if not events:
            return
        newest = connection.execute("SELECT max(n) FROM suggestions").fetchone()[0]
        batch = (newest or 0) + 1
        clean = cache(_clean)  # most texts of one call are the same in every row
        rows = [_row(replace(event, batch=batch), clean) for event in events]
        statement = f"INSERT INTO suggestions ({_COLUMNS}) VALUES ({_PLACES})"  # noqa: S608 our own words only
        connection.executemany(statement, rows)
        oldest = max(event.time for event in events) - KEEP
        connection.execute("DELETE FROM suggestions WHERE time < ?", (_text_of(oldest),))

    def asked(self, ecosystem: Ecosystem, name: str, session: str, since: datetime) -> int:
        """In how many calls of that session a name was suggested and refused since then.

        Raises:
            StoreError: the database cannot be read.
        """
        found = self._database.read(
            "SELECT count(DISTINCT batch) FROM suggestions"
            " WHERE ecosystem = ? AND name = ? AND session = ? AND time >= ? AND stopped = 1",
            (ecosystem.value, _clean(name), _clean(session), _text_of(since)),
        )
        return int(found[0][0])

    def latest(self, names: Names, since: datetime) -> Mapping[tuple[Ecosystem, str], Suggested]:
        """The newest suggestion of each of these names since then; those that nobody suggested are left out.

        Raises:
            StoreError: the database cannot be read, or holds a row that is not ours.
        """
        statement = (
            f"SELECT {_COLUMNS} FROM suggestions WHERE ecosystem = ? AND name = ? AND time >= ?"  # noqa: S608 our own words only
            " AND kind <> 'installed' ORDER BY n DESC LIMIT 1"
        )
        found = {}
        for ecosystem, name in names:
            rows = self._database.read(statement, (ecosystem.value, _clean(name), _text_of(since)))
            if rows:
                found[ecosystem, name] = _suggested(rows[0])
        return found

    def session_of(self, names: Names, since: datetime) -> str | None:
        """The door's session in which one of these names was suggested last since then; `None` if none was.

        Raises:
            StoreError: as for `latest`.
        """
        newest = max(self.latest(names, since).values(), key=lambda event: event.batch, default=None)
        return newest.session if newest is not None else None

    def rows(self, since: datetime | None = None) -> list[Suggested]:
        """Everything since then, oldest first.

        Raises:
            StoreError: as for `latest`.
        """
        statement = f"SELECT {_COLUMNS} FROM suggestions WHERE time >= ? ORDER BY n"  # noqa: S608 our own words only
        return [_suggested(row) for row in self._database.read(statement, (_text_of(since) if since else "",))]


def _invented(verdict: Verdict) -> bool:
    if verdict.rule.startswith("predicted"):
        return True
    return verdict.rule == "not-found" and invention(verdict.evidence)


def _row(event: Suggested, clean: Callable[[str], str]) -> tuple[Any, ...]:
    """A suggestion as stored: nothing in it can be a secret, or spoil a terminal."""
    return (
        event.batch,
        _text_of(event.time),
        clean(event.agent),
        clean(event.model)[:LONGEST_MODEL],
        clean(event.session),
        clean(event.turn),
        event.kind.value,
        event.ecosystem.value,
        clean(event.name),
        None if event.version is None else clean(event.version),
        Outcome(event.verdict).value,
        clean(event.rule),
        clean(event.decision),
        event.stopped,
        event.invented,
    )


def _suggested(row: Sequence[Any]) -> Suggested:
    """A stored row.

    Raises:
        StoreError: it is not one that we wrote.
    """
    batch, time, agent, model, session, turn, kind, ecosystem, name, version, *answer, stopped, invented = row
    try:
        verdict, rule, decision = answer
        return Suggested(
            time=_moment(time),
            agent=str(agent),
            model=str(model),
            session=str(session),
            turn=str(turn),
            kind=Kind(kind),
            ecosystem=Ecosystem(ecosystem),
            name=str(name),
            version=None if version is None else str(version),
            verdict=Outcome(verdict).value,
            rule=str(rule),
            decision=str(decision),
            stopped=bool(stopped),
            invented=bool(invented),
            batch=int(batch),
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise StoreError("the database holds a suggestion that cannot be read") from error


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _text_of(moment: datetime) -> str:
    """So that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _clean(text: str) -> str:
    return redact(text)[:LONGEST]
