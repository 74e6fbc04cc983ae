"""`explain_verdict`: what the ledger says of a decision or a package, and what is known of the package now.

Invariants: the words are those of `slopguard ask`; of the ledger's rows only what passed a grammar of ours is told: no
command lines, files or reasons that others wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from slopguard.agents.mcp.calls import Call, Said, request_for
from slopguard.agents.mcp.schemas import ExplainVerdict
from slopguard.errors import UsageError
from slopguard.model import Ecosystem, Request
from slopguard.names import shown
from slopguard.patterns import regex
from slopguard.store import Store
from slopguard.store.ledger import Entry

MOST = 5
"""Decisions on a package that are told, the newest."""
DECISION = regex(r"d-[0-9a-f]{6,32}")
NOW = "now:"
BEFORE = "before:"


def explain(here: Call, asked: ExplainVerdict) -> Said:
    """Explain a decision or a package."""
    if DECISION.fullmatch(asked.subject):
        rows = _rows(here, decision=asked.subject)
        if not rows:
            raise UsageError("the ledger holds no such decision", "Name the package instead: pypi:NAME or npm:NAME")
        return _said(here, _packages(rows[0]), rows)
    request = _request(asked)
    rows = _rows(here, package=f"{request.ecosystem}:{request.name or request.raw}")
    return _said(here, [request], rows[-MOST:])


def _request(asked: ExplainVerdict) -> Request:
    """The package that is meant.

    Raises:
        UsageError: it is not said of which ecosystem it is, or it is no name.
    """
    prefix = asked.subject.partition(":")[0].lower()
    ecosystem = asked.ecosystem or (prefix if prefix in tuple(Ecosystem) else None)
    if ecosystem is None and not asked.subject.startswith("@"):
        raise UsageError("`subject` does not say which ecosystem is meant", "Write pypi:NAME or npm:NAME")
    return request_for(Ecosystem(ecosystem or Ecosystem.NPM), asked.subject, "`subject`")


def _rows(here: Call, *, package: str | None = None, decision: str | None = None) -> list[Entry]:
    store = Store.open(here.settings)
    try:
        return store.ledger.rows(package=package, decision=decision)
    finally:
        store.close()


def _packages(row: Entry) -> list[Request]:
    """The package that a decision is about; none where it is about settings, several at once, or no name."""
    ecosystem, _, name = row.package.partition(":")
    if ecosystem not in tuple(Ecosystem) or not row.purl:
        return []
    joint = "==" if ecosystem == Ecosystem.PYPI else "@"
    with suppress(UsageError):
        return [request_for(Ecosystem(ecosystem), name + (f"{joint}{row.version}" if row.version else ""))]
    return []


def _said(here: Call, requests: Sequence[Request], rows: Sequence[Entry]) -> Said:
    verdicts = here.judged(requests) if requests else []
    lines = [BEFORE, *(f"  {line}" for row in rows for line in _row(row))] if rows else []
    if verdicts:
        lines += [NOW, *(f"  {line}" for line in here.serving.reports.lines(verdicts))]
    data: dict[str, Any] = {
        "lines": lines,
        "results": [here.result(verdict) for verdict in verdicts],
        "ledger": [_data(row) for row in rows],
    }
    return Said("\n".join(lines), data)


def _row(row: Entry) -> Iterator[str]:
    times = f", {row.count} times" if row.count > 1 else ""
    observed = "" if row.enforced else "; mode observe: not enforced"
    version = f" {shown(row.version, 32)}" if row.version else ""
    asked = f"{row.actor}, by way of {row.door}"
    head = f"{row.decision}  {row.verdict}  {shown(row.package, 80)}{version}  {row.rule}"
    yield f"{head}  {_minute(row)}{times}  {asked}{observed}"


def _minute(row: Entry) -> str:
    return f"{row.time[:10]} {row.time[11:16]} UTC"


def _data(row: Entry) -> dict[str, Any]:
    return {
        "time": row.time,
        "decision": row.decision,
        "package": shown(row.package, 80),
        "verdict": row.verdict,
        "rule": row.rule,
        "door": row.door,
        "count": row.count,
    }
