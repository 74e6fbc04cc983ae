"""Many streams of candidates as one order: the sum of what each promises.

Method: a stratum promises `exp(height - slope * cost)` hits for a candidate, both fitted beforehand (`yields`); a
name's score is the sum over all streams that put it forward. Streams are read in bands of falling promise: once every
stream is read down to a bound, the names that reach it are given, best first, and the bound falls.
Invariants: the order does not depend on how many names are asked for; scores never rise; memory holds the names that
were put forward and not yet given, and the names given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import exp, log

from slopguard.forecast.embedded.candidate import Stream
from slopguard.forecast.embedded.yields import NONE, Yield

_FALL = 0.6
"""By how much the bound falls from band to band."""
_AHEAD = 0.5
"""How far below the bound streams are read, so that what several of them promise a little is not missed."""
_FLOOR = 1e-9
Fits = Callable[[str], bool]


def fused(streams: Iterable[Stream], yields: Mapping[str, Yield], fits: Fits) -> Iterator[tuple[float, str, str]]:
    """Score, name and first stratum, best first; only names that `fits` accepts, each once."""
    streams = list(streams)
    pool: dict[str, float] = {}
    first: dict[str, str] = {}
    given: set[str] = set()
    bound, last = 0.5, 1.0
    while bound > _FLOOR:
        for stream in streams:
            _read(stream, yields, bound * _AHEAD, pool, first)
        ready = sorted((-score, name) for name, score in pool.items() if score >= bound)
        for score, name in ready:
            del pool[name]
            stratum = first.pop(name)
            if name not in given:
                given.add(name)
                if fits(name):
                    last = min(last, -score)
                    yield last, name, stratum
        bound *= _FALL


def _read(
    stream: Stream, yields: Mapping[str, Yield], bound: float, pool: dict[str, float], first: dict[str, str]
) -> None:
    """Read a stream as far as its strata promise `bound`, and add up what it promises."""
    figures = {stratum: yields.get(stratum, NONE) for stratum in stream.strata}
    least = log(bound)
    limits = {stratum: (each.height - least) / each.slope for stratum, each in figures.items()}
    for cost, stratum, name in stream.read(limits):
        height, slope = figures[stratum]
        if name in pool:
            pool[name] += exp(height - slope * cost)
        else:
            pool[name] = exp(height - slope * cost)
            first[name] = stratum
