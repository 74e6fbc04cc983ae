"""A check for programs: the schema `slopguard/report/1`, with what only a check has.

Invariants: as in `json_report`; every package and every place is there, allowed or not; the same check gives the same
bytes, so no clock is in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from slopguard.check.found import Finding
from slopguard.check.model import Checked
from slopguard.model import Location, Outcome
from slopguard.reports.json_report import SCHEMA, result
from slopguard.reports.problems import PLAIN, View
from slopguard.rules import RULES


def report(checked: Checked, view: View = PLAIN) -> str:
    """The report as JSON text; `view` changes nothing."""
    outcomes = [each.verdict.outcome for each in checked.judged]
    document = {
        "schema": SCHEMA,
        "enforced": checked.enforced,
        "summary": {"checked": len(outcomes)} | {each.value: outcomes.count(each) for each in Outcome},
        "check": {
            "files": checked.files,
            "locks": checked.locks,
            "since": checked.since,
            "offline": checked.offline,
            "lists": list(checked.lists),
            "notes": list(checked.notes),
        },
        "results": [result(each.verdict) | {"new": each.new} for each in checked.judged],
        "findings": [_finding(each) for each in checked.findings],
    }
    return json.dumps(document, indent=1 if len(outcomes) + len(checked.findings) < 100 else None)


def _finding(finding: Finding) -> dict[str, Any]:
    rule = RULES[finding.rule]
    return {
        "verdict": rule.outcome.value,
        "rule": rule.id,
        "reason": rule.fact,
        "remedy": rule.instruction,
        "detail": finding.detail,
        "locations": _places(finding.locations),
        "new": finding.new,
    }


def _places(locations: Iterable[Location]) -> list[dict[str, Any]]:
    return [{"path": place.path, "line": place.line} for place in locations]
