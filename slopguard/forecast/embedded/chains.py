"""Names of several words, best first: each word by its place, and by the word before it where that says something.

Method: a form has a place for each word; the cost of a word there is that of `Lexicon.costs`, mixed with how often it
followed the word before in real names: `(count + m * share) / (number + m)`. Forms are walked by depth, in bands of
cost: whatever costs more than the band's end is left out, and what the band before gave is skipped. So nothing dear is
looked at before all that is cheaper, and memory holds no more than the beginnings of names that are still to be walked.
Invariant: a form is a `Stream`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log
from typing import NamedTuple

from slopguard.forecast.embedded.candidate import Candidate, Limits

_Order = Sequence[tuple[float, str]]
_Pair = tuple[float, float]
_WIDEST = 40.0


@dataclass(frozen=True, slots=True)
class Form:
    """How the words of a name are joined.

    Args:
        code: names the form: the stratum of what it gives.
        joins: what stands before each word.
        places: where the costs of each word are fitted.
    """

    code: str
    joins: tuple[str, ...]
    places: tuple[str, ...]


_KINDS = 4.0
"""How much each different follower of a word adds to the doubt in the counts of its followers."""
_DOUBT = 20.0
"""The doubt that is always there."""
KNOWN = "+"
"""Ends the stratum of names in which a word is known to follow the one before."""


class Followers:
    """How often one word came after another, in names that count with a weight."""

    def __init__(self, names: Iterable[tuple[Sequence[str], float]]) -> None:
        self.after: dict[str, dict[str, float]] = defaultdict(dict)
        for parts, weight in names:
            for word, following in pairwise(parts):
                found = self.after[word]
                found[following] = found.get(following, 0.0) + weight


class _Step(NamedTuple):
    """What may come next: words that are known to follow, and what it costs to take any other."""

    known: _Order
    costs: Mapping[str, float]
    back: float


class Chain:
    """All names of one form.

    Args:
        places: what each word costs in each place of the form.
    """

    def __init__(self, form: Form, places: Sequence[Mapping[str, float]], followers: Followers) -> None:
        self.strata = (form.code, form.code + KNOWN)
        self._form, self._places, self._followers = form, places, followers
        self._orders: list[_Order] = [sorted((cost, word) for word, cost in costs.items()) for costs in places]
        self._steps: dict[tuple[int, str], _Step] = {}
        self._read = (0.0, 0.0)

    def read(self, limits: Limits) -> Iterator[Candidate]:
        """The names whose cost is below the limits, and was not so before."""
        plain, known = (min(limits[stratum], _WIDEST) for stratum in self.strata)
        low, high = self._read, (max(plain, self._read[0]), max(known, self._read[1]))
        self._read = high
        stack: list[tuple[float, str, tuple[str, ...], bool]] = [(0.0, "", (), False)]
        while stack:
            cost, text, used, seen = stack.pop()
            if len(used) == len(self._orders) - 1:
                yield from self._ended(cost, text, used, seen, low, high)
            else:
                stack += self._longer(cost, text, used, seen, max(high))

    def _longer(
        self, cost: float, text: str, used: tuple[str, ...], seen: bool, high: float
    ) -> list[tuple[float, str, tuple[str, ...], bool]]:
        """The beginnings that are one word longer."""
        place = len(used)
        text += self._form.joins[place]
        step = self._step(place, used[-1] if used else "")
        back = cost + step.back
        more = [(cost + c, word, True) for c, word in _between(step.known, 0.0, high - cost)]
        more += [(back + c, w, seen) for c, w in _between(self._orders[place], 0.0, high - back) if w not in step.costs]
        return [(total, text + word, (*used, word), known) for total, word, known in more if word not in used]

    def _ended(
        self, cost: float, text: str, used: tuple[str, ...], seen: bool, low: _Pair, high: _Pair
    ) -> Iterator[Candidate]:
        """The names that one more word makes of a beginning."""
        place = len(used)
        text += self._form.joins[place]
        step = self._step(place, used[-1] if used else "")
        plain, known = self.strata
        for c, word in _between(step.known, low[1] - cost, high[1] - cost):
            if word not in used:
                yield cost + c, known, text + word
        back = cost + step.back
        kind = known if seen else plain
        for c, word in _between(self._orders[place], low[seen] - back, high[seen] - back):
            if word not in used and word not in step.costs:
                yield back + c, kind, text + word

    def _step(self, place: int, before: str) -> _Step:
        found = self._steps.get((place, before))
        if found is None:
            found = self._steps[place, before] = self._made(place, before)
        return found

    def _made(self, place: int, before: str) -> _Step:
        counts = self._followers.after.get(before)
        if not counts:
            return _NOTHING
        costs = self._places[place]
        doubt = _KINDS * len(counts) + _DOUBT
        total = sum(counts.values()) + doubt
        known = {
            word: -log((count + doubt * exp(-costs[word])) / total) for word, count in counts.items() if word in costs
        }
        return _Step(sorted((cost, word) for word, cost in known.items()), known, -log(doubt / total))


def _between(order: _Order, low: float, high: float) -> _Order:
    """The part of `order` from `low` up to `high`."""
    return order[bisect_left(order, (low, "")) : bisect_left(order, (high, ""))]


_NOTHING = _Step((), {}, 0.0)
