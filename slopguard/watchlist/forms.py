"""What the lines of a file say, by the form of the file.

* `txt`: a name, best first; `pypi:NAME` and `npm:NAME` say where it belongs; blank lines and `#` say nothing.
* `csv`: a name, then its ecosystem and its rank in either order, then anything (what `forecast run -o` writes); or the
  columns that the first line names (`records.KEYS`).
* `jsonl`: a record (`records.KEYS`).
* `tsv`: a row of a signed list (`slopguard.lists.rows`), of which only watch rows belong here.

Invariant: each line is put, or reported with its number.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from slopguard.model import Ecosystem
from slopguard.watchlist.importing import Entry, Importing
from slopguard.watchlist.model import Sighting
from slopguard.watchlist.records import KEYS, Wrong, ecosystem_of, rank_of, sighting_of

NO_ECOSYSTEM = "nothing says whether it is of pypi or npm: add -e"
_ECOSYSTEMS = {each.value: each for each in Ecosystem}
Line = TypeVar("Line")
_IN_ROWS = frozenset({"origin", "source", "rank", "models", "at"})


class Form(Protocol):
    """Puts the lines of one form."""

    def __call__(self, importing: Importing, lines: Sequence[str], number: int, /) -> None:
        """Put these lines.

        Args:
            number: of the first of them.
        """
        ...


def names(importing: Importing, lines: Sequence[str], number: int) -> None:
    """Lines that hold a name each."""
    if importing.ecosystem is not None and importing.put_plain(importing.ecosystem, lines):
        return
    told: defaultdict[Ecosystem, list[Entry]] = defaultdict(list)
    for at, line in enumerate(lines, number):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        prefix, colon, rest = text.partition(":")
        named = _ECOSYSTEMS.get(prefix) if colon else None
        ecosystem = named or importing.ecosystem or (Ecosystem.NPM if text.startswith("@") else None)
        if ecosystem is None:
            importing.read.wrong(at, NO_ECOSYSTEM)
        else:
            told[ecosystem].append(Entry(at, rest if named else text))
    for ecosystem, entries in told.items():
        importing.put(ecosystem, entries)


def cells(importing: Importing, lines: Sequence[str], number: int) -> None:
    """Lines of comma-separated cells."""
    told: defaultdict[Ecosystem, list[Entry]] = defaultdict(list)
    records: list[tuple[int, Sequence[str]]] = []
    for at, line in enumerate(lines, number):
        row = _cells(line)
        if row is None:
            importing.read.wrong(at, "a quote in it does not end")
        elif at == 1 and {"name", "ecosystem"} <= set(row) <= set(KEYS):
            importing.columns = tuple(row)
        elif not any(row):
            continue
        elif importing.columns:
            records.append((at, row))
        else:
            try:
                ecosystem, entry = _entry(importing, at, row)
                told[ecosystem].append(entry)
            except Wrong as why:
                importing.read.wrong(at, str(why))
    _put_records(importing, records, partial(_record, importing.columns))
    for ecosystem, entries in told.items():
        importing.put(ecosystem, entries)


def records(importing: Importing, lines: Sequence[str], number: int) -> None:
    """Lines that hold a JSON object each."""
    told = [(at, line) for at, line in enumerate(lines, number) if line.strip()]
    _put_records(importing, told, _object)


def list_rows(importing: Importing, lines: Sequence[str], number: int) -> None:
    """Lines that are rows of a signed list."""
    told = [(at, line) for at, line in enumerate(lines, number) if line.strip() and not line.startswith("#")]
    _put_records(importing, told, _row)


FORMS: Mapping[str, Form] = {"csv": cells, "jsonl": records, "tsv": list_rows, "txt": names}
"""The forms of a file, by their suffix."""
SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".tsv": "tsv", ".txt": "txt"}


def guessed(first: str) -> str:
    """The form of a file by its first line."""
    if first.lstrip().startswith("{"):
        return "jsonl"
    if first.startswith("#slopguard-rows/") or "\twatch" in first:
        return "tsv"
    return "csv" if "," in first else "txt"


def _put_records(
    importing: Importing, told: Sequence[tuple[int, Line]], record_of: Callable[[Line], dict[str, Any]]
) -> None:
    found: list[Sighting] = []
    for at, line in told:
        try:
            found.append(sighting_of(record_of(line), importing.batch, importing.ecosystem))
        except Wrong as why:
            importing.read.wrong(at, str(why))
    importing.put_sightings(found)


def _cells(line: str) -> Sequence[str] | None:
    """The cells of a line by itself: a quote that does not end must not take the lines after it along."""
    if '"' not in line:
        return line.rstrip("\r").split(",")
    try:
        return next(csv.reader([line], strict=True), ())
    except csv.Error:
        return None


def _entry(importing: Importing, number: int, row: Sequence[str]) -> tuple[Ecosystem, Entry]:
    named, rank = told(row)
    ecosystem = named or importing.ecosystem
    if ecosystem is None:
        raise Wrong(NO_ECOSYSTEM)
    return ecosystem, Entry(number, row[0], rank)


def told(row: Sequence[str]) -> tuple[Ecosystem | None, int | None]:
    """The ecosystem and the rank that stand behind a name; nothing where it is something else that stands there.

    Raises:
        Wrong: an ecosystem does, and beside it a rank that is none.
    """
    first, second = (*row[1:3], "", "")[:2]
    if first in _ECOSYSTEMS:
        return _ECOSYSTEMS[first], rank_of(second)
    return (_ECOSYSTEMS[second], rank_of(first)) if second in _ECOSYSTEMS else (None, None)


def _record(columns: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    if len(row) > len(columns):
        raise Wrong("it has more cells than the first line")
    found: dict[str, Any] = {key: cell for key, cell in zip(columns, row, strict=False) if cell}
    return found | ({"detail": _object(found["detail"])} if "detail" in found else {})


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Wrong("it is no JSON") from None
    if not isinstance(found, dict):
        raise Wrong("it is no JSON object")
    return found


def _row(line: str) -> dict[str, Any]:
    parts = line.split("\t")
    if len(parts) < 3 or parts[2] != "watch":
        raise Wrong("it is no watch row: ECOSYSTEM, NAME, watch, with tabs between")
    fields = dict(part.partition("=")[::2] for part in parts[3:])
    if not fields.keys() <= _IN_ROWS or len(fields) < len(parts) - 3:
        raise Wrong("it is no watch row: it holds a field that is not known, or one twice")
    return {"ecosystem": ecosystem_of(parts[0]).value, "name": parts[1], **fields}
