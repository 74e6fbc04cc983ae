"""The figures: held against values computed with scipy 1.17 and statsmodels 0.15, and against known truths."""

from __future__ import annotations

from math import inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.statistics import (
    chao1,
    clustered,
    coverage,
    none_seen,
    poisson_upper,
    unseen_recurrent,
    wilson,
)

WILSON = (
    (0, 10, 0.0, 0.2775328),
    (1, 10, 0.0178762, 0.40415),
    (5, 10, 0.2365931, 0.7634069),
    (10, 10, 0.7224672, 1.0),
    (3, 7, 0.1582199, 0.7495416),
    (12, 345, 0.0200071, 0.0598041),
    (999, 1000, 0.9943574, 0.9998235),
)
"""scipy `binomtest(...).proportion_ci(method="wilson")`, the same as statsmodels' `proportion_confint`."""
POISSON = ((0, 2.99573), (1, 4.74386), (5, 10.51303), (50, 63.28707), (1000, 1053.60312))
"""scipy `chi2.ppf(0.95, 2 * (count + 1)) / 2`."""
NONE_SEEN = ((1, 0.95), (10, 0.2588656), (100, 0.029513), (1000, 0.0029912))
"""scipy `binomtest(0, of, alternative="less").proportion_ci(method="exact").high`."""


@pytest.mark.parametrize(("part", "of", "low", "high"), WILSON)
def test_the_wilson_interval_is_that_of_scipy(part: int, of: int, low: float, high: float) -> None:
    assert wilson(part, of) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(("count", "bound"), POISSON)
def test_the_bound_of_a_count_is_that_of_scipy(count: int, bound: float) -> None:
    assert poisson_upper(count) == pytest.approx(bound, abs=1e-4)


@pytest.mark.parametrize(("of", "bound"), NONE_SEEN)
def test_the_bound_of_what_was_never_seen_is_that_of_scipy_and_below_three_in_n(of: int, bound: float) -> None:
    assert none_seen(of) == pytest.approx(bound, abs=1e-6)
    assert none_seen(of) <= 3 / of


def test_where_nothing_was_asked_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert none_seen(0) == 1.0
    assert unseen_recurrent([], 0) == inf
    assert clustered([], 1).rate is None
    assert clustered([(0, 0), (0, 0)], 1).rate is None
    assert coverage([]).coverage is None


@given(st.lists(st.integers(0, 20).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))), max_size=12))
def test_an_interval_holds_its_estimate_and_stays_within_0_and_1(clusters: list[tuple[int, int]]) -> None:
    found = clustered(clusters, 3, rounds=60)
    if found.rate is None:
        assert not any(of for _, of in clusters)
    else:
        assert found.low is not None
        assert found.high is not None
        assert 0.0 <= found.low <= found.rate <= found.high <= 1.0


def test_the_same_seed_gives_the_same_interval() -> None:
    clusters = [(number % 3, 6) for number in range(30)]
    assert clustered(clusters, 7) == clustered(clusters, 7)


def test_none_seen_is_a_one_sided_bound_over_prompts_not_over_samples() -> None:
    found = clustered([(0, 50)] * 10, 1)
    assert (found.rate, found.low, found.method) == (0.0, 0.0, "rule-of-three")
    assert found.high == pytest.approx(none_seen(10))


def test_samples_of_one_prompt_that_are_all_alike_make_no_interval_narrower() -> None:
    few = clustered([(1, 1)] * 6 + [(0, 1)] * 14, 5)
    many = clustered([(40, 40)] * 6 + [(0, 40)] * 14, 5)
    assert many.high is not None
    assert few.high is not None
    assert many.high == pytest.approx(few.high, abs=1e-9)
    assert many.high - 0.3 > 2 * (wilson(240, 800)[1] - 0.3)


def _prompts(random: Random, truth: float, count: int) -> list[tuple[int, int]]:
    """Prompts that differ (a beta distribution of their shares), with 5 to 9 names each."""
    found = []
    for _ in range(count):
        share, of = random.betavariate(truth * 4, (1 - truth) * 4), random.randint(5, 9)
        found.append((sum(random.random() < share for _ in range(of)), of))
    return found


@pytest.mark.parametrize("truth", [0.08, 0.2])
def test_of_100_intervals_about_95_hold_the_truth(truth: float) -> None:
    random = Random(11)
    found = [clustered(_prompts(random, truth, 60), number, rounds=300) for number in range(100)]
    held = sum((each.low or 0.0) <= truth <= (each.high or 0.0) for each in found)
    assert 90 <= held <= 100


def test_an_interval_that_forgets_the_prompts_is_too_narrow() -> None:
    """The same draws with the plain Wilson interval: what the clusters are for."""
    random = Random(11)
    draws = [_prompts(random, 0.2, 60) for _ in range(100)]
    plain = [wilson(sum(part for part, _ in each), sum(of for _, of in each)) for each in draws]
    assert sum(low <= 0.2 <= high for low, high in plain) < 88


def test_coverage_is_that_of_good_and_turing() -> None:
    found = coverage([1] * 10 + [2] * 5 + [5] * 4)
    assert (found.sightings, found.species, found.once, found.twice) == (40, 19, 10, 5)
    assert found.coverage == pytest.approx(0.75)
    assert found.low == pytest.approx(0.75 - 1.959964 * (10 * 0.75 + 10) ** 0.5 / 40)
    assert found.total == pytest.approx(19 + 10 * 9 / 12)


def test_how_many_there_are_is_not_estimable_while_half_is_unseen() -> None:
    assert coverage([1] * 50 + [2] * 3).total is None
    assert chao1(10, 5, 0, 0.5) is None
    assert chao1(10, 4, 0, 0.6) == pytest.approx(16.0)


def test_the_coverage_of_a_known_world_lies_in_its_interval() -> None:
    random, held = Random(4), 0
    weights = [1 / (number + 1) for number in range(400)]
    total = sum(weights)
    for _ in range(100):
        drawn = random.choices(range(400), weights, k=500)
        counts: dict[int, int] = {}
        for name in drawn:
            counts[name] = counts.get(name, 0) + 1
        found, truth = coverage(counts.values()), sum(weights[name] for name in counts) / total
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    assert held >= 90


def test_the_bound_of_unseen_recurrent_names_holds_in_a_known_world() -> None:
    """Names that one more draw brings for the second time: their true rate lies below the bound, 95 times of 100."""
    random, held = Random(9), 0
    rates = [0.3 / (number + 1) for number in range(300)]
    for _ in range(100):
        counts = [sum(random.random() < rate for _ in range(150)) for rate in rates]
        truth = sum(rate for rate, count in zip(rates, counts, strict=True) if count == 1)
        held += truth <= unseen_recurrent([2] * counts.count(2), 150)
    assert held >= 90


def test_where_no_name_came_twice_the_bound_falls_with_every_draw() -> None:
    assert unseen_recurrent([], 150) == pytest.approx(2 * 2.9957 / 150, rel=1e-3)
    assert unseen_recurrent([], 300) < unseen_recurrent([], 150)
    assert unseen_recurrent([1, 1], 150) < unseen_recurrent([2, 2], 150)
