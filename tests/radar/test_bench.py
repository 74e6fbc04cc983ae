"""The benchmark of the radar, small: its three polls come to what they must, and the registry is spared."""

from __future__ import annotations

from pathlib import Path

from bench.radar import REGISTERED, measure
from slopguard.radar.model import State
from slopguard.radar.poll import AT_ONCE


def test_three_polls_of_a_few_hundred_names(tmp_path: Path) -> None:
    names, rate = 300, 150.0
    first, again, all_due = (each[1:] for each in measure(tmp_path, names, rate))
    assert first[1].tally.states == {
        State.FREE: names - REGISTERED,
        State.APPEARED: REGISTERED // 2,
        State.BEFORE: REGISTERED // 2,
    }
    assert len(first[1].tally.alarms) == REGISTERED // 2
    assert (first[2].heads, first[2].gets) == (names + 1, REGISTERED), "one more for a name that nobody can have"
    assert first[2].busiest <= rate + 1 + AT_ONCE
    assert (again[1].tally.asked, len(again[2].times)) == (0, 0)
    assert (all_due[1].tally.asked, all_due[1].tally.alarms) == (names, [])
