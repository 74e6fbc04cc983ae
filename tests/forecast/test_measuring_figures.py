"""The figures of benches: held against constants, against scipy, and against truths known by construction."""

from __future__ import annotations

from math import log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.measuring.figures import (
    FEWEST_ROUNDS,
    Context,
    Estimate,
    alike,
    choices,
    divergence,
    likeness,
    plugin,
    quantile,
    ratio_of_medians,
    slowdown,
    tolerated,
)

SPEEDS = st.floats(0.1, 1e5)
SECONDS = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=30)


@given(st.lists(st.tuples(SPEEDS, SPEEDS), min_size=2, max_size=12))
def test_a_gain_lies_within_its_interval_and_none_is_estimated_of_nothing(pairs: list[tuple[float, float]]) -> None:
    found = ratio_of_medians(pairs, 1)
    assert found is not None
    assert found.low <= found.value <= found.high
    assert ratio_of_medians(pairs[:1], 1) is None
    assert ratio_of_medians([*pairs, (0.0, 1.0)], 1) is None


def test_the_ratio_of_medians_is_not_moved_by_one_round_that_went_wrong() -> None:
    pairs = [(10.0, 20.0)] * 7 + [(10.0, 500.0)]
    found = ratio_of_medians(pairs, 1)
    assert found is not None
    assert found.value == pytest.approx(2.0)


def test_the_same_seed_gives_the_same_interval() -> None:
    pairs = [(10.0 + number, 15.0 + 2 * number) for number in range(8)]
    assert ratio_of_medians(pairs, 3) == ratio_of_medians(pairs, 3)


def test_the_interval_of_a_gain_holds_the_truth_as_often_as_it_says() -> None:
    """Rounds that slow down both servers alike, and noise of each: 95 % of the intervals must hold the gain of 1.4."""
    random = Random(5)
    held = 0
    for number in range(40):
        slow = [random.lognormvariate(0, 0.1) for _ in range(FEWEST_ROUNDS)]
        pairs = [(each * random.lognormvariate(0, 0.05), 1.4 * each * random.lognormvariate(0, 0.05)) for each in slow]
        found = ratio_of_medians(pairs, number)
        assert found is not None
        held += found.low <= 1.4 <= found.high
    assert held >= 34


def test_two_runs_of_one_server_have_no_gain() -> None:
    random = Random(6)
    pairs = [(random.gauss(100, 3), random.gauss(100, 3)) for _ in range(8)]
    found = ratio_of_medians(pairs, 1)
    assert found is not None
    assert found.low < 1.0 < found.high


def test_a_quantile_is_a_value_that_was_seen() -> None:
    values = [float(number) for number in range(1, 101)]
    assert quantile(values, 0.99) == 99.0
    assert quantile(values, 0.5) == 50.0
    assert quantile([3.0], 0.99) == 3.0


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=4))
def test_a_slowdown_lies_within_its_interval(rounds: list[tuple[list[float], list[float]]]) -> None:
    found = slowdown(rounds, 0.99, 1)
    assert found is not None
    assert found.low <= found.value <= found.high
    assert slowdown([*rounds, ([], [1.0])], 0.99, 1) is None


def test_slowest_requests_that_take_half_as_long_again_are_seen() -> None:
    random = Random(7)
    found = slowdown([(busy(random, 125, 0.0), busy(random, 125, 0.0, 1.5)) for _ in range(8)], 0.99, 1)
    assert found is not None
    assert found.low > 1.2
    assert found.low <= 1.5 <= found.high
    assert slowdown([], 0.99, 1) is None


def test_the_interval_of_a_slowdown_holds_the_truth_where_whole_rounds_are_slow() -> None:
    """Two servers that are the same, on a machine that is busy now and then; over requests alone six in ten hold 1."""
    random = Random(8)
    held = 0
    for number in range(40):
        found = slowdown([(busy(random, 125, 0.1), busy(random, 125, 0.1)) for _ in range(8)], 0.99, number)
        assert found is not None
        held += found.low <= 1.0 <= found.high
    assert held >= 33


