"""The ledger: what was answered, when, to whom and by which rule. Append-only and hash-chained.

Invariants:

* Row n's hash is SHA-256 over the hash of row n-1 (empty for the first), n, and every column as stored, so that
  nothing is re-serialised to verify it. Numbers start at 1 and have no gaps.
* A row is on disk before `append` returns. After it, the newest number and hash are written to `ledger.head` outside
  the database, authenticated with the key kept beside it: rows cut off the end, edited, taken out or moved are found.
* One decision is one row. The chain never changes, so a repeat (same decision id, package and rule) is added to a count
  in memory, which is appended as a short row of its own with the next decision or at `close`; `rows` adds counts up.
  A crash can lose counts, never a decision.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from slopguard.errors import StoreError
from slopguard.store.db import Database, write_private

HEAD_FILE = "ledger.head"
_PAGE = 10_000
_KNOWN = 100_000
"""Decision ids remembered to tell repeats without asking the database; a bound on memory, no more."""


_UNREADABLE, _VERIFY = "the ledger holds a row that cannot be read", "Find out who changed it: slopguard log verify"

Columns = tuple[str | None, str | None, str | None, str]
"""What is stored of a row between its number and its hash: time, package, decision id, and everything as JSON."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer as the ledger keeps it; all text has passed `redact`.

    Args:
        time: when it was decided, ISO 8601 in UTC to the millisecond, so that text order is time order.
        actor, door, command: who asked, through what, with which command line or `""`.
        files: `path:line` of where it is written down.
        package: `ecosystem:name`, for `log who`.
        purl, version, digests: what was asked for.
        verdict, rule, arrived: the answer, why, and how the name came up.
        lists: list name to the start of its digest.
        policy, config: digests of the policy and the settings.
        decision: the decision id.
        enforced: `False` in mode `observe`.
        count: how often it was answered.
        number: its row in the chain; 0 before it is written.
    """

    time: str
    actor: str
    door: str
    command: str
    files: tuple[str, ...]
    package: str
    purl: str
    version: str | None
    digests: tuple[str, ...]
    verdict: str
    rule: str
    arrived: str
    lists: Mapping[str, str]
    policy: str
    config: str
    decision: str
    enforced: bool
    count: int = 1
    number: int = 0


_FIELDS = tuple(name for name in Entry.__dataclass_fields__ if name not in ("count", "number"))


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `verify` found.

    Args:
        ok: the chain is whole and reaches the anchored head.
        rows: rows that were read.
        anchored: the number of the row that the head file names, 0 without one.
        problem: `""`, `edited`, `missing-row`, `truncated`, `head-missing` or `head-forged`.
        row: the first row that is wrong, `None` when none is.
    """

    ok: bool
    rows: int
    anchored: int
    problem: str = ""
    row: int | None = None


