"""GitLab: a code quality report with all that its merge requests need."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from slopguard.check.model import Checked
from slopguard.reports.gitlab import report
from tests.reports.checks import CLEAN, MIXED, hostile, judged

NEEDED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "pattern": "^slopguard/[a-z-]+$"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{40}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)."},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"minimum": 1}}},
                },
            },
        },
    },
}
"""What GitLab's documentation asks of an entry."""


def entries(checked: Checked) -> list[dict[str, Any]]:
    found = json.loads(report(checked))
    jsonschema.validate(found, NEEDED)
    return found  # type: ignore[no-any-return]


def test_every_place_is_an_entry_with_a_fingerprint_of_its_own() -> None:
    found = entries(MIXED)
    assert len(found) == 38 + 5
    assert len({entry["fingerprint"] for entry in found}) == len(found)


def test_nothing_to_tell_is_an_empty_list() -> None:
    assert entries(CLEAN) == entries(Checked()) == []


def test_severities_are_those_of_the_verdicts() -> None:
    assert [entry["severity"] for entry in entries(MIXED)][:3] == ["blocker", "critical", "critical"]
    assert entries(MIXED)[-1]["severity"] == "minor"
    observed = Checked((judged("denied", "ghost", "a.txt:1", enforced=False),), enforced=False)
    assert entries(observed)[0]["severity"] == "info"


def test_an_entry_says_it_all_in_one_line() -> None:
    assert entries(MIXED)[0]["description"].startswith("BLOCKED pypi 'flask-auth-magic' (not-found): no such package.")
    assert all("\n" not in entry["description"] for entry in entries(hostile()))
