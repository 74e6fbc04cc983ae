"""The figures of a bench: gains, slow requests, and how far two ways of sampling lie apart.

Pure Python, as `forecast.statistics`, whose `clustered` is the ratio estimator of acceptance. Invariants: an interval
holds its estimate; what cannot be estimated is `None`; the same seed gives the same interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, inf, log, sqrt
from random import Random
from statistics import median

from slopguard.forecast.statistics import ALPHA, Interval, Z, none_seen, wilson

ROUNDS = 1_000
"""Times that something is drawn again for one interval."""
NULLS = 200
"""Times that samples are drawn from the exact distributions, to see how far from 0 a divergence is that is none."""
FEWEST_ROUNDS = 6
"""With fewer paired rounds not even the widest interval, from the smallest to the largest, holds a median with 95 %
(1 - 2 * 0.5**n)."""
PER_CHOICE = 50
"""Samples for each token that has a real chance: below, what is measured is mostly the error of measuring."""
_REAL = 0.99
"""The tokens that hold this share of the chance are those that have a real one."""
Times = tuple[Sequence[float], Sequence[float]]
"""Seconds of each request of a round, to the plain server and to the other."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval.

    Args:
        count: what it rests on: requests, rounds or samples.
    """

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Context:
    """What followed one text.

    Args:
        counts: how often each token was sampled behind it.
        exact: the chance of each token there, by the server that does not speculate; those not listed share the rest.
    """

    counts: Mapping[int, int]
    exact: Mapping[int, float]

    @property
    def samples(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def enough(self) -> bool:
        """Whether they are enough to tell a distribution (`PER_CHOICE`), nearly all of which is listed."""
        real = choices(self.exact)
        return real <= len(self.exact) and self.samples >= PER_CHOICE * real


@dataclass(frozen=True, slots=True)
class Divergence:
    """How far samples lie from what they should be drawn from, in nats.

    Args:
        kl: the divergence less what samples of the very distribution would show on average.
        raw: before that was taken off.
        deviations: `kl` in standard deviations of such samples.
        contexts: texts that it rests on.
    """

    kl: Estimate
    raw: float
    deviations: float
    contexts: int


def ratio_of_medians(pairs: Sequence[tuple[float, float]], seed: int) -> Estimate | None:
    """How much faster the second of each pair is than the first: the ratio of the medians.

    Pairs are drawn again, so that what slowed down both of a round stays together. The interval is that of the
    bootstrap, and no narrower than the one that needs no assumption (the sign test on the rounds' own ratios), as the
    bootstrap of few rounds is too narrow.

    Args:
        pairs: one a round; `None` comes back where there are fewer than two, or one is no speed.
    """
    if len(pairs) < 2 or any(value <= 0.0 for pair in pairs for value in pair):
        return None
    value = _medians(pairs)
    random = Random(seed)  # noqa: S311 - the same draws each time are the point
    found = sorted(_medians(random.choices(pairs, k=len(pairs))) for _ in range(ROUNDS))
    low, high = _middle(found)
    ratios = sorted(second / first for first, second in pairs)
    cut = _left_out(len(pairs))
    low, high = min(low, ratios[cut]), max(high, ratios[-1 - cut])
    return Estimate(value, min(low, value), max(high, value), len(pairs))


def _left_out(rounds: int) -> int:
    """How many of the smallest, and of the largest, a 95 % interval of a median may leave out (sign test)."""
    tail, chance, cut = 0.0, 0.5**rounds, 0
    for below in range(rounds):
        tail += chance
        if tail > ALPHA / 2:
            break
        cut = below
        chance *= (rounds - below) / (below + 1)
    return cut


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def slowdown(rounds: Sequence[Times], share: float, seed: int) -> Estimate | None:
    """How much longer the slow requests of the second of each pair take: the ratio of two quantiles.

    The interval is that of a bootstrap over requests, and no narrower than that of one over rounds: a machine that is
    busy for a while makes many requests of one round slow, which then are not as many as they look.

    Args:
        rounds: `None` comes back where there are none, or one has no requests.
        share: 0.99 for p99.
    """
    if not rounds or not all(plain and other and min(*plain, *other) > 0.0 for plain, other in rounds):
        return None
    first, second = (sorted(seconds for pair in rounds for seconds in pair[side]) for side in (0, 1))
    value = quantile(second, share) / quantile(first, share)
    random = Random(seed)  # noqa: S311 - the same draws each time are the point
    low, high = _middle(sorted(_drawn(second, share, random) / _drawn(first, share, random) for _ in range(ROUNDS)))
    if len(rounds) > 1:
        drawn = (random.choices(rounds, k=len(rounds)) for _ in range(ROUNDS // 4))
        least, most = _middle(sorted(_slower(each, share) for each in drawn))
        low, high = min(low, least), max(high, most)
    return Estimate(value, min(low, value), max(high, value), min(len(first), len(second)))


def _slower(rounds: Sequence[Times], share: float) -> float:
    plain, other = ([seconds for pair in rounds for seconds in pair[side]] for side in (0, 1))
    return quantile(other, share) / quantile(plain, share)


def _drawn(ordered: Sequence[float], share: float, random: Random) -> float:
    """The quantile of as many values drawn again: its place is an order statistic of uniforms, a beta variate."""
    count = len(ordered)
    place = max(1, ceil(share * count))
    position = random.betavariate(place, count - place + 1)
    return ordered[min(count - 1, int(position * count))]


def tolerated(same: Estimate) -> float:
    """The slowdown that two runs of one and the same server show: nobody can hold another to less.

    Args:
        same: the slowdown of an A/A run.
    """
    return max(same.high, 1.0 / same.low if same.low > 0.0 else inf)


def choices(exact: Mapping[int, float]) -> int:
    """How many tokens have a real chance."""
    total = accumulate(sorted(exact.values(), reverse=True))
    return next((place for place, share in enumerate(total, 1) if share >= _REAL), len(exact) + 1)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two ways of sampling are.

    Args:
        sound: the divergence over the contexts with enough samples: what may show that there is none.
        every: the divergence over all contexts: what may show that there is one, as the correction holds for few
            samples, too.
        covered: the share of all sampled places that `sound` rests on.
        why: why there is nothing, in our words.
    """

    sound: Divergence | None
    every: Divergence | None
    covered: float
    why: str = ""


def likeness(contexts: Sequence[Context], places: int, seed: int) -> Likeness:
    """What samples say.

    Args:
        places: sampled tokens in all, those behind texts that did not come often included.
    """
    used = [context for context in contexts if context.enough]
    sound = divergence(used, seed)
    every = sound if len(used) == len(contexts) else divergence(contexts, seed)
    return Likeness(sound, every, sum(each.samples for each in used) / places if places else 0.0)


def divergence(used: Sequence[Context], seed: int) -> Divergence | None:
    """How far what was sampled lies from the exact chances: Kullback-Leibler, corrected for the size of the samples.

    The plug-in figure of a perfect sampler is not 0 but about (choices - 1) / (2 * samples); its mean and its spread
    are found by sampling from the exact chances as often (a parametric bootstrap of the null). The interval has the
    spread of that, or that of the samples drawn again where it is larger: the null's is too narrow once there is a
    divergence.

    Args:
        used: `None` comes back where there are none.
    """
    weight = sum(context.samples for context in used)
    if not weight:
        return None
    random = Random(seed)  # noqa: S311 - the same draws each time are the point
    raw = _weighted([(each.counts, each.exact) for each in used])
    nulls = [
        _weighted([(_sampled(each.exact, each.samples, random), each.exact) for each in used]) for _ in range(NULLS)
    ]
    again = [_weighted([(_again(each.counts, random), each.exact) for each in used]) for _ in range(NULLS)]
    kl, spread = raw - sum(nulls) / NULLS, _deviation(nulls)
    reach = Z * max(spread, _deviation(again))
    return Divergence(Estimate(kl, kl - reach, kl + reach, weight), raw, kl / spread if spread else 0.0, len(used))


def plugin(counts: Mapping[int, int], exact: Mapping[int, float]) -> float:
    """The divergence of shares from chances, in nats; tokens that are not listed count as one, which has the rest."""
    total = sum(counts.values())
    rest = max(1.0 - sum(exact.values()), 1e-12)
    unlisted = sum(count for token, count in counts.items() if exact.get(token, 0.0) <= 0.0)
    found = sum(
        count / total * log(count / total / exact[token])
        for token, count in counts.items()
        if count and exact.get(token, 0.0) > 0.0
    )
    return found + (unlisted / total * log(unlisted / total / rest) if unlisted else 0.0)


def alike(same: int, of: int) -> Estimate | None:
    """The share of pairs of outputs that are the same; where all are, the low end is a one-sided bound."""
    if not of:
        return None
    if same == of:
        return Estimate(1.0, 1.0 - none_seen(of), 1.0, of)
    return Estimate(same / of, *wilson(same, of), of)


def _medians(pairs: Sequence[tuple[float, float]]) -> float:
    return median(second for _, second in pairs) / median(first for first, _ in pairs)


def _middle(found: Sequence[float]) -> Interval:
    """What 95 % of sorted values lie between."""
    return found[int(ALPHA / 2 * len(found))], found[min(len(found) - 1, int((1 - ALPHA / 2) * len(found)))]


def _weighted(found: Sequence[tuple[Mapping[int, int], Mapping[int, float]]]) -> float:
    """The mean divergence, each context with the weight of its samples."""
    weights = [sum(counts.values()) for counts, _ in found]
    return sum(weight * plugin(*each) for weight, each in zip(weights, found, strict=True)) / sum(weights)


_UNLISTED = -1


def _sampled(exact: Mapping[int, float], samples: int, random: Random) -> Counter[int]:
    """So many tokens, drawn by their chances."""
    tokens = [*exact, _UNLISTED]
    shares = list(accumulate([*exact.values(), max(0.0, 1.0 - sum(exact.values()))]))
    return Counter(random.choices(tokens, cum_weights=shares, k=samples))


def _again(counts: Mapping[int, int], random: Random) -> Counter[int]:
    """As many samples, drawn from the samples."""
    return Counter(random.choices(list(counts), cum_weights=list(accumulate(counts.values())), k=sum(counts.values())))


def _deviation(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
