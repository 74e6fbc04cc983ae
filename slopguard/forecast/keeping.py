"""A forecast in the watchlist: the newest of its kind, with the dates of all.

Invariants: a name that an earlier run of the same kind predicted keeps the date of its first prediction: one that was
predicted in March, registered in May and predicted again in June was predicted before it was registered. The earlier
batches go once the new one is on disk, so that whatever ends a run in the middle leaves too many names, never too few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace as changed
from datetime import datetime
from typing import Protocol

from slopguard.forecast.model import Steps
from slopguard.model import Ecosystem
from slopguard.watchlist.answers import Kept
from slopguard.watchlist.model import Batch, Sighting, Watched

_KIND = ("about", "ecosystem")
"""What of a batch's detail says of which kind it is."""


class Watching(Protocol):
    """What a forecast needs of `slopguard.watchlist.watchlist.Watchlist`."""

    def batches(self) -> tuple[Kept, ...]:
        """Every batch."""
        ...

    def everything(self, ecosystem: Ecosystem | None = None) -> Iterator[Sighting]:
        """Every row."""
        ...

    def add(self, batch: Batch, names: Iterable[Watched], steps: Steps) -> object:
        """Add a batch in one transaction."""
        ...

    def remove_batch(self, number: int) -> object:
        """Take a batch out."""
        ...


def replace(watchlist: Watching, batch: Batch, rows: Sequence[Watched], steps: Steps = lambda many: None) -> None:
    """Put a batch in the place of all earlier ones of its kind.

    Args:
        batch: of one ecosystem, named in its detail.

    Raises:
        StoreError: the watchlist cannot be read or written.
        ConfigError: a newer slopguard wrote it.
    """
    before = [kept for kept in watchlist.batches() if same_kind(kept.batch, batch)]
    first = _first(watchlist, before, Ecosystem(batch.detail["ecosystem"]))
    groups: defaultdict[datetime, list[Watched]] = defaultdict(list)
    for row in rows:
        groups[min(first.get(row.name, batch.at), batch.at)].append(row)
    for at, group in groups.items():
        watchlist.add(changed(batch, at=at), group, steps)
    for kept in before:
        watchlist.remove_batch(kept.number)


def same_kind(one: Batch, other: Batch) -> bool:
    """Whether a run that made one of them takes the place of the run that made the other."""
    keys = [(each.origin, each.source, *(each.detail.get(key) for key in _KIND)) for each in (one, other)]
    return keys[0] == keys[1] and None not in keys[0]


def _first(watchlist: Watching, before: Sequence[Kept], ecosystem: Ecosystem) -> dict[str, datetime]:
    """When each name of these batches was predicted first."""
    if not before:
        return {}
    found: dict[str, datetime] = {}
    earlier = {_key(kept.batch) for kept in before}
    for sighting in watchlist.everything(ecosystem):
        if _key(sighting.batch) in earlier:
            name, at = sighting.watched.name, sighting.batch.at
            found[name] = min(found.get(name, at), at)
    return found


def _key(batch: Batch) -> tuple[object, ...]:
    return (batch.origin, batch.source, batch.at, batch.expires, *sorted(batch.detail.items()))
