"""A check as GitLab's code quality report: the subset of Code Climate's format that its merge requests show.

Invariants: every entry has a fingerprint of its own, which a moved line does not change, so that the host can tell what
a merge request adds and what it puts right; the same check gives the same bytes.
"""

from __future__ import annotations

import json
from typing import Any

from slopguard.check.model import Checked
from slopguard.model import Outcome
from slopguard.reports.problems import PLAIN, Placed, View, placed, problems

SEVERITIES = {
    Outcome.BLOCK: "blocker",
    Outcome.UNCHECKED: "critical",
    Outcome.QUARANTINE: "critical",
    Outcome.WARN: "minor",
}


def report(checked: Checked, view: View = PLAIN) -> str:
    """The report as JSON text; `view` says where paths start."""
    return json.dumps([_entry(each) for each in placed(problems(checked), view.prefix)], indent=1)


def _entry(each: Placed) -> dict[str, Any]:
    one = each.problem
    return {
        "description": one.line,
        "check_name": f"slopguard/{one.rule}",
        "fingerprint": each.fingerprint,
        "severity": SEVERITIES[one.outcome] if one.enforced else "info",
        "categories": ["Security"],
        "location": {"path": each.path, "lines": {"begin": each.line or 1}},
    }
