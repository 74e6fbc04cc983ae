"""What each sort of candidate of the embedded forecaster promises, fitted to names that were given for requests.

Method: the names hit in a stratum are taken for a Poisson process over its candidates whose intensity is
`exp(height - slope * cost)`; a name that several strata hold is shared out among them (expectation and maximisation).
Invariant: pure functions of their arguments. `fit_embedded.py` is the command.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import exp, log
from typing import NamedTuple

from slopguard.forecast.embedded.candidate import Stream
from slopguard.forecast.embedded.chains import Chain
from slopguard.forecast.embedded.yields import Yield

DEPTH = 60_000
STEPS = 5
"""Costs are counted in steps of this part of a nat."""
FIRST, DEAREST = 4.0, 36.0
ROUNDS, TURNS = 40, 15
SLOPE, SPREAD = 1.0, 0.3
"""The slope that is believed beforehand: a cost in true nats falls by one a nat."""
FLATTEST, STEEPEST = 0.2, 2.5
PSEUDO = 0.1
"""Hits that each stratum is given beforehand."""
LIFT = 0.004
"""What the last of the lifted candidates of a front stratum promises at least.

The names given for requests come from one writer, or few; a name that several models invent alike counts for more than
they show. Such names stand in for real ones: what is imported, a namespace, a name less the word for its language. So
on PyPI the first candidates of these strata are lifted, by hand and not fitted. On npm, where what is imported is the
name, none is.
"""
LIFTED = {
    "import": 800,
    "namespace": 800,
    "stdlib": 228,
    "language-end": 450,
    "language-start": 900,
    "role-end": 500,
    "start": 600,
}
"""How many candidates of each stratum are lifted."""
STEEP = 0.8
"""The slope that a lifted stratum has at least: what comes behind the lifted ones is not to stay high."""
DOUBTED, DOUBT = ("listed", "listed-other"), 0.5
"""Strata of whole names that the tables of topics list, and what of their promise is believed.

Who writes down names for a request writes as the writer of the tables did, so these strata look better than they are;
and more than a third of the names that npm's tables list exist.
"""
RANKED = 10
"""What `ranked` adds to a place before it takes the logarithm."""

Levels = Sequence[tuple[float, int]]
"""Costs, and how many candidates have them."""


class Seen(NamedTuple):
    """What the streams put forward.

    Args:
        levels: for each stratum how many candidates it has of each cost.
        hits: for each given name the strata that hold it, and what it costs there.
    """

    levels: Mapping[str, Levels]
    hits: Mapping[str, Mapping[str, float]]


def collect(found: Iterable[Stream], names: Mapping[str, float], depth: int = DEPTH) -> Seen:
    """Read streams down to a depth, and note where the given names stand in them.

    Args:
        depth: candidates of a form; of every other stream a third.
    """
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    hits: dict[str, dict[str, float]] = defaultdict(dict)
    for stream in found:
        for cost, stratum, name in _read(stream, depth if isinstance(stream, Chain) else depth // 3):
            counted[stratum][round(cost * STEPS)] += 1
            if name in names:
                hits[name].setdefault(stratum, cost)
    levels = {
        stratum: [(step / STEPS, many) for step, many in sorted(each.items())] for stratum, each in counted.items()
    }
    return Seen(levels, hits)


def _read(stream: Stream, depth: int) -> Iterator[tuple[float, str, str]]:
    """Whole bands of a stream until they hold `depth` candidates."""
    limit, read = FIRST, 0
    while read < depth and limit < DEAREST:
        for each in stream.read(dict.fromkeys(stream.strata, limit)):
            read += 1
            yield each
        limit += 1.0 if read < depth / 20 else 0.5


def fit(seen: Seen, weights: Mapping[str, float]) -> dict[str, Yield]:
    """The promise of every stratum that put anything forward.

    Args:
        weights: the names that count, and how much.
    """
    hits = [(weights[name], each) for name, each in seen.hits.items() if name in weights]
    totals: Counter[str] = Counter()
    for weight, each in hits:
        totals.update(dict.fromkeys(each, weight))
    found = {stratum: _level(levels, SLOPE, totals[stratum]) for stratum, levels in seen.levels.items()}
    for _ in range(ROUNDS):
        shares = _shared(hits, found)
        found = {
            stratum: _best(levels, shares[stratum], found[stratum].slope) for stratum, levels in seen.levels.items()
        }
    return found


def _shared(
    hits: Iterable[tuple[float, Mapping[str, float]]], yields: Mapping[str, Yield]
) -> Mapping[str, list[tuple[float, float]]]:
    """Each name shared out among the strata that hold it: for each stratum the parts and their costs."""
    shares: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for weight, costs in hits:
        parts = {stratum: exp(yields[stratum].height - yields[stratum].slope * costs[stratum]) for stratum in costs}
        total = sum(parts.values())
        for stratum, part in parts.items():
            shares[stratum].append((weight * part / total, costs[stratum]))
    return shares


def _best(levels: Levels, shares: Sequence[tuple[float, float]], slope: float) -> Yield:
    """The most likely slope, with what is believed of it beforehand, by Newton's method, and its height."""
    number = sum(part for part, _ in shares)
    costs = sum(part * cost for part, cost in shares)
    for _ in range(TURNS):
        mean, spread = _moments(levels, slope)
        rise = number * mean - costs - (slope - SLOPE) / SPREAD**2
        step = rise / (number * spread + 1 / SPREAD**2)
        slope = min(STEEPEST, max(FLATTEST, slope + max(-0.3, min(0.3, step))))
        if abs(step) < 1e-4:
            break
    return _level(levels, slope, number)


def _moments(levels: Levels, slope: float) -> tuple[float, float]:
    """The mean and the variance of the cost of a hit."""
    shares = [(cost, many * exp(-slope * cost)) for cost, many in levels]
    total = sum(share for _, share in shares)
    mean = sum(share * cost for cost, share in shares) / total
    return mean, sum(share * cost * cost for cost, share in shares) / total - mean * mean


def _level(levels: Levels, slope: float, number: float) -> Yield:
    """The height at which so many hits are expected."""
    return Yield(log((number + PSEUDO) / sum(many * exp(-slope * cost) for cost, many in levels)), slope)


def lifted(found: Mapping[str, Yield], promise: float = LIFT) -> dict[str, Yield]:
    """The same, with the strata of `LIFTED` raised so far that their first candidates promise at least so much.

    Args:
        promise: 0 lifts none.
    """
    raised = dict(found)
    for stratum, many in LIFTED.items() if promise > 0 else ():
        if stratum in found:
            slope = max(found[stratum].slope, STEEP)
            raised[stratum] = Yield(max(found[stratum].height, log(promise) + slope * log(RANKED + many)), slope)
    return raised


def doubted(found: Mapping[str, Yield], part: float = DOUBT) -> dict[str, Yield]:
    """The same, with the promise of `DOUBTED` strata believed in part."""
    return {
        code: each._replace(height=each.height + log(part)) if code in DOUBTED else each for code, each in found.items()
    }
