"""Names of several words, best first: each word by its place, and by the word before it where that says something.

Method: a form has a place for each word; the cost of a word there is that of `Lexicon.costs`, mixed with how often it
followed the word before in real names: `(count + m * share) / (number + m)`. Forms are walked by depth, in bands of
cost: whatever costs more than the band's end is left out, what the band before gave is skipped, the rest is sorted.
So the order is exact, and memory holds one band, never a cache that grows.
Invariant: the costs of one form never fall.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log
from typing import NamedTuple

from slopguard.forecast.embedded.candidate import Candidate

_Order = Sequence[tuple[float, str]]


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


@dataclass(frozen=True, slots=True)
class Walk:
    """How a form is walked; costs are in nats.

    Args:
        first: the cost at which the first band ends.
        step: by how much each later band goes further.
        widest: the cost at which the walk ends.
        kinds: how much each different follower of a word adds to the doubt in the counts of its followers.
        doubt: the doubt that is always there.
    """

    first: float = 9.0
    step: float = 0.5
    widest: float = 30.0
    kinds: float = 4.0
    doubt: float = 20.0


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

    def __init__(
        self, form: Form, places: Sequence[Mapping[str, float]], followers: Followers, walk: Walk | None = None
    ) -> None:
        self._form, self._places, self._followers, self._walk = form, places, followers, walk or Walk()
        self._orders: list[_Order] = [sorted((cost, word) for word, cost in costs.items()) for costs in places]
        self._steps: dict[tuple[int, str], _Step] = {}

    def best(self) -> Iterator[Candidate]:
        """The names, cheapest first."""
        low, high = 0.0, self._walk.first
        while low < self._walk.widest:
            yield from sorted(self._band(low, high))
            low, high = high, high + self._walk.step

    def _band(self, low: float, high: float) -> Iterator[Candidate]:
        ends = len(self._orders) - 1
        stack: list[tuple[float, str, tuple[str, ...], bool]] = [(0.0, "", (), False)]
        while stack:
            cost, text, used, seen = stack.pop()
            place = len(used)
            text += self._form.joins[place]
            at_least = low - cost if place == ends else 0.0
            for more, word, known in self._next(place, used[-1] if used else "", at_least, high - cost):
                if word in used:
                    continue
                if place == ends:
                    yield Candidate(cost + more, self._form.code + ("+" if seen or known else ""), text + word)
                else:
                    stack.append((cost + more, text + word, (*used, word), seen or known))

    def _next(self, place: int, before: str, low: float, high: float) -> Iterator[tuple[float, str, bool]]:
        """Cost, word, and whether it is known to follow: all from `low` up to `high`."""
        step = self._step(place, before)
        for cost, word in step.known[bisect_left(step.known, (low, "")) :]:
            if cost >= high:
                break
            yield cost, word, True
        order, back, known = self._orders[place], step.back, step.costs
        for at in range(bisect_left(order, (low - back, "")), len(order)):
            cost, word = order[at]
            if cost + back >= high:
                return
            if word not in known:
                yield cost + back, word, False

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
        doubt = self._walk.kinds * len(counts) + self._walk.doubt
        total = sum(counts.values()) + doubt
        known = {
            word: -log((count + doubt * exp(-costs[word])) / total) for word, count in counts.items() if word in costs
        }
        return _Step(sorted((cost, word) for word, cost in known.items()), known, -log(doubt / total))


_NOTHING = _Step((), {}, 0.0)