class Ledger:
    """The ledger of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: set[str] = set()
        self._repeats: Counter[str] = Counter()
        self._pending: tuple[set[str], Counter[str]] = (set(), Counter())

    def append(self, entries: Iterable[Entry]) -> None:
        """Write entries; they are on disk when this returns.

        Raises:
            StoreError: they are not.
        """
        fresh = self.unwritten(entries)
        if fresh:
            with self._database.write() as connection:
                self.append_within(connection, fresh)
            self.committed()

    def unwritten(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries that this process has not written yet; the others are counted."""
        return [entry for entry in entries if not self._repeated(entry)]

    def append_within(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        """Write entries as a part of the caller's transaction; the caller calls `committed` after it."""
        number, last = _newest(connection)
        rows = []
        for columns in self._columns(connection, entries):
            number += 1
            last = link(last, number, columns)
            rows.append((number, *columns, last))
        connection.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", rows)
        if rows and _newest(connection) != (number, last):  # a trigger that somebody put in swallowed them
            raise StoreError("the ledger did not keep what was written")

    def committed(self) -> None:
        """Take note that the transaction of `append_within` is on disk, and anchor the chain.

        The newest row's number and hash go outside the database; an older head never replaces a newer one.

        Raises:
            StoreError: the head cannot be written.
        """
        seen, counted = self._pending
        self._pending = (set(), Counter())
        self._known = seen if len(self._known) > _KNOWN else self._known | seen
        self._repeats -= counted
        with self._database.write() as connection:  # nobody else puts a head in place meanwhile
            number, last = _newest(connection)
            if number > self._head()[0]:
                self._anchor(number, last)

    def _anchor(self, number: int, last: str) -> None:
        text = f"{number} {last} {self._seal(number, last)}\n"
        try:
            write_private(self._database.home / HEAD_FILE, text.encode("ascii"))
        except OSError as error:
            raise StoreError("the ledger's head cannot be written") from error

    def close(self) -> None:
        """Append what was counted since the last decision."""
        if self._repeats:
            with self._database.write() as connection:
                self.append_within(connection, ())
            self.committed()

    def rows(
        self,
        since: datetime | None = None,
        limit: int | None = None,
        package: str | None = None,
        decision: str | None = None,
    ) -> list[Entry]:
        """Entries, oldest first, with their counts.

        Args:
            since: only those decided at or after this moment.
            limit: only the newest so many.
            package: only this one, as `ecosystem:name`.
            decision: only those of this id.
        """
        found = self._database.read(
            "SELECT n, body FROM ledger WHERE decision IS NOT NULL AND (?1 IS NULL OR package = ?1)"
            " AND (?2 IS NULL OR time >= ?2) AND (?4 IS NULL OR decision = ?4) ORDER BY n DESC LIMIT ?3",
            (package, since and since.astimezone(UTC).isoformat(timespec="milliseconds"), limit or -1, decision),
        )
        entries = [_entry(number, body) for number, body in reversed(found)]
        counts = self._counts()
        return [replace(entry, count=1 + counts[entry.decision]) for entry in entries]

    def packages(self) -> frozenset[str]:
        """Every package that a decision is about, as `ecosystem:name`."""
        found = self._database.read("SELECT DISTINCT package FROM ledger WHERE decision IS NOT NULL")
        return frozenset(str(package) for (package,) in found)

    def verify(self) -> ChainReport:
        """Prove the chain from its first row, and that it reaches the anchored head."""
        anchored, anchor_hash, problem = self._head()
        number, last = 0, ""
        for found, columns, stored in self._chain():
            number += 1
            if found != number:
                return ChainReport(False, number - 1, anchored, "missing-row", number)
            last = link(last, number, columns)
            if last != stored or (number == anchored and last != anchor_hash):
                return ChainReport(False, number, anchored, "edited", number)
        if problem and (number or problem == "head-forged"):
            return ChainReport(False, number, anchored, problem, None)
        if number < anchored:
            return ChainReport(False, number, anchored, "truncated", number + 1)
        return ChainReport(True, number, anchored)

    # ------------------------------------------------------------ writing

    def _repeated(self, entry: Entry) -> bool:
        """Whether this process wrote the decision already; counts it if so."""
        if identity(entry) not in self._known:
            return False
        self._repeats[entry.decision] += 1
        return True

    def _columns(self, connection: sqlite3.Connection, entries: Iterable[Entry]) -> list[Columns]:
        """What to append: new decisions, then one row of counts for those that are written already."""
        seen: set[str] = set()
        again: Counter[str] = Counter()
        rows: list[Columns] = []
        for entry in entries:
            key = identity(entry)
            if key in seen or key in self._known or _written(connection, entry):
                again[entry.decision] += 1
            else:
                body = _text({field: getattr(entry, field) for field in _FIELDS})
                rows.append((entry.time, entry.package, entry.decision, body))
            seen.add(key)
        counts = self._repeats + again
        self._pending = (seen, Counter(self._repeats))
        return [*rows, (None, None, None, _text({"repeats": counts}))] if counts else rows

    # ------------------------------------------------------------ reading

    def _chain(self) -> Iterator[tuple[int, Columns, str]]:
        """Every row in order, a page at a time."""
        first = -(1 << 63)  # the smallest number that SQLite knows: no row stands outside what is verified
        while page := self._database.read(
            "SELECT n, time, package, decision, body, hash FROM ledger WHERE n >= ? ORDER BY n LIMIT ?", (first, _PAGE)
        ):
            for number, time, package, decision, body, stored in page:
                yield number, (time, package, decision, body), str(stored)
            first = page[-1][0] + 1

    def _counts(self) -> Counter[str]:
        """Decision id to how often it was repeated, what is still only in memory included."""
        counts = Counter(self._repeats)
        for (body,) in self._database.read("SELECT body FROM ledger WHERE decision IS NULL"):
            counts.update(_repeats(body))
        return counts

    def _head(self) -> tuple[int, str, str]:
        """Number and hash of the anchored row, and what is wrong with the head file (`""` if nothing)."""
        try:
            text = (self._database.home / HEAD_FILE).read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return 0, "", "head-missing"
        except OSError as error:
            raise StoreError("the ledger's head cannot be read") from error
        parts = text.split()
        if len(parts) != 3 or not parts[0].isdecimal():
            return 0, "", "head-forged"
        number, last, seal = int(parts[0]), parts[1], parts[2]
        genuine = hmac.compare_digest(seal.encode(), self._seal(number, last).encode())
        return (number, last, "") if genuine else (0, "", "head-forged")

    def _seal(self, number: int, last: str) -> str:
        return hmac.new(self._database.key, f"head {number} {last}".encode(), "sha256").hexdigest()


def link(previous: str, number: int, columns: Columns) -> str:
    """The hash of a row: SHA-256 over the previous row's hash, its number and its columns."""
    return sha256(repr((previous, number, *columns)).encode()).hexdigest()


def identity(entry: Entry) -> str:
    """What makes two answers the same decision."""
    return f"{entry.decision} {entry.purl} {entry.rule}"


def _newest(connection: sqlite3.Connection) -> tuple[int, str]:
    found = connection.execute("SELECT n, hash FROM ledger ORDER BY n DESC LIMIT 1").fetchone()
    return (int(found[0]), str(found[1])) if found else (0, "")


def _written(connection: sqlite3.Connection, entry: Entry) -> bool:
    """Whether another process (hook, shim, gate) wrote this decision already."""
    found = connection.execute("SELECT body FROM ledger WHERE decision = ?", (entry.decision,))
    return any(identity(_entry(0, body)) == identity(entry) for (body,) in found)


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def _entry(number: int, text: str) -> Entry:
    """A stored row as an entry.

    Raises:
        StoreError: the row is not one that we wrote.
    """
    try:
        body = json.loads(text)
        for field in ("files", "digests"):
            body[field] = tuple(body[field])
        return Entry(**body, number=number)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(_UNREADABLE, _VERIFY) from error


def _repeats(text: str) -> dict[str, int]:
    """A stored row of counts.

    Raises:
        StoreError: the row is not one that we wrote.
    """
    try:
        return {decision: int(count) for decision, count in json.loads(text)["repeats"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(_UNREADABLE, _VERIFY) from error
