"""A refusal that passes by itself says when, and one that does not says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from slopguard.model import Decision, Evidence, Existence, Facts, Mode, Outcome, Release, Request
from slopguard.policy import Thresholds, decide, until
from tests.core.worlds import (
    BASELINE,
    FRESH,
    GONE,
    NOW,
    POLICIES,
    PRIVATE,
    ago,
    known,
    needed,
    npm,
    released_on,
    typed,
)

LIMITS = Thresholds()
NEW_VERSION = released_on(400, 300, 200, 100, 1)
BOTH = released_on(2, 1)


@pytest.mark.parametrize(
    ("request_", "evidence", "when"),
    [
        (typed("5.0"), known(NEW_VERSION, allow=BASELINE), ago(1 - 3)),
        (typed(), known(FRESH, allow=BASELINE), ago(2 - 3)),
        (needed(), known(FRESH), ago(2 - 7)),
        (needed("9.9"), known(replace(FRESH, partial=Existence.OFFLINE)), ago(2 - 7)),
        (needed("2.0"), known(released_on(30, 1)), ago(1 - 3)),
        (needed("2.0"), known(BOTH), ago(2 - 7)),
        (npm(version="1.0"), known(FRESH, scope_vouched=True), ago(2 - 3)),
        (typed("1.0", source=PRIVATE), known(FRESH, internal=True), ago(2 - 3)),
        (needed("1.0", source=PRIVATE), known(FRESH, internal=True), ago(2 - 3)),
        (needed("1.0"), known(FRESH, allow=BASELINE), ago(2 - 3)),
    ],
    ids=[
        "a version: its cooldown",
        "a name: the cooldown of its oldest version",
        "a dependency: a week of its name",
        "a dependency's unlisted version: a week of its name",
        "a dependency's version: its cooldown",
        "a dependency and its version: the later",
        "in a vouched scope: the cooldown",
        "internal: the cooldown",
        "internal dependency: the cooldown",
        "listed dependency: the cooldown",
    ],
)
def test_too_new_passes_when(request_: Request, evidence: Evidence, when: datetime) -> None:
    decision = decide(request_, evidence, POLICIES[Mode.BALANCED], NOW)
    assert decision.rule == "too-new"
    assert until(request_, evidence, decision, LIMITS) == when


@pytest.mark.parametrize("evidence", [known(GONE), known(FRESH), known(lookalike_of="x")])
def test_nothing_else_passes_by_itself(evidence: Evidence) -> None:
    decision = decide(typed(), evidence, POLICIES[Mode.BALANCED], NOW)
    assert until(typed(), evidence, decision, LIMITS) is None


def test_without_a_date_there_is_no_moment() -> None:
    assert until(typed(), known(GONE), Decision(Outcome.QUARANTINE, "too-new"), LIMITS) is None


def test_thresholds_are_read_from_settings_of_the_same_names() -> None:
    settings = SimpleNamespace(
        mode=Mode.STRICT,
        established_days=1,
        established_releases=2,
        min_version_age_days=3,
        vouched_days=4,
        watch_rank=5,
    )
    assert Thresholds.of(settings) == Thresholds(Mode.STRICT, 1, 2, 3, 4, 5)
    assert Thresholds.of(Thresholds()) == Thresholds()


def test_a_release_dated_at_the_end_of_time_waits_until_then() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    evidence = known(Facts(Existence.YES, (Release("1.0", end),)))
    for request_ in (needed("1.0"), replace(needed("1.0"), source=PRIVATE)):
        decision = decide(request_, evidence, POLICIES[Mode.BALANCED], NOW)
        assert decision.rule == "too-new"
        assert until(request_, evidence, decision, LIMITS) == end
