"""Batches and parts as they stand in the tables of `watch.db`, read and written.

Invariant: what cannot be read as what it must be is a `StoreError`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from slopguard.model import Ecosystem
from slopguard.watchlist.layout import damaged
from slopguard.watchlist.model import Batch

Queries = sqlite3.Connection | sqlite3.Cursor
_BATCH = "b.number, b.origin, b.source, b.at, b.expires, b.detail"


@dataclass(frozen=True, slots=True)
class Part:
    """Names of one batch and ecosystem, in the order of their rank.

    Args:
        number: of its batch.
        rows: how many names there are.
        last: the greatest rank among them.
    """

    part: int
    number: int
    batch: Batch
    ecosystem: Ecosystem
    rows: int
    last: int


def parts(connection: Queries) -> Iterator[Part]:
    """Every part, oldest batch first.

    Raises:
        StoreError: one makes no sense.
    """
    statement = (
        f"SELECT {_BATCH}, p.part, p.ecosystem, p.rows, p.last"  # noqa: S608  names of columns
        " FROM parts p JOIN batches b ON b.number = p.batch ORDER BY b.number, p.part"
    )
    made: dict[int, Batch] = {}
    for number, *told, part, ecosystem, rows, last in connection.execute(statement).fetchall():
        if number not in made:
            made[number] = _batch(told)
        try:
            yield Part(part, number, made[number], Ecosystem(ecosystem), rows, last)
        except ValueError as error:
            raise damaged() from error


def batches(connection: Queries) -> Iterator[tuple[int, Batch]]:
    """Every batch with its number.

    Raises:
        StoreError: one makes no sense.
    """
    statement = f"SELECT {_BATCH} FROM batches b ORDER BY b.number"  # noqa: S608  names of columns
    for number, *told in connection.execute(statement).fetchall():
        yield number, _batch(told)


def as_row(batch: Batch) -> tuple[str, str, str, str | None, str]:
    """A batch as it stands in its table, without its number."""
    detail = json.dumps(dict(batch.detail), sort_keys=True, separators=(",", ":"))
    expires = batch.expires.isoformat() if batch.expires is not None else None
    return batch.origin, batch.source, batch.at.isoformat(), expires, detail


def moment(text: str | None) -> datetime | None:
    """A moment as it is kept.

    Raises:
        StoreError: it is none, or has no zone.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise damaged() from error
    if found.tzinfo is None:
        raise damaged()
    return found


def missing() -> NoReturn:
    """Report that a name stands in a part that is not there."""
    raise damaged()


def _batch(told: list[str | None]) -> Batch:
    origin, source, at, expires, detail = told
    try:
        known = json.loads(detail or "")
        predicted = moment(at)
    except ValueError as error:
        raise damaged() from error
    if not origin or not source or predicted is None or not isinstance(known, dict):
        raise damaged()
    return Batch(origin, source, predicted, moment(expires), known)
