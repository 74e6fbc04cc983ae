"""`radar.db`: what the radar remembers, beside the main database in `SLOPGUARD_HOME`.

Invariants: those of `store.sqlite`. Losing the file loses when names were asked about and the evidence of alarms (the
ledger has the alarms); it allows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

FILE = "radar.db"

MIGRATIONS: Sequence[Sequence[str]] = (
    (
        (
            "CREATE TABLE names (ecosystem TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,"
            " asked INTEGER NOT NULL, free_from INTEGER, free_until INTEGER, held TEXT,"
            " PRIMARY KEY (ecosystem, name)) WITHOUT ROWID"
        ),
        (
            "CREATE TABLE alarms (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, ecosystem TEXT NOT NULL,"
            " name TEXT NOT NULL, seen INTEGER NOT NULL, body TEXT NOT NULL, written INTEGER, marked INTEGER,"
            " delivered INTEGER, told INTEGER)"
        ),
        (
            "CREATE TABLE wanted (ecosystem TEXT NOT NULL, name TEXT NOT NULL,"
            " PRIMARY KEY (ecosystem, name)) WITHOUT ROWID"
        ),
        "CREATE TABLE feeds (place TEXT PRIMARY KEY, at TEXT NOT NULL, held TEXT, read INTEGER NOT NULL)",
        "CREATE TABLE waits (host TEXT PRIMARY KEY, until INTEGER NOT NULL)",
    ),
)
"""Statements that lead from each version to the next; the version is `PRAGMA user_version`."""
