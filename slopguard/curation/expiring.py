"""What ends soon, or has ended: entries, imported data, and the signatures of roles.

Invariants: read from the sources and from the metadata as published last; roles that no longer sign anything do not
count. An entry counts through its last day, a signature until its moment; imported data are due a fixed time after the
day that they are of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from slopguard.curation.diff import delegated, newest, signed_part
from slopguard.curation.export import entries
from slopguard.curation.importing import FILES, STALE, age_of
from slopguard.curation.layout import Layout
from slopguard.errors import InputError

IMPORTED_SOON = timedelta(days=7)
"""How long ahead imported data are named at most: fresh ones are always due within a month."""
TOP = frozenset({"root", "targets", "snapshot", "timestamp"})


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that ends.

    Args:
        what: `entry`, `data` or `signature`.
        place: the list of an entry; the file of imported data; the role of a signature.
        kind: an entry's kind; empty for the rest.
        package: `ECOSYSTEM:NAME`; empty for the rest.
        owner: who answers for the entry.
        day: its last day.
        ended: whether it is over.
    """

    what: str
    place: str
    kind: str
    package: str
    owner: str
    day: date
    ended: bool


def expiring(layout: Layout, now: datetime, within: timedelta) -> tuple[Ending, ...]:
    """What ends within this time, or has ended; what ends first comes first.

    Raises:
        InputError: a source or a signed file cannot be read.
    """
    found = [
        *_entries(layout, now.date(), within),
        *_data(layout, now.date(), within),
        *_signatures(layout, now, within),
    ]
    return tuple(sorted(found, key=lambda each: (each.day, each.what, each.place, each.package, each.kind)))


def _entries(layout: Layout, today: date, within: timedelta) -> Iterator[Ending]:
    for name, entry in entries(layout):
        if entry.expires is not None and entry.expires - today <= within:
            package = f"{entry.ecosystem.value}:{entry.name}"
            yield Ending("entry", name, entry.kind, package, entry.owner, entry.expires, entry.ended(today))


def _data(layout: Layout, today: date, within: timedelta) -> Iterator[Ending]:
    """Files that were imported and should be imported again."""
    for path in (layout.watch / FILES["deny"], layout.common / FILES["fix"]):
        day = age_of(path)
        if day is not None and day + STALE - today <= min(within, IMPORTED_SOON):
            yield Ending("data", layout.shown(path), "", "", "", day + STALE, day + STALE < today)


def _signatures(layout: Layout, now: datetime, within: timedelta) -> Iterator[Ending]:
    files = newest(layout)
    timestamp = layout.metadata / "timestamp.json"
    if timestamp.is_file():
        files["timestamp"] = timestamp
    counting = TOP | delegated(layout)
    for role, path in files.items():
        ends = _moment(signed_part(path).get("expires"), path.name)
        if role in counting and ends - now <= within:
            yield Ending("signature", role, "", "", "", ends.date(), ends <= now)


def _moment(text: object, name: str) -> datetime:
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise InputError(f"metadata/{name}: does not say when it expires", "Take it from the history of git") from None
