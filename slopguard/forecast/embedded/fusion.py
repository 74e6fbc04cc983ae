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

from slopguard.forecast.embedded.candidate import Candidate
from slopguard.forecast.embedded.yields import NONE, Yield

_FALL = 0.7
_FLOOR = 1e-9
Fits = Callable[[str], bool]


def fused(
    streams: Iterable[Iterator[Candidate]], yields: Mapping[str, Yield], fits: Fits
) -> Iterator[tuple[float, str, str]]:
    """Score, name and first stratum, best first; only names that `fits` accepts, each once."""
    open_streams = [_Reader(stream, yields) for stream in streams]
    pool: dict[str, tuple[float, str]] = {}
    given: set[str] = set()
    bound, last = 1.0, 1.0
    while open_streams and bound > _FLOOR:
        for reader in open_streams:
            for promise, candidate in reader.down_to(bound):
                _add(pool, given, promise, candidate, fits)
        open_streams = [reader for reader in open_streams if not reader.ended]
        ready = [
            (-score, name, stratum) for name, (score, stratum) in pool.items() if score >= bound or not open_streams
        ]
        for score, name, stratum in sorted(ready):
            del pool[name]
            given.add(name)
            last = min(last, -score)
            yield last, name, stratum
        bound *= _FALL


def _add(pool: dict[str, tuple[float, str]], given: set[str], promise: float, candidate: Candidate, fits: Fits) -> None:
    name = candidate.name
    before = pool.get(name)
    if before is not None:
        pool[name] = (before[0] + promise, before[1])
    elif name not in given and fits(name):
        pool[name] = (promise, candidate.stratum)


class _Reader:
    """One stream, read as far as its promise reaches a bound.

    Args:
        ended: whether it has nothing more to give.
    """

    def __init__(self, stream: Iterator[Candidate], yields: Mapping[str, Yield]) -> None:
        self.ended = False
        self._stream, self._yields = stream, yields
        self._strata: dict[str, Yield] = {}
        self._next = next(stream, None)

    def down_to(self, bound: float) -> Iterator[tuple[float, Candidate]]:
        """What comes before the point from which no stratum met so far promises `bound`."""
        low = log(bound)
        end = self._end(low)
        while self._next is not None:
            cost, stratum, _ = found = self._next
            if stratum not in self._strata:
                self._strata[stratum] = self._yields.get(stratum, NONE)
                end = self._end(low)
            if cost > end:
                return
            height, slope = self._strata[stratum]
            yield exp(height - slope * cost), found
            self._next = next(self._stream, None)
        self.ended = True

    def _end(self, low: float) -> float:
        return max(((each.height - low) / each.slope for each in self._strata.values()), default=0.0)
