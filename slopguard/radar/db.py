"""`radar.db`: one SQLite file in `SLOPGUARD_HOME`, opened safely and migrated forward.

Invariants: the file is 0600; a committed change survives the end of the process, however it ends; a file that a newer
slopguard wrote is refused; whatever SQLite reports is a `StoreError`. Losing the file loses when names were asked about
and the evidence of alarms; it allows nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slopguard.errors import ConfigError, StoreError

FILE = "radar.db"
BUSY_SECONDS = 10.0

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


def opened(home: Path) -> sqlite3.Connection:
    """A connection to the file, which is made if it is not there.

    Raises:
        StoreError: it cannot be opened.
        ConfigError: a newer slopguard wrote it.
    """
    with reported():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = home / FILE
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        _migrate(connection)
        return connection


def _migrate(connection: sqlite3.Connection) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise ConfigError("radar.db was written by a newer slopguard", "Upgrade slopguard, or set SLOPGUARD_HOME")
    if version == len(MIGRATIONS):
        return
    with written(connection):
        for statement in (each for step in MIGRATIONS[version:] for each in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


@contextmanager
def written(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One transaction: all of it or none.

    Raises:
        StoreError: it could not be written.
    """
    with reported():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def read(connection: sqlite3.Connection, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Every row that `statement` selects.

    Raises:
        StoreError: the file cannot be read.
    """
    with reported():
        return connection.execute(statement, values).fetchall()


@contextmanager
def reported() -> Iterator[None]:
    """Turn what SQLite and the file system report into our one error, without their words."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError("radar.db cannot be read or written") from error
