"""Suggestions for the tests of the store, the report and the command."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from slopguard.model import Ecosystem
from slopguard.model.suggesting import Kind
from slopguard.store.suggestions import Suggested

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def suggested(name: str = "flask", verdict: str = "allow", rule: str = "", **more: object) -> Suggested:
    """What claude-code suggested in session `s1`; what `verdict` refuses was stopped."""
    stopped = verdict not in ("allow", "warn")
    row = Suggested(
        time=NOW,
        agent="claude-code",
        model="model-a",
        session="s1",
        turn="",
        kind=Kind.COMMAND,
        ecosystem=Ecosystem.PYPI,
        name=name,
        version=None,
        verdict=verdict,
        rule=rule or ("not-found" if stopped else "allowlisted"),
        decision="d-1",
        stopped=stopped,
        invented=stopped and rule in ("", "not-found", "predicted"),
    )
    return replace(row, **more)  # type: ignore[arg-type]  # fields of Suggested by keyword
