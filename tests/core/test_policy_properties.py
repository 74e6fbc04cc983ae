"""What can never turn a refusal into an allow, whatever else is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slopguard.model import (
    AllowRow,
    Arrival,
    DenyRow,
    Evidence,
    Existence,
    Facts,
    Mode,
    Release,
    Request,
    RowKind,
    Source,
    SourceKind,
    WatchRow,
)
from slopguard.policy import Policy, Thresholds, decide, until
from tests.core.worlds import NOW, POLICIES, typed

DAYS = st.floats(min_value=-2, max_value=500)
MOMENTS = DAYS.map(lambda days: NOW - timedelta(days=days))
RELEASES = st.lists(st.builds(Release, st.sampled_from(["1.0", "2.0", "3.0"]), st.none() | MOMENTS), max_size=5)
FACTS = st.builds(
    Facts,
    st.sampled_from(Existence),
    RELEASES.map(tuple),
    st.sampled_from(["active", "archived", "quarantined", "deprecated", "odd"]),
    st.booleans(),
    partial=st.sampled_from([None, Existence.DOWN, Existence.AUTH, Existence.OFFLINE]),
)
WATCH = st.builds(
    WatchRow,
    st.sampled_from(["imported", "generated", "observed"]),
    st.just("test"),
    rank=st.none() | st.integers(1, 20_000),
    predicted_at=st.none() | MOMENTS,
)
EVIDENCE = st.builds(
    Evidence,
    FACTS,
    name_problem=st.sampled_from([None, None, None, "ill-formed"]),
    allow=st.none() | st.builds(AllowRow, st.just("list"), st.sampled_from(RowKind)),
    deny=st.none() | st.builds(DenyRow, st.just("list"), st.sampled_from(["denied", "malicious"])),
    watch=st.none() | WATCH,
    stdlib=st.booleans(),
    import_of=st.sampled_from([(), ("x",)]),
    lookalike_of=st.sampled_from([None, "x"]),
    internal=st.booleans(),
    own=st.booleans(),
    locked=st.booleans(),
    fixes=st.booleans(),
    hash_mismatch=st.booleans(),
    scope_vouched=st.booleans(),
    released=st.sampled_from([None, "name", "pinned"]),
    lists=st.sampled_from(["ok", "ok", "invalid", "expired"]),
)
SOURCES = st.builds(Source, st.sampled_from(SourceKind), st.none(), st.booleans(), st.booleans())
REQUESTS = st.builds(
    lambda version, arrived, source: typed(version, arrived=arrived, source=source),
    st.sampled_from([None, "1.0", "9.9"]),
    st.sampled_from(Arrival),
    SOURCES,
)
MODES = st.sampled_from(Mode)


def refused(request: Request, evidence: Evidence, policy: Policy) -> bool:
    return decide(request, evidence, policy, NOW).outcome.refuses


@settings(deadline=None)
@given(REQUESTS, EVIDENCE, MODES, st.sampled_from(["denied", "malicious"]))
def test_a_deny_row_blocks_whatever_else_is_known(request: Request, evidence: Evidence, mode: Mode, rule: str) -> None:
    decision = decide(request, replace(evidence, deny=DenyRow("x", rule)), POLICIES[mode], NOW)
    assert decision.outcome == "block"


@settings(deadline=None)
@given(REQUESTS, EVIDENCE, WATCH, MODES)
def test_a_watch_row_never_helps(request: Request, evidence: Evidence, watch: WatchRow, mode: Mode) -> None:
    without = replace(evidence, watch=None)
    if refused(request, without, POLICIES[mode]):
        assert refused(request, replace(evidence, watch=watch), POLICIES[mode])


@settings(deadline=None)
@given(
    REQUESTS,
    EVIDENCE,
    MODES,
    st.sampled_from(
        [
            {"allow": None},
            {"locked": False},
            {"scope_vouched": False},
            {"released": None},
            {"own": False},
            {"fixes": False},
        ]
    ),
)
def test_less_to_vouch_for_it_never_helps(
    request: Request, evidence: Evidence, mode: Mode, less: dict[str, object]
) -> None:
    assume("allow" not in less or evidence.lists != "expired")  # without the row that expired, other grounds decide
    if refused(request, evidence, POLICIES[mode]):
        assert refused(request, replace(evidence, **less), POLICIES[mode])  # type: ignore[arg-type]  # one of five fields


@settings(deadline=None)
@given(REQUESTS, EVIDENCE)
def test_strict_admits_nothing_that_balanced_refuses(request: Request, evidence: Evidence) -> None:
    if refused(request, evidence, POLICIES[Mode.BALANCED]):
        assert refused(request, evidence, POLICIES[Mode.STRICT])


TIGHTER = [
    Policy.load(Thresholds(established_days=200)),
    Policy.load(Thresholds(established_releases=5)),
    Policy.load(Thresholds(min_version_age_days=100)),
    Policy.load(Thresholds(vouched_days=95)),
    Policy.load(Thresholds(watch_rank=20_000)),
]


@settings(deadline=None)
@given(REQUESTS, EVIDENCE, st.sampled_from(TIGHTER))
def test_a_tighter_limit_admits_nothing_more(request: Request, evidence: Evidence, tighter: Policy) -> None:
    if refused(request, evidence, POLICIES[Mode.BALANCED]):
        assert refused(request, evidence, tighter)


@settings(deadline=None)
@given(REQUESTS, EVIDENCE, MODES)
def test_without_dates_nothing_comes_in_on_its_age(request: Request, evidence: Evidence, mode: Mode) -> None:
    bare = replace(evidence, allow=None, locked=False, scope_vouched=False, released=None, internal=False)
    undated = replace(evidence.facts, dated=False)
    assert refused(request, replace(bare, facts=undated), POLICIES[mode])


@settings(deadline=None)
@given(REQUESTS, EVIDENCE)
def test_what_passes_by_itself_passes_at_the_time_promised(request: Request, evidence: Evidence) -> None:
    policy = POLICIES[Mode.BALANCED]
    decision = decide(request, evidence, policy, NOW)
    when = until(request, evidence, decision, policy.thresholds)
    if decision.rule != "too-new":
        assert when is None
    else:
        assert when is not None
        assert when > NOW
        assert decide(request, evidence, policy, when - timedelta(seconds=1)).rule == "too-new"
        assert decide(request, evidence, policy, when).rule != "too-new"


@settings(deadline=None)
@given(REQUESTS, EVIDENCE, MODES)
def test_every_answer_is_clean(request: Request, evidence: Evidence, mode: Mode) -> None:
    assert decide(request, evidence, POLICIES[mode], NOW).rule != "policy-error"
