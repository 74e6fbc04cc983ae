"""Rows of the watchlist as text: JSON lines and CSV lose nothing; plain names and rows of a list hold what they can.

Invariants: pure; one row a line; what is written here, `importing` reads again.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from slopguard.model import WatchRow
from slopguard.watchlist.model import Sighting
from slopguard.watchlist.records import KEYS, record_of

AT_ONCE = 1000
"""Rows that become text together."""


def text(form: str, sightings: Iterable[Sighting]) -> Iterator[str]:
    """Rows as lines, several together.

    Args:
        form: one of `FORMS`.
    """
    return FORMS[form](sightings)


def list_row(ecosystem: str, name: str, row: WatchRow) -> str:
    """A row as it stands in a signed list (`slopguard.lists.rows`)."""
    at = row.predicted_at.date().isoformat() if row.predicted_at is not None else None
    told = {"origin": row.origin, "source": row.source, "rank": row.rank, "models": row.models or None, "at": at}
    fields = "".join(f"\t{key}={value}" for key, value in told.items() if value is not None)
    return f"{ecosystem}\t{name}\twatch{fields}"


def row_of(sighting: Sighting) -> WatchRow:
    """What a sighting says by itself, as evidence."""
    batch, row = sighting.batch, sighting.watched
    return WatchRow(batch.origin, batch.source, row.rank, row.models, batch.at, batch.expires)


def _names(sightings: Iterable[Sighting]) -> Iterator[str]:
    for each in sightings:
        yield f"{each.watched.name}\n"


def _rows(sightings: Iterable[Sighting]) -> Iterator[str]:
    for each in sightings:
        yield list_row(each.watched.ecosystem.value, each.watched.name, row_of(each)) + "\n"


def _json(sightings: Iterable[Sighting]) -> Iterator[str]:
    for each in sightings:
        yield json.dumps(record_of(each), separators=(",", ":")) + "\n"


def _csv(sightings: Iterable[Sighting]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, KEYS, lineterminator="\n")
    writer.writeheader()
    for at, each in enumerate(sightings, 1):
        record = record_of(each)
        if "detail" in record:
            record["detail"] = json.dumps(record["detail"], separators=(",", ":"))
        writer.writerow(record)
        if not at % AT_ONCE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


FORMS: Mapping[str, Callable[[Iterable[Sighting]], Iterator[str]]] = {
    "csv": _csv,
    "jsonl": _json,
    "tsv": _rows,
    "txt": _names,
}
"""The forms of a file, by their suffix."""
