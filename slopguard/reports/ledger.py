"""Ledger entries for people and for programs (`slopguard/log/1`).

Invariant: an entry's text was redacted before it was written; here it is only laid out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from slopguard.names import shown
from slopguard.store.ledger import ChainReport, Entry

SCHEMA = "slopguard/log/1"


def lines(entries: Sequence[Entry]) -> Iterator[str]:
    """One line an entry, oldest first."""
    for entry in entries:
        times = f"  {entry.count} times" if entry.count > 1 else ""
        asker = f"{entry.actor}/{entry.door}"
        head = f"{_minute(entry.time)}  {entry.verdict:<10}  {_package(entry)}  {entry.rule}"
        yield f"{head}  {asker}  {entry.decision}{times}"


def block(entry: Entry) -> Iterator[str]:
    """Everything one entry says, a field a line."""
    yield f"{entry.decision}  {entry.verdict.upper()}  {_package(entry)}  {entry.rule}"
    for label, value in _fields(entry):
        yield f"  {label:<8} {value}"


def _fields(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "when", _minute(entry.time) + (f", {entry.count} times" if entry.count > 1 else "")
    yield "who", f"{entry.actor}, by way of {entry.door}"
    if entry.command:
        yield "command", entry.command
    if entry.files:
        yield "written", ", ".join(entry.files)
    yield "arrived", entry.arrived
    if entry.digests:
        yield "digests", ", ".join(entry.digests)
    yield "lists", ", ".join(f"{name} {digest}" for name, digest in entry.lists.items()) or "none"
    yield "policy", entry.policy
    yield "settings", entry.config
    if not entry.enforced:
        yield "mode", "observe: not enforced"


def as_json(entries: Sequence[Entry]) -> str:
    """The entries as JSON text."""
    rows: list[dict[str, Any]] = [asdict(entry) for entry in entries]
    return json.dumps({"schema": SCHEMA, "entries": rows}, indent=1)


def chain(report: ChainReport) -> str:
    """What verifying the chain found, in one line."""
    if report.ok:
        return f"The ledger is whole: {report.rows:,} rows, anchored at row {report.anchored:,}"
    where = f" at row {report.row:,}" if report.row is not None else ""
    return f"The ledger is NOT whole: {PROBLEMS[report.problem]}{where}; {report.rows:,} rows before that hold"


PROBLEMS = {
    "edited": "a row was changed",
    "missing-row": "a row is missing",
    "truncated": "rows were cut off",
    "head-missing": "its anchor is missing",
    "head-forged": "its anchor is not genuine",
}
"""What `ChainReport.problem` means."""


def chain_json(report: ChainReport) -> str:
    """What verifying the chain found, as JSON text."""
    return json.dumps({"schema": "slopguard/chain/1", **asdict(report)})


def _package(entry: Entry) -> str:
    return shown(entry.package, 80) + (f" {shown(entry.version, 32)}" if entry.version else "")


def _minute(time: str) -> str:
    return f"{time[:10]} {time[11:16]} UTC"
