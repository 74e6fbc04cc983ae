"""Free, there before, registered since: what a look makes of what was remembered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.model import Existence
from slopguard.radar.model import Held, Look, Record, State
from slopguard.radar.states import step
from tests.radar.worlds import DAY, THEN, free, remembered, target, there

NOW = THEN + 30 * DAY


def test_a_name_that_nobody_has_is_free_and_stays_it() -> None:
    first = step(None, target(), free(), THEN)
    again = step(first.record, target(), free(), NOW)
    assert first.record is not None
    assert (first.record.state, first.alarm, first.gone) == (State.FREE, False, False)
    assert again.record == Record(State.FREE, NOW, free_from=THEN, free_until=NOW)


def test_from_free_to_registered_is_an_alarm_once() -> None:
    seen = step(remembered(State.FREE), target(), there(NOW), NOW)
    assert seen.alarm
    assert seen.record is not None
    assert (seen.record.state, seen.record.free_until) == (State.APPEARED, THEN)
    assert not step(seen.record, target(), there(NOW), NOW + DAY).alarm


def test_an_upload_after_the_prediction_is_an_alarm_at_the_first_look() -> None:
    assert step(None, target(), there(THEN + DAY), NOW).alarm


@pytest.mark.parametrize("before", [None, remembered(State.FREE), remembered(State.UNDATED)])
def test_an_upload_before_the_prediction_was_there_before(before: Record | None) -> None:
    seen = step(before, target(), there(THEN - DAY), NOW)
    assert seen.record is not None
    assert (seen.record.state, seen.alarm) == (State.BEFORE, False)


def test_without_dates_it_counts_that_it_was_seen_free() -> None:
    assert step(remembered(State.FREE), target(), there(None), NOW).alarm


def test_without_dates_the_first_look_says_nothing() -> None:
    seen = step(None, target(), there(None), NOW)
    assert seen.record is not None
    assert (seen.record.state, seen.alarm) == (State.UNDATED, False)
    assert step(seen.record, target(), there(NOW), NOW).alarm, "its first file came after the prediction"


def test_what_was_taken_down_is_free_again_and_whoever_takes_it_then_is_an_alarm() -> None:
    down = step(remembered(State.APPEARED), target(), free(), NOW)
    assert down.gone
    assert step(down.record, target(), there(NOW + DAY), NOW + DAY).alarm


def test_an_old_name_that_changed_hands_between_two_looks_is_an_alarm() -> None:
    assert step(remembered(State.BEFORE), target(), there(THEN + DAY), NOW).alarm


def test_an_unchanged_document_changes_when_it_was_asked_and_nothing_else() -> None:
    held = Held("http://127.0.0.1/x/", "", '"a"')
    before = Record(State.BEFORE, THEN, held=held)
    assert step(before, target(), Look(Existence.YES, None, held), NOW).record == Record(State.BEFORE, NOW, held=held)


@given(st.sampled_from([Existence.DOWN, Existence.AUTH, Existence.OFFLINE]), st.sampled_from([None, *State]))
def test_no_answer_is_never_free_and_changes_nothing(existence: Existence, state: State | None) -> None:
    before = remembered(state) if state is not None else None
    seen = step(before, target(), Look(existence), NOW)
    assert (seen.record, seen.alarm, seen.gone) == (before, False, False)


@given(st.lists(st.sampled_from(["free", "old", "new", "undated", "down"]), max_size=8))
def test_a_name_is_alarmed_about_once_for_each_time_it_appears(looks: list[str]) -> None:
    record, alarms, appearances = None, 0, 0
    known = {"old": there(THEN - DAY), "new": there(THEN + DAY), "undated": there(None), "free": free()}
    for number, look in enumerate(looks):
        was = record.state if record else None
        made = step(record, target(), known.get(look, Look(Existence.DOWN)), NOW + number * DAY)
        record, alarms = made.record, alarms + made.alarm
        appearances += record is not None and record.state is State.APPEARED and was is not State.APPEARED
    assert alarms == appearances


def test_seen_free_counts_more_than_clocks_that_differ_by_a_little() -> None:
    just_before = THEN - timedelta(minutes=2)
    assert step(remembered(State.FREE), target(predicted=THEN), there(just_before), NOW).alarm
    assert not step(None, target(predicted=THEN), there(just_before), NOW).alarm, "it was never seen free"
