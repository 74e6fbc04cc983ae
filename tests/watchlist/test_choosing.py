"""Several rows about one name: what counts is everything that any of them says against it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from slopguard.model import (
    ABSENT,
    Ecosystem,
    Evidence,
    Existence,
    Facts,
    NormalizedName,
    Outcome,
    Release,
    Request,
    WatchRow,
)
from slopguard.policy import Policy, Thresholds, decide
from slopguard.watchlist.choosing import strictest
from tests.watchlist.world import NOW

POLICY = Policy.load(Thresholds())
GRAVITY = (Outcome.ALLOW, Outcome.WARN, Outcome.QUARANTINE, Outcome.UNCHECKED, Outcome.BLOCK)
ROWS = st.builds(
    WatchRow,
    st.sampled_from(["imported", "generated"]),
    st.sampled_from(["a", "b"]),
    st.one_of(st.none(), st.sampled_from([1, 10_000, 10_001])),
    st.one_of(st.none(), st.integers(0, 3)),
    st.one_of(st.none(), st.integers(1, 60).map(lambda days: NOW - timedelta(days=days))),
    st.one_of(st.none(), st.integers(1, 60).map(lambda days: NOW + timedelta(days=days))),
    st.one_of(st.none(), st.integers(1, 60).map(lambda days: NOW - timedelta(days=days))),
)


def uploaded(*days: int) -> Facts:
    releases = tuple(Release(f"{n}.0", NOW - timedelta(days=each)) for n, each in enumerate(days, 1))
    return Facts(Existence.YES, releases, asked=NOW)


FACTS = st.sampled_from([ABSENT, uploaded(10), uploaded(50), uploaded(900, 600, 300), Facts(Existence.OFFLINE)])


def gravity(row: WatchRow | None, facts: Facts) -> int:
    request = Request(Ecosystem.PYPI, NormalizedName("some-name"), "some-name")
    return GRAVITY.index(decide(request, Evidence(facts, watch=row), POLICY, NOW).outcome)


@given(st.lists(ROWS, min_size=1, max_size=4), ROWS, FACTS)
def test_a_further_row_never_takes_a_refusal_back(rows: list[WatchRow], more: WatchRow, facts: Facts) -> None:
    assert gravity(strictest([*rows, more]), facts) >= gravity(strictest(rows), facts)


@given(st.lists(ROWS, min_size=1, max_size=4), FACTS)
def test_all_together_refuse_what_one_of_them_refuses(rows: list[WatchRow], facts: Facts) -> None:
    assert gravity(strictest(rows), facts) >= max(gravity(row, facts) for row in rows)


@given(st.lists(ROWS, max_size=4).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_their_order_changes_nothing_that_counts(both: tuple[list[WatchRow], list[WatchRow]]) -> None:
    one, other = map(strictest, both)
    if one is None or other is None:
        assert one is other
        return
    assert (one.rank, one.predicted_at, one.expires, one.appeared) == (
        *(other.rank, other.predicted_at),
        *(other.expires, other.appeared),
    )


def test_one_row_stays_as_it_is() -> None:
    row = WatchRow("generated", "embedded", 3)
    assert strictest([row]) is row
    assert strictest([]) is None
