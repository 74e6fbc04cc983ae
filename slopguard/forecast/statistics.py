"""The figures of forecasts: shares with their intervals, what has not been seen yet, how many there may be.

Pure Python; the tests hold each against values computed with scipy and statsmodels. Invariants: an interval lies within
0 and 1 and holds the estimate; what cannot be estimated is `None`, never a number that looks like one; the same seed
gives the same interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log, sqrt
from random import Random

Z = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""
ALPHA = 0.05
ROUNDS = 400
"""Times that clusters are drawn again for one interval."""
ENOUGH_COVERAGE = 0.5
"""Below this coverage the number of unseen names is not estimated: Chao1 then grows with every sample."""

Interval = tuple[float, float]
Cluster = tuple[int, int]
"""What one prompt gave: the part, and of how many."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval.

    Args:
        part, of: the counts.
        clusters: prompts that they come from.
        rate, low, high: `None` where there is nothing to take a share of.
        method: `bootstrap`; `rule-of-three` (none was seen: `high` is a one-sided bound); `wilson` (one prompt only).
    """

    part: int
    of: int
    clusters: int
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what would be seen has been seen (Good-Turing).

    Args:
        sightings: in all.
        species: different names.
        once, twice: names seen exactly once, exactly twice.
        coverage: the chance that the next sighting is of a name seen before; `None` without any.
        low, high: its 95 % interval (Esty 1983).
        total: a lower bound of how many names there are (Chao1); `None`: not estimable.
    """

    sightings: int
    species: int
    once: int
    twice: int
    coverage: float | None
    low: float | None
    high: float | None
    total: float | None


def wilson(part: int, of: int, z: float = Z) -> Interval:
    """The Wilson score interval of `part` in `of`: sound for few trials and for shares near 0 and 1.

    Without trials it is all from 0 to 1.
    """
    if not of:
        return 0.0, 1.0
    share, square = part / of, z * z / of
    middle = share + square / 2
    spread = z * sqrt(share * (1 - share) / of + square / (4 * of))
    low, high = ((middle + sign * spread) / (1 + square) for sign in (-1, 1))
    return (0.0 if part == 0 else low), (1.0 if part == of else high)


def none_seen(of: int, alpha: float = ALPHA) -> float:
    """The one-sided upper bound of a share of which none was seen in `of`: the exact form of the rule of three."""
    return 1.0 if of < 1 else 1.0 - exp(log(alpha) / of)


def poisson_upper(count: int, alpha: float = ALPHA) -> float:
    """The exact one-sided upper bound of what a count is expected to be (Garwood)."""
    low, high = float(count), count + 10.0 + 5.0 * sqrt(count + 1.0)
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(count, middle) > alpha:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def clustered(clusters: Sequence[Cluster], seed: int, rounds: int = ROUNDS) -> Share:
    """A share over samples that come in clusters, with an interval that knows it.

    Samples of one prompt resemble each other, so prompts are drawn again, not samples. The bootstrap is studentised, on
    the logarithm of the odds: the plain percentile interval is too narrow for few prompts and small shares.

    Args:
        clusters: one a prompt; those of nothing are left out.
        seed: of the drawing.
    """
    clusters = [each for each in clusters if each[1] > 0]
    part, of = sum(each[0] for each in clusters), sum(each[1] for each in clusters)
    count = len(clusters)
    if not of:
        return Share(part, of, count)
    rate = part / of
    if part == 0:
        return Share(part, of, count, 0.0, 0.0, none_seen(count), "rule-of-three")
    if part == of:
        return Share(part, of, count, 1.0, 1.0 - none_seen(count), 1.0, "rule-of-three")
    if count < 2:
        return Share(part, of, count, rate, *wilson(part, of), "wilson")
    return Share(part, of, count, rate, *_bootstrap(clusters, seed, rounds), "bootstrap")


