"""A forecast in the watchlist: the newest of its kind, with the dates of all.

Invariants: a name that an earlier run of the same kind predicted keeps the date of its first prediction: one that was
predicted in March, registered in May and predicted again in June was predicted before it was registered. Whatever ends
a run in the middle leaves what was there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace as changed
from datetime import datetime

from slopguard.forecast.model import Steps
from slopguard.model import Ecosystem
from slopguard.watchlist.answers import Kept
from slopguard.watchlist.layout import UNRANKED, Line, stats_of
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import WINDOW, Watchlist

_KIND = ("about", "ecosystem")
"""What of a batch's detail says of which kind it is."""


def replace(
    watchlist: Watchlist,
    batch: Batch,
    rows: Sequence[Watched],
    steps: Steps = lambda many: None,
    *,
    keep: bool = False,
) -> None:
    """Put a batch in the place of all earlier ones of its kind, in one transaction.

    Args:
        batch: of one ecosystem, named in its detail.
        keep: names that it does not hold any more stay, as they were, in the new batch: an agent takes none out.

    Raises:
        StoreError: the watchlist cannot be read or written; what was there still is.
        ConfigError: a newer slopguard wrote it.
    """
    ecosystem = Ecosystem(batch.detail["ecosystem"])
    before = [kept for kept in watchlist.batches() if same_kind(kept.batch, batch)]
    old = _before(watchlist, before, ecosystem)
    groups: defaultdict[datetime, list[Line]] = defaultdict(list)
    for row in rows:
        at, _ = old.get(row.name, (batch.at, row))
        groups[min(at, batch.at)].append(_line(row))
    mine = {row.name for row in rows}
    for at, row in old.values() if keep else ():
        if row.name not in mine:
            groups[min(at, batch.at)].append(_line(row))
    with watchlist.filling(without=[kept.number for kept in before]) as filling:
        for at, lines in groups.items():
            for start in range(0, len(lines), WINDOW):
                part = lines[start : start + WINDOW]
                filling.put(changed(batch, at=at), ecosystem, part)
                steps(len(part))
        filling.finish()


def same_kind(one: Batch, other: Batch) -> bool:
    """Whether a run that made one of them takes the place of the run that made the other."""
    keys = [(each.origin, each.source, *(each.detail.get(key) for key in _KIND)) for each in (one, other)]
    return keys[0] == keys[1] and None not in keys[0]


def _line(row: Watched) -> Line:
    return Line(row.name, UNRANKED if row.rank is None else row.rank, stats_of(row))


def _before(watchlist: Watchlist, before: Sequence[Kept], ecosystem: Ecosystem) -> dict[str, tuple[datetime, Watched]]:
    """When each name of these batches was predicted first, and what is known of it."""
    if not before:
        return {}
    found: dict[str, tuple[datetime, Watched]] = {}
    earlier = {_key(kept.batch) for kept in before}
    for sighting in watchlist.everything(ecosystem):
        if _key(sighting.batch) in earlier:
            name, at = sighting.watched.name, sighting.batch.at
            earlier_at, row = found.get(name, (at, sighting.watched))
            found[name] = min(earlier_at, at), row
    return found


def _key(batch: Batch) -> tuple[object, ...]:
    return (batch.origin, batch.source, batch.at, batch.expires, *sorted(batch.detail.items()))
