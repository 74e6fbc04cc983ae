"""Verdicts for programs: the schema `slopguard/report/1`, exactly as the contract has it.

Invariants: keys are always there, `null` when unknown; times are ISO 8601 in UTC; the text is pure ASCII.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from slopguard import messages
from slopguard.model import Evidence, Existence, Outcome, Verdict
from slopguard.rules import rule_of

SCHEMA = "slopguard/report/1"
KNOWN = {Existence.YES: True, Existence.NO: False}


def report(verdicts: Sequence[Verdict], *, enforced: bool = True) -> str:
    """The report on `verdicts` as JSON text.

    Args:
        enforced: `False` in mode `observe`.
    """
    counts = {outcome.value: sum(verdict.outcome is outcome for verdict in verdicts) for outcome in Outcome}
    document = {
        "schema": SCHEMA,
        "enforced": enforced,
        "summary": {"checked": len(verdicts)} | counts,
        "results": [result(verdict) for verdict in verdicts],
    }
    return json.dumps(document, indent=1 if len(verdicts) < 100 else None)


def result(verdict: Verdict) -> dict[str, Any]:
    """One entry of `results`."""
    request = verdict.request
    return {
        "ecosystem": request.ecosystem.value,
        "name": request.name or request.raw,
        "version": request.version,
        "purl": request.purl,
        "verdict": verdict.outcome.value,
        "rule": verdict.rule,
        "reason": messages.reason(verdict),
        "remedy": messages.remedy(verdict),
        "final": rule_of(verdict.rule, verdict.outcome).final,
        "until": moment(verdict.until),
        "decision": verdict.decision_id,
        "suggestions": list(verdict.suggestions),
        "next": [messages.next_command(verdict)],
        "arrived": request.arrived.value,
        "evidence": _evidence(verdict.evidence),
        "locations": [{"path": place.path, "line": place.line} for place in request.locations],
    }


def moment(when: datetime | None) -> str | None:
    """A moment as `2026-11-26T09:14:00Z`, or `None`."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when is not None else None


def _evidence(evidence: Evidence) -> dict[str, Any]:
    allow, watch, deny = evidence.allow, evidence.watch, evidence.deny
    return {
        "allow": {"list": allow.list_name, "kind": allow.kind.value, "rank": allow.rank} if allow else None,
        "watch": {
            "origin": watch.origin,
            "source": watch.source,
            "rank": watch.rank,
            "models": watch.models,
            "predicted_at": moment(watch.predicted_at),
        }
        if watch
        else None,
        "deny": {"list": deny.list_name, "rule": deny.rule, "id": deny.id or None} if deny else None,
        "released": evidence.released,
        "released_until": str(evidence.released_until) if evidence.released_until else None,
        "exists": KNOWN.get(evidence.facts.existence),
        "first_upload": moment(evidence.facts.first_upload),
    }