def busy(random: Random, count: int, spread: float, slow: float = 1.0) -> list[float]:
    """Seconds of the requests of one round, all of them slowed down by the same."""
    all_of_them = slow * random.lognormvariate(0, spread)
    return [all_of_them * random.lognormvariate(0, 0.2) for _ in range(count)]


def test_what_is_tolerated_is_what_a_server_differs_from_itself_in_either_direction() -> None:
    assert tolerated(Estimate(1.0, 0.8, 1.1, 1000)) == pytest.approx(1.25)
    assert tolerated(Estimate(1.0, 0.95, 1.3, 1000)) == pytest.approx(1.3)
    assert tolerated(Estimate(1.0, 0.0, 1.3, 1000)) == float("inf")


def test_the_plugin_divergence_is_that_of_the_textbook() -> None:
    assert plugin({1: 3, 2: 1}, {1: 0.5, 2: 0.5}) == pytest.approx(0.75 * log(1.5) + 0.25 * log(0.5))
    assert plugin({1: 1, 2: 1}, {1: 0.5, 2: 0.5}) == 0.0
    """scipy.stats.entropy([.2, .3, .5], [.1, .6, .3])"""
    assert plugin({1: 2, 2: 3, 3: 5}, {1: 0.1, 2: 0.6, 3: 0.3}) == pytest.approx(0.1860975, abs=1e-6)


def test_a_token_that_is_not_listed_counts_as_one_of_the_rest() -> None:
    assert plugin({1: 1, 9: 1}, {1: 0.5}) == pytest.approx(0.0, abs=1e-9)
    assert plugin({9: 1}, {1: 1.0}) > 20


def test_few_samples_tell_nothing() -> None:
    even = dict.fromkeys(range(20), 0.05)
    assert choices(even) == 20
    assert choices({1: 0.995, 2: 0.005}) == 1
    assert not Context({1: 999}, even).enough
    assert Context({1: 1000}, even).enough
    assert likeness([Context({1: 999}, even)], 999, 1).sound is None
    assert divergence([], 1) is None


def test_few_samples_may_tell_that_two_distributions_differ_but_not_that_they_do_not() -> None:
    even = dict.fromkeys(range(20), 0.05)
    found = likeness([Context({1: 300}, even)], 600, 1)
    assert found.sound is None
    assert found.covered == 0.0
    assert found.every is not None
    assert found.every.kl.low > 1.0


@pytest.mark.parametrize("support", [5, 20])
def test_samples_of_the_very_distribution_diverge_by_nothing_though_the_plugin_says_so(support: int) -> None:
    random = Random(support)
    contexts = [sampled(dict.fromkeys(range(support), 1 / support), 1000, random) for _ in range(4)]
    found = divergence(contexts, 1)
    assert found is not None
    assert found.raw == pytest.approx((support - 1) / 2000, rel=0.5)
    assert abs(found.kl.value) < 0.004
    assert found.kl.high < 0.02
    assert found.kl.low < 0.0 < found.kl.high


def test_samples_of_another_distribution_diverge_by_as_much_as_they_must() -> None:
    random = Random(9)
    exact = {1: 0.5, 2: 0.3, 3: 0.2}
    drawn = sampled({1: 0.2, 2: 0.3, 3: 0.5}, 4000, random)
    found = divergence([Context(drawn.counts, exact)], 1)
    truth = 0.2 * log(0.4) + 0.5 * log(2.5)
    assert found is not None
    assert found.kl.low <= truth <= found.kl.high
    assert found.kl.low > 0.02
    assert found.deviations > 10


@given(st.integers(0, 50), st.integers(1, 50))
def test_a_share_of_outputs_that_are_alike_has_an_interval(same: int, more: int) -> None:
    found = alike(same, same + more)
    assert found is not None
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert alike(0, 0) is None


def test_forty_outputs_alike_leave_fewer_than_one_in_thirteen_to_differ() -> None:
    found = alike(40, 40)
    assert found is not None
    assert found.low == pytest.approx(0.05 ** (1 / 40))


def sampled(exact: dict[int, float], count: int, random: Random) -> Context:
    drawn = random.choices(list(exact), list(exact.values()), k=count)
    return Context({token: drawn.count(token) for token in exact}, exact)
