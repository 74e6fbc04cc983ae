"""A verdict leaves the daemon with few facts, and messages say the same about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from slopguard import messages
from slopguard.daemon.trim import trimmed
from slopguard.model import (
    Decision,
    Ecosystem,
    Evidence,
    Existence,
    Facts,
    NormalizedName,
    Outcome,
    Release,
    Request,
    Verdict,
)
from slopguard.rules import RULES

NOW = datetime(2026, 11, 26, tzinfo=UTC)
VERSIONS = st.sampled_from(["1.0", "1.0.0", "v1.0.0", "1.0+cpu", "1.0.0+gpu", "1.1", "2.0rc1", "2.0.0-rc.1", "odd"])
RELEASES = st.builds(
    Release,
    VERSIONS,
    st.none() | st.integers(0, 400).map(lambda hours: NOW - timedelta(hours=hours)),
    st.just(frozenset({"sha256:00"})),
)
REFUSING = sorted(rule for rule, row in RULES.items() if row.outcome.refuses)


@given(
    st.sampled_from(list(Ecosystem)),
    st.none() | VERSIONS,
    st.lists(RELEASES, max_size=6),
    st.sampled_from(REFUSING),
    st.sampled_from(list(Existence)),
)
def test_messages_are_the_same_before_and_after(
    ecosystem: Ecosystem, version: str | None, releases: list[Release], rule: str, existence: Existence
) -> None:
    facts = Facts(existence, tuple(releases))
    request = Request(ecosystem, NormalizedName("name"), "name", version)
    verdict = Verdict(request, Decision(RULES[rule].outcome, rule), Evidence(facts), NOW, "d-000000")
    short = trimmed(verdict)
    assert messages.line(short) == messages.line(verdict)
    assert messages.note(short) == messages.note(verdict)
    assert short.evidence.facts.first_upload == facts.first_upload


def test_thousands_of_releases_are_one_or_two() -> None:
    releases = tuple(Release(f"1.{n}", NOW - timedelta(days=n)) for n in range(5000))
    request = Request(Ecosystem.PYPI, NormalizedName("name"), "name", "1.3")
    decision = Decision(Outcome.QUARANTINE, "too-new")
    verdict = Verdict(request, decision, Evidence(Facts(Existence.YES, releases)), NOW, "d-000000")
    assert [release.version for release in trimmed(verdict).evidence.facts.releases] == ["1.3", "1.4999"]
