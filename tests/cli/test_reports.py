"""Verdicts as people and programs see them, made by hand so that every part occurs."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from slopguard import progress
from slopguard.model import (
    AllowRow,
    Decision,
    Ecosystem,
    Evidence,
    Existence,
    Facts,
    Outcome,
    Release,
    Request,
    RowKind,
    Verdict,
    WatchRow,
)
from slopguard.names import normalize
from slopguard.reports import json_report, text
from slopguard.reports.ledger import block
from slopguard.rules import RULES
from slopguard.store.ledger import Entry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAME = normalize(Ecosystem.PYPI, "acme-charts")


def verdict(rule: str, evidence: Evidence | None = None, *, version: str | None = None, **more: object) -> Verdict:
    request = Request(Ecosystem.PYPI, NAME, "acme-charts", version)
    facts = Facts(Existence.YES, (Release("1.0", NOW - timedelta(hours=20)),), asked=NOW)
    made = Verdict(request, Decision(RULES[rule].outcome, rule), evidence or Evidence(facts), NOW, "d-7f3a91")
    return replace(made, **more)  # type: ignore[arg-type]  # the table's own keywords


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_text_and_a_json_form(rule: str) -> None:
    lines = list(text.report([verdict(rule)]))
    assert rule in lines[0]
    assert all(line.isascii() and len(line) < 160 for line in lines)
    assert json_report.result(verdict(rule))["rule"] == rule


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            WatchRow("imported", "study", 12, 3, NOW),
            "models invent this name, 3 models did, rank 12, known since 2026-11-24",
        ),
        (WatchRow("generated", "forecast", models=1), "models invent this name, 1 model did"),
        (WatchRow("imported", "study"), "models invent this name"),
        (WatchRow("observed", "here"), "asked for here before, by this machine's own doors"),
    ],
)
def test_how_a_watched_name_is_known(row: WatchRow, says: str) -> None:
    lines = list(text.report([verdict("predicted", Evidence(Facts(Existence.NO), watch=row))]))
    assert f"  known    {says}" in lines


def test_a_version_that_is_too_new_says_when_it_passes() -> None:
    report = "\n".join(text.report([verdict("too-new", version="1.0", until=NOW + timedelta(hours=52))]))
    assert "pypi:acme-charts==1.0   too-new" in report
    assert "1.0 is 20 hours old" in report
    assert "wait until 2026-11-26 16:00 UTC" in report
    made = json_report.result(verdict("too-new", version="1.0", until=NOW + timedelta(hours=52)))
    assert made["until"] == "2026-11-26T16:00:00Z"
    assert made["evidence"]["first_upload"] == "2026-11-23T16:00:00Z"


def test_a_listed_name_says_where() -> None:
    ranked = Evidence(Facts(Existence.YES), allow=AllowRow("baseline", RowKind.BASELINE, 7))
    assert next(text.report([verdict("allowlisted", ranked)])).endswith("(baseline, rank 7)")
    own = Evidence(Facts(Existence.YES), allow=AllowRow("acme", RowKind.PINNED))
    assert next(text.report([verdict("allowlisted", own)])).endswith("(acme)")
    assert json_report.result(verdict("allowlisted", own))["evidence"]["allow"] == {
        "list": "acme",
        "kind": "pinned",
        "rank": None,
    }


def test_a_watch_row_is_in_the_json() -> None:
    watched = Evidence(Facts(Existence.NO), watch=WatchRow("imported", "study", 12, 3, NOW))
    assert json_report.result(verdict("predicted", watched))["evidence"]["watch"] == {
        "origin": "imported",
        "source": "study",
        "rank": 12,
        "models": 3,
        "predicted_at": "2026-11-24T12:00:00Z",
    }


def test_suggestions_are_offered_only_where_another_name_may_have_been_meant() -> None:
    near = "\n".join(text.report([verdict("not-found", suggestions=("flask-login",))]))
    assert "do       pip install flask-login      or write it without a package" in near
    denied = "\n".join(text.report([verdict("denied", suggestions=("flask-login",))]))
    assert "pip install" not in denied


def test_observed_refusals_say_that_they_are_not_enforced() -> None:
    assert next(text.report([verdict("denied", enforced=False)])).startswith(
        "OBSERVED  pypi:acme-charts   denied   (mode"
    )


def test_colours_are_for_the_word_only() -> None:
    assert next(text.report([verdict("denied")], colour=True)).startswith("\x1b[31mBLOCKED\x1b[0m  pypi:")
    assert Outcome.UNCHECKED not in text.COLOURS
    assert next(text.report([verdict("upstream-down")], colour=True)).startswith("UNCHECKED  ")


def test_an_entry_in_full_shows_all_it_has() -> None:
    entry = Entry(
        time=NOW.isoformat(),
        actor="agent",
        door="pip",
        command="pip install acme-charts",
        files=("requirements.txt:3",),
        package="pypi:acme-charts",
        purl="pkg:pypi/acme-charts@1.0",
        version="1.0",
        digests=("sha256:00",),
        verdict="block",
        rule="denied",
        arrived="introduced",
        lists={"baseline": "ab"},
        policy="p",
        config="c",
        decision="d-7f3a91",
        enforced=False,
        count=3,
    )
    assert list(block(entry)) == [
        "d-7f3a91  BLOCK  pypi:acme-charts 1.0  denied",
        "  when     2026-11-24 12:00 UTC, 3 times",
        "  who      agent, by way of pip",
        "  command  pip install acme-charts",
        "  written  requirements.txt:3",
        "  arrived  introduced",
        "  digests  sha256:00",
        "  lists    baseline ab",
        "  policy   p",
        "  settings c",
        "  mode     observe: not enforced",
    ]


class Terminal(io.StringIO):
    """A terminal that remembers what was written to it."""

    def isatty(self) -> bool:
        return True


def test_a_bar_is_shown_on_a_terminal_only_and_for_long_work_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(total: int, stream: io.StringIO) -> str:
        monkeypatch.setattr("sys.stderr", stream)
        with progress.progress(total) as done:
            for _ in range(total):
                done()
        return stream.getvalue()

    assert shown(100, io.StringIO()) == ""
    assert shown(5, Terminal()) == ""
    assert "asking the index" in shown(100, Terminal())


@pytest.mark.parametrize(("env", "colours"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colours_are_shown_on_a_terminal_that_wants_them(
    env: dict[str, str], colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", Terminal())
    assert progress.colourful() is colours
