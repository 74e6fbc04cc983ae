"""What the radar remembers between polls: of names, of alarms, of feeds, and which hosts asked to be left alone.

Invariants: an alarm and the state that it came from are one transaction, so that a poll that is killed neither loses an
alarm nor raises one twice; an alarm stays here for good, and each of its consequences is noted once it has happened; a
row that somebody damaged is one error of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from slopguard.errors import StoreError
from slopguard.model import Ecosystem, NormalizedName
from slopguard.patterns import regex
from slopguard.radar.db import FILE, MIGRATIONS
from slopguard.radar.model import Alarm, Held, Record, State, Target
from slopguard.store.sqlite import Sqlite

TROUBLE = ("radar.db cannot be read or written", "Move the file away; it is made anew")
AT_ONCE = 400
"""Names in one statement; SQLite takes up to 999 values in its oldest builds."""
LONGEST_KEPT = 86_400.0
"""Seconds for which it is remembered that a host asked to be left alone."""
CONSEQUENCES = ("written", "marked", "delivered", "told")
"""Of an alarm: written into the ledger, marked in the watchlist, delivered to the webhook, told to a person."""
_ID = regex(r"d-[0-9a-f]{6,64}")
Key = tuple[Ecosystem, NormalizedName]


@dataclass(frozen=True, slots=True)
class Noted:
    """An alarm and when its consequences happened; `None`: not yet."""

    alarm: Alarm
    written: datetime | None = None
    marked: datetime | None = None
    delivered: datetime | None = None
    told: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fed:
    """Where a feed was read up to.

    Args:
        at: a sequence number, or what stands for the page that was read.
        held: how to ask whether the page is still the same.
    """

    at: str
    held: Held | None = None


class Memory:
    """`radar.db` of one `SLOPGUARD_HOME`; a context manager.

    Raises:
        StoreError: it cannot be opened, read or written; every method.
    """

    def __init__(self, home: Path) -> None:
        self._file = Sqlite(home, FILE, MIGRATIONS, trouble=TROUBLE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def records(self, names: Sequence[Key]) -> dict[Key, Record]:
        """What is remembered of these names; those that nobody asked about are left out."""
        found: dict[Key, Record] = {}
        for at in range(0, len(names), AT_ONCE):
            part = names[at : at + AT_ONCE]
            places = ",".join(["(?,?)"] * len(part))
            values = [text for ecosystem, name in part for text in (ecosystem.value, name)]
            statement = f"SELECT * FROM names WHERE (ecosystem, name) IN (VALUES {places})"  # noqa: S608 marks only
            rows = self._file.read(statement, values)
            with _sound():
                found |= {(Ecosystem(of), NormalizedName(name)): _record(row) for of, name, *row in rows}
        return found

    def keep(self, answers: Iterable[tuple[Key, Record]], alarms: Iterable[Alarm] = ()) -> None:
        """Keep answers, the alarms among them, and that these names are wanted no more."""
        with self._file.write() as connection:
            for (ecosystem, name), record in answers:
                key = (ecosystem.value, name)
                connection.execute("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?, ?, ?, ?)", (*key, *_row(record)))
                connection.execute("DELETE FROM wanted WHERE ecosystem = ? AND name = ?", key)
            for alarm in alarms:
                about = (alarm.id, alarm.target.ecosystem.value, alarm.target.name, _seconds(alarm.seen))
                statement = "INSERT OR IGNORE INTO alarms (id, ecosystem, name, seen, body) VALUES (?, ?, ?, ?, ?)"
                connection.execute(statement, (*about, msgspec.json.encode(alarm).decode()))

    # ------------------------------------------------------------ alarms

    def alarms(self, without: str = "") -> list[Noted]:
        """Every alarm, oldest first.

        Args:
            without: only those of which this consequence (one of `CONSEQUENCES`) has not happened yet.
        """
        assert without in ("", *CONSEQUENCES)
        where = f" WHERE {without} IS NULL" if without else ""
        columns = ", ".join(("body", *CONSEQUENCES))
        rows = self._file.read(f"SELECT {columns} FROM alarms{where} ORDER BY n")  # noqa: S608 our own words
        with _sound():
            return [Noted(_alarm(body), *map(_when, when)) for body, *when in rows]

    def raised(self, target: Target) -> list[Alarm]:
        """The alarms that there were about a name, oldest first."""
        key = (target.ecosystem.value, target.name)
        rows = self._file.read("SELECT body FROM alarms WHERE ecosystem = ? AND name = ? ORDER BY n", key)
        with _sound():
            return [_alarm(body) for (body,) in rows]

    def happened(self, alarms: Iterable[Alarm], what: str, now: datetime) -> None:
        """Note that a consequence of these alarms has happened."""
        assert what in CONSEQUENCES
        with self._file.write() as connection:
            for alarm in alarms:
                statement = f"UPDATE alarms SET {what} = ? WHERE id = ?"  # noqa: S608 our own word
                connection.execute(statement, (_seconds(now), alarm.id))

    # ------------------------------------------------------------ feeds

    def fed(self, place: str) -> Fed | None:
        """Up to where a feed was read, `None` if it never was."""
        rows = self._file.read("SELECT at, held FROM feeds WHERE place = ?", (place,))
        with _sound():
            return Fed(str(rows[0][0]), _held(rows[0][1])) if rows else None

    def feed(self, place: str, read: Fed, hits: Iterable[Key], now: datetime) -> None:
        """Note that a feed was read up to here, and which watched names it spoke of: they are asked about first."""
        with self._file.write() as connection:
            for ecosystem, name in hits:
                connection.execute("INSERT OR IGNORE INTO wanted VALUES (?, ?)", (ecosystem.value, name))
            row = (place, read.at, _text(read.held), _seconds(now))
            connection.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?, ?)", row)

    def wanted(self) -> list[Key]:
        """The names that a feed spoke of and that have not been answered since."""
        rows = self._file.read("SELECT ecosystem, name FROM wanted")
        with _sound():
            return [(Ecosystem(ecosystem), NormalizedName(name)) for ecosystem, name in rows]

    def unwanted(self, names: Iterable[Key]) -> None:
        """Forget that a feed spoke of these names: they are watched no more."""
        with self._file.write() as connection:
            for ecosystem, name in names:
                connection.execute("DELETE FROM wanted WHERE ecosystem = ? AND name = ?", (ecosystem.value, name))

    # ------------------------------------------------------------ hosts

    def waits(self, now: datetime) -> Mapping[str, float]:
        """Hosts that asked to be left alone, and for how many seconds from now on.

        A wait of more than `LONGEST_KEPT` is none: the clock was wrong when it was written.
        """
        rows = self._file.read("SELECT host, until FROM waits")
        with _sound():
            left = {str(host): until - now.timestamp() for host, until in rows}
        return {host: seconds for host, seconds in left.items() if 0 < seconds <= LONGEST_KEPT + 1}

    def wait(self, hosts: Mapping[str, float], now: datetime) -> None:
        """Note which hosts asked to be left alone, and for how many seconds; what is over is forgotten.

        Whoever asks for more than `LONGEST_KEPT` is asked again after that: else one answer would silence the radar.
        """
        with self._file.write() as connection:
            connection.execute("DELETE FROM waits WHERE until <= ?", (_seconds(now),))
            for host, seconds in hosts.items():
                row = (host, _seconds(now) + int(min(seconds, LONGEST_KEPT)) + 1)
                connection.execute("INSERT OR REPLACE INTO waits VALUES (?, ?)", row)

    def counts(self) -> dict[str, int]:
        """State to how many names are in it."""
        return dict(self._file.read("SELECT state, count(*) FROM names GROUP BY state"))


def _row(record: Record) -> tuple[object, ...]:
    moments = (record.free_from, record.free_until)
    return (record.state.value, _seconds(record.asked), *(m and _seconds(m) for m in moments), _text(record.held))


def _record(row: Sequence[Any]) -> Record:
    state, asked, free_from, free_until, held = row
    asked_at = _when(asked)
    if asked_at is None:
        raise ValueError
    return Record(State(state), asked_at, _when(free_from), _when(free_until), _held(held))


def _alarm(body: str) -> Alarm:
    alarm = msgspec.json.decode(body, type=Alarm)
    if not _ID.fullmatch(alarm.id):
        raise ValueError
    return alarm


def _held(text: str | None) -> Held | None:
    if not text:
        return None
    held = msgspec.json.decode(text, type=Held)
    urlsplit(held.url)  # it is an address
    return held


def _text(held: Held | None) -> str | None:
    return msgspec.json.encode(held).decode() if held is not None else None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _when(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


@contextmanager
def _sound() -> Iterator[None]:
    """Turn what damaged rows are into our one error."""
    try:
        yield
    except (ValueError, TypeError, OverflowError, OSError, msgspec.MsgspecError) as error:
        raise StoreError("radar.db holds a row that cannot be read", TROUBLE[1]) from error
