"""Likely names are asked about often, unlikely ones seldom, ecosystems in turn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.radar.model import OBSERVED, State
from slopguard.radar.schedule import alternate, due, interval
from tests.radar.worlds import DAY, THEN, remembered, target

EVERY = timedelta(hours=6)


@pytest.mark.parametrize(
    ("rank", "times"),
    [(1, 1), (1_000, 1), (1_001, 2), (10_000, 2), (10_001, 8), (100_000, 8), (100_001, 28), (None, 2)],
)
def test_the_rank_says_how_often(rank: int | None, times: int) -> None:
    assert interval(target(rank=rank), None, EVERY) == times * EVERY


def test_a_name_that_was_asked_for_here_is_among_the_likeliest() -> None:
    assert interval(target(rank=None, origin=OBSERVED), None, EVERY) == EVERY


def test_a_name_that_is_there_is_looked_at_seldom_in_case_it_changes_hands() -> None:
    assert interval(target(), remembered(State.APPEARED), EVERY) == 4 * EVERY
    assert interval(target(), remembered(State.BEFORE), EVERY) == 28 * EVERY


def test_where_a_feed_tells_names_are_asked_about_eight_times_more_seldom() -> None:
    assert interval(target(), None, EVERY, fed=True) == 8 * EVERY


def test_a_name_never_asked_about_is_due_and_one_just_answered_is_not() -> None:
    assert due(target(), None, EVERY, THEN)
    assert not due(target(), remembered(State.FREE), EVERY, THEN + EVERY - timedelta(seconds=1))
    assert due(target(), remembered(State.FREE), EVERY, THEN + EVERY)


def test_an_answer_from_the_future_does_not_count() -> None:
    assert due(target(), remembered(State.FREE, THEN + DAY), EVERY, THEN)


@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(), max_size=5)))
def test_streams_take_turns_and_lose_nothing(streams: dict[str, list[int]]) -> None:
    found = list(alternate(streams))
    for key, stream in streams.items():
        assert [each for of, each in found if of == key] == stream
    least = min((len(stream) for stream in streams.values()), default=0)
    rounds = range(0, least * len(streams), max(1, len(streams)))
    assert all({key for key, _ in found[at : at + len(streams)]} == set(streams) for at in rounds)