def coverage(counts: Iterable[int]) -> Coverage:
    """What is known of the names not seen yet.

    Args:
        counts: how often each name was seen.
    """
    seen = [count for count in counts if count > 0]
    often = Counter(seen)
    total, once, twice = sum(seen), often[1], often[2]
    if not total:
        return Coverage(0, 0, 0, 0, None, None, None, None)
    found = 1.0 - once / total
    spread = Z * sqrt(max(0.0, once * (1.0 - once / total) + 2.0 * twice)) / total
    low, high = max(0.0, found - spread), min(1.0, found + spread)
    return Coverage(total, len(seen), once, twice, found, low, high, chao1(len(seen), once, twice, found))


def chao1(species: int, once: int, twice: int, covered: float) -> float | None:
    """At least how many names there are, bias-corrected; `None` where too little was seen to say."""
    if covered <= ENOUGH_COVERAGE:
        return None
    return species + once * (once - 1) / (2.0 * (twice + 1))


def unseen_recurrent(sightings: Sequence[int], draws: int) -> float:
    """An upper bound of the recurrent names that one more draw would bring and that are not known as such.

    A name is recurrent once two draws gave it. By Good and Turing the names seen once so far come again at the rate at
    which, until now, draws brought names that came twice. Of a name that is expected in one draw or more by now, the
    chance to be unseen is no larger than the chance to have been seen once; so this bounds both.

    Args:
        sightings: for each name that two draws gave in all, how many of the two were draws of this kind.
        draws: (model, prompt) pairs of this kind that were asked.
    """
    each = sum(sightings) / len(sightings) if sightings else 2.0
    return inf if draws < 1 else each * poisson_upper(len(sightings)) / draws


def _bootstrap(clusters: Sequence[Cluster], seed: int, rounds: int) -> Interval:
    random = Random(seed)  # noqa: S311 - the same draws each time are the point
    kinds = sorted(set(clusters))  # most clusters are alike: what is drawn is counted, then reckoned once a kind
    places = {kind: place for place, kind in enumerate(kinds)}
    drawn_from, count = [places[each] for each in clusters], len(clusters)
    rate, error = _estimate(Counter(clusters).items())
    centre, scale = _odds(rate), _scale(rate, error)
    draws = (Counter(random.choices(drawn_from, k=count)) for _ in range(rounds))
    found = sorted(_deviation([(kinds[at], times) for at, times in each.items()], centre) for each in draws)
    below, above = found[int(ALPHA / 2 * rounds)], found[min(rounds - 1, int((1 - ALPHA / 2) * rounds))]
    low, high = _share(centre - above * scale), _share(centre - below * scale)
    return min(low, rate), max(high, rate)


def _deviation(drawn: Iterable[tuple[Cluster, int]], centre: float) -> float:
    """How many standard errors a redrawn estimate lies from the true one; far where it has none."""
    rate, error = _estimate(drawn)
    if not 0.0 < rate < 1.0 or error <= 0.0:
        return -Z if rate <= 0.0 else Z if rate >= 1.0 else 0.0
    return (_odds(rate) - centre) / _scale(rate, error)


def _estimate(alike: Iterable[tuple[Cluster, int]]) -> tuple[float, float]:
    """The ratio and its standard error, linearised; clusters that are alike stand there once, with their number."""
    parts = ofs = squares = products = weights = count = 0
    for (part, of), times in alike:
        parts += part * times
        ofs += of * times
        squares += part * part * times
        products += part * of * times
        weights += of * of * times
        count += times
    rate = parts / ofs
    spread = max(0.0, squares - 2.0 * rate * products + rate * rate * weights)
    return rate, sqrt(spread * count / (count - 1)) / ofs


def _odds(rate: float) -> float:
    return log(rate / (1.0 - rate))


def _share(odds: float) -> float:
    return 1.0 / (1.0 + exp(-max(-700.0, min(700.0, odds))))


def _scale(rate: float, error: float) -> float:
    return error / (rate * (1.0 - rate))


def _at_most(count: int, mean: float) -> float:
    """The chance of at most `count` where `mean` is expected."""
    if mean <= 0.0:
        return 1.0
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))
