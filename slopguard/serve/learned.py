"""What versions that were served require, known to all worker processes of a server at once.

A client speaks to several workers: one hands out the metadata, another is asked for what it names. Invariants: a name
is written before the answer that holds it is complete; what one token's versions require counts for that token; the
file begins empty with each server and is gone with it, so that nothing which somebody put there counts.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from slopguard.gate.arrival import Arrivals
from slopguard.model import Arrival, Ecosystem, NormalizedName

FILE = "required.sqlite"
DAY = 86_400
"""Seconds that a name counts after it was last seen."""
BUSY = 5.0


class Required:
    """The shared table of one server.

    Args:
        run: the folder of this run of the server.
    """

    def __init__(self, run: Path) -> None:
        self._connection = sqlite3.connect(run / FILE, timeout=BUSY, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = OFF"):  # it need not outlive the server
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS required (token TEXT, ecosystem TEXT, name TEXT, seen INTEGER,"
            " PRIMARY KEY (token, ecosystem, name)) WITHOUT ROWID"
        )

    def add(self, token: str, ecosystem: Ecosystem, names: Iterable[str]) -> None:
        """Write names that something served to a token requires."""
        now = int(time.time())
        rows = [(token, ecosystem.value, name, now) for name in names]
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("INSERT OR REPLACE INTO required VALUES (?, ?, ?, ?)", rows)
        finally:
            self._connection.execute("COMMIT")

    def has(self, token: str, ecosystem: Ecosystem, name: str) -> bool:
        """Whether something served to a token within the last day requires a name."""
        asked = (token, ecosystem.value, name, int(time.time()) - DAY)
        found = self._connection.execute(
            "SELECT 1 FROM required WHERE token = ? AND ecosystem = ? AND name = ? AND seen > ?", asked
        )
        return found.fetchone() is not None

    def prune(self) -> None:
        """Take out what counts no more."""
        self._connection.execute("DELETE FROM required WHERE seen <= ?", (int(time.time()) - DAY,))

    def close(self) -> None:
        """Close the table."""
        self._connection.close()


class SharedArrivals(Arrivals):
    """How names came up in the sessions of one token, in all workers.

    Args:
        table: what all workers know.
        token: whose.
    """

    __slots__ = ("_table", "_token")

    def __init__(self, table: Required, token: str) -> None:
        super().__init__(None)
        self._table, self._token = table, token

    def learn(self, ecosystem: Ecosystem, names: Iterable[NormalizedName]) -> None:
        """Remember names required by an admitted version, for all workers."""
        fresh = {name for name in names if (ecosystem, name) not in self._required}
        if fresh:
            self._table.add(self._token, ecosystem, fresh)
            super().learn(ecosystem, fresh)

    def of(self, ecosystem: Ecosystem, name: NormalizedName) -> Arrival:
        """How this name came up, by what any worker knows now."""
        if (ecosystem, name) not in self._required and self._table.has(self._token, ecosystem, name):
            super().learn(ecosystem, (name,))
        return super().of(ecosystem, name)
