"""Requests and evidence in few words, so that a test row reads like the contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from slopguard.model import (
    AllowRow,
    Arrival,
    Decision,
    DenyRow,
    Ecosystem,
    Evidence,
    Existence,
    Facts,
    Mode,
    NormalizedName,
    Release,
    Request,
    RowKind,
    Source,
    SourceKind,
    Verdict,
    WatchRow,
)
from slopguard.policy import Policy, Thresholds, decide, until

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""The moment at which every test decides."""


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def released_on(*days_ago: float, **facts: Any) -> Facts:
    """A project with releases 1, 2, ... uploaded that many days ago."""
    releases = tuple(Release(f"{number}.0", ago(days)) for number, days in enumerate(days_ago, 1))
    return Facts(Existence.YES, releases, asked=NOW, **facts)


OLD = released_on(400, 300, 200, 100, 30)
"""Meets every condition of `established`."""
YOUNG = released_on(40, 35, 20)
"""Known, dated, older than a week, far from established."""
FRESH = released_on(2)
"""Registered the day before yesterday."""
UNDATED = Facts(Existence.YES, (Release("1.0"), Release("2.0")), dated=False, asked=NOW)
CURATED = Facts(Existence.YES, (Release("1.0"), Release("2.0")), dated=True, asked=NOW)
GONE = Facts(Existence.NO, asked=NOW)
OFFLINE = Facts(Existence.OFFLINE)
DOWN = Facts(Existence.DOWN)
AUTH = Facts(Existence.AUTH)

BASELINE = AllowRow("baseline", RowKind.BASELINE, rank=7)
REVIEWED = AllowRow("team", RowKind.REVIEWED)
PINNED = AllowRow("team", RowKind.PINNED)
DENIED = DenyRow("team", "denied")
MALICIOUS = DenyRow("baseline", "malicious")
IMPORTED = WatchRow("imported", "vdb", rank=12, predicted_at=ago(60))
GENERATED = WatchRow("generated", "own", rank=12, models=2, predicted_at=ago(60))
TOO_LOW = WatchRow("generated", "own", rank=10_001, models=2, predicted_at=ago(60))
FORECAST = WatchRow("generated", "embedded", rank=12, predicted_at=ago(60))
"""No model was asked."""
OBSERVED = WatchRow("observed", "door", predicted_at=ago(60))

ELSEWHERE = Source(index="elsewhere", trusted=False)
URL = Source(SourceKind.URL, index="https://files.registry.example/a.whl", trusted=False)
VCS = Source(SourceKind.VCS, index="https://git.registry.example/a")
PRIVATE = Source(index="private", private=True)


def typed(version: str | None = None, **changes: Any) -> Request:
    """An introduced PyPI name, `acme-thing`."""
    request = Request(Ecosystem.PYPI, NormalizedName("acme-thing"), "acme-thing", version)
    return replace(request, **changes)


def needed(version: str | None = None, **changes: Any) -> Request:
    """The same name, required by an admitted version."""
    return typed(version, arrived=Arrival.TRANSITIVE, **changes)


def locked(version: str | None = "5.0", **changes: Any) -> Request:
    """The same name, out of the lock file of an adopted project."""
    return typed(version, arrived=Arrival.LOCKED, **changes)


def npm(name: str = "@acme/thing", version: str | None = None, **changes: Any) -> Request:
    return replace(Request(Ecosystem.NPM, NormalizedName(name), name, version), **changes)


def known(facts: Facts = OLD, **evidence: Any) -> Evidence:
    return Evidence(facts, **evidence)


POLICIES = {mode: Policy.load(Thresholds(mode=mode)) for mode in Mode}
"""The shipped policy in each mode."""


def said(request: Request, evidence: Evidence, mode: Mode = Mode.BALANCED) -> str:
    """The decision as `outcome rule`."""
    decision = decide(request, evidence, POLICIES[mode], NOW)
    return f"{decision.outcome} {decision.rule}"


def verdict(request: Request, evidence: Evidence, decision: Decision | None = None, **changes: Any) -> Verdict:
    """A verdict as the judge would make it."""
    decision = decision or decide(request, evidence, POLICIES[Mode.BALANCED], NOW)
    made = Verdict(request, decision, evidence, NOW, "d-7f3a91", until=until(request, evidence, decision, Thresholds()))
    return replace(made, **changes)
