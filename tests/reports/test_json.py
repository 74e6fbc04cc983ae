"""JSON of a check: the contract's schema, and beside it what only a check has."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from slopguard.check.model import Checked
from slopguard.reports import json_report
from slopguard.reports.check_json import report
from tests.reports.checks import MIXED, finding, hostile, judged


def read(checked: Checked) -> Any:
    return json.loads(report(checked))


def test_it_has_all_that_the_report_of_ask_has() -> None:
    verdicts = [each.verdict for each in MIXED.judged]
    asked, found = json.loads(json_report.report(verdicts)), read(MIXED)
    assert {key: found[key] for key in ("schema", "enforced", "summary")} == {
        key: asked[key] for key in ("schema", "enforced", "summary")
    }
    assert [dict(row, new=None) for row in found["results"]] == [dict(row, new=None) for row in asked["results"]]


def test_the_report_of_ask_has_nothing_of_a_check() -> None:
    asked = json.loads(json_report.report([judged("not-found", "ghost").verdict]))
    assert set(asked) == {"schema", "enforced", "summary", "results"}
    assert "new" not in asked["results"][0]


def test_every_package_is_there_with_every_place() -> None:
    found = read(MIXED)
    assert len(found["results"]) == found["summary"]["checked"] == 1284
    (vite,) = [row for row in found["results"] if row["name"] == "vite"]
    assert len(vite["locations"]) == 38
    assert vite["new"] is True


def test_findings_say_what_is_wrong_where_and_what_to_do() -> None:
    broken = finding("malformed", "a/pyproject.toml:7", detail="not valid TOML")
    assert read(Checked(findings=(broken,)))["findings"] == [
        {
            "verdict": "unchecked",
            "rule": "malformed",
            "reason": "a file is not what its name says",
            "remedy": "Correct it; what it names was not judged",
            "detail": "not valid TOML",
            "locations": [{"path": "a/pyproject.toml", "line": 7}],
            "new": False,
        }
    ]


def test_it_says_what_was_looked_at() -> None:
    told = read(replace(MIXED, offline=True, notes=("conda packages are not judged",)))["check"]
    assert told == {
        "files": 63,
        "locks": 40,
        "since": "origin/main",
        "offline": True,
        "lists": list(MIXED.lists),
        "notes": ["conda packages are not judged"],
    }


def test_how_long_it_took_changes_no_byte() -> None:
    assert report(MIXED) == report(replace(MIXED, seconds=99.0))


def test_names_and_paths_come_back_as_they_are_written() -> None:
    found, checked = read(hostile()), hostile()
    assert report(checked).isascii()
    assert [row["name"] for row in found["results"]] == [each.verdict.request.raw for each in checked.judged]
