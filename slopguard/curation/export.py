"""All entries as JSON or CSV, for other programs.

Invariants: every entry is there once, sorted; no cell of the CSV is a formula to a spreadsheet.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from slopguard.curation.entries import ListEntry
from slopguard.curation.layout import Layout
from slopguard.curation.sources import read_list

SCHEMA = "slopguard/lists-export/1"
COLUMNS = (
    *("list", "kind", "ecosystem", "name", "versions", "hashes", "owner", "reason", "reviewer", "added", "expires"),
    *("rank", "rule", "id", "origin", "source", "models", "at"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet run a cell instead of showing it; the last four are wide forms of the first four."""


def entries(layout: Layout) -> Iterator[tuple[str, ListEntry]]:
    """Every entry of the repository with the name of its list.

    Raises:
        InputError: a source cannot be read.
    """
    for name, folder in layout.folders().items():
        yield from ((name, entry) for entry in read_list(folder))


def as_dict(name: str, entry: ListEntry) -> dict[str, Any]:
    """An entry as JSON has it; keys without a value are left out."""
    found = {
        "list": name,
        "kind": entry.kind,
        "ecosystem": entry.ecosystem.value,
        "name": entry.name,
        "versions": list(entry.versions),
        "hashes": list(entry.hashes),
        "owner": entry.owner,
        "reason": entry.reason,
        "reviewer": entry.reviewer,
        "added": entry.added and entry.added.isoformat(),
        "expires": entry.expires and entry.expires.isoformat(),
        **entry.more,
    }
    return {key: value for key, value in found.items() if value}


def as_json(layout: Layout) -> str:
    """All entries as one JSON document, in ASCII.

    Raises:
        InputError: a source cannot be read.
    """
    rows = ",\n  ".join(json.dumps(as_dict(name, entry)) for name, entry in entries(layout))
    return f'{{"schema": "{SCHEMA}", "entries": [\n  {rows}\n]}}\n'


def as_csv(layout: Layout) -> str:
    """All entries as CSV, one a row; several values of one cell are separated by `; `.

    A cell that a spreadsheet would run gets a `'` in front, as spreadsheets do themselves for text.

    Raises:
        InputError: a source cannot be read.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, entry in entries(layout):
        found = as_dict(name, entry)
        writer.writerow([_cell(found.get(column, "")) for column in COLUMNS])
    return text.getvalue()


def _cell(value: str | list[str]) -> str:
    text = "; ".join(value) if isinstance(value, list) else value
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text.startswith(FORMULA) else text
