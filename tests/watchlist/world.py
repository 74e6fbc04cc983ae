"""Watchlists for tests: batches of one moment, names in order, and a file in an empty home."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from slopguard.model import Ecosystem, NormalizedName
from slopguard.watchlist.answers import Place
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM


def batch(source: str = "embedded", origin: str = "generated", days: float = 0, **more: object) -> Batch:
    """A batch made some days ago."""
    return Batch(origin, source, NOW - timedelta(days=days), **more)  # type: ignore[arg-type]  # fields by keyword


def rows(*names: str, ecosystem: Ecosystem = PYPI, first: int | None = 1, **more: object) -> list[Watched]:
    """Rows in the order of their rank; without one if `first` is `None`."""
    ranks = [None if first is None else first + at for at in range(len(names))]
    return [
        Watched(ecosystem, NormalizedName(name), rank, **more)  # type: ignore[arg-type]  # fields by keyword
        for name, rank in zip(names, ranks, strict=True)
    ]


def ordered(
    watchlist: Watchlist, ecosystem: Ecosystem | None = None, size: int = 7
) -> Iterator[tuple[int | None, str]]:
    """Rank and name of everything, page by page."""
    after: Place | None = None
    while page := watchlist.ranked(ecosystem, after, size, NOW):
        yield from ((each.sighting.watched.rank, each.sighting.watched.name) for each in page)
        after = page[-1].place


def sound(home: Path) -> None:
    """Every line of a chunk is pointed at once, and nothing else is."""
    import sqlite3

    from slopguard.watchlist.layout import lines_of, placed

    connection = sqlite3.connect(home / "watch.db")
    (salt,) = connection.execute("SELECT bytes FROM salt").fetchone()
    parts = dict(connection.execute("SELECT part, ecosystem FROM parts"))
    wanted = sorted(
        (bucket, f"{mark[1:]}{chunk}")
        for chunk, part, first, body in connection.execute("SELECT id, part, first, body FROM chunks")
        for line in lines_of(first, body)
        for bucket, mark in [placed(Ecosystem(parts[part]), line.name, salt)]
    )
    found = sorted(
        (bucket, ref)
        for bucket, refs in connection.execute("SELECT id, refs FROM buckets")
        for ref in refs.split("|")[1:]
    )
    counted = dict(connection.execute("SELECT part, rows FROM parts"))
    held = dict.fromkeys(counted, 0)
    for part, first, body in connection.execute("SELECT part, first, body FROM chunks"):
        held[part] += len(lines_of(first, body))
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert found == wanted
    assert held == counted
