"""What the words of real names are, and which stand beside which: counted in the shipped lists.

Invariant: both ecosystems count, the other one less; the same lists give the same lexicon.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import pairwise

from slopguard.forecast.model import Known
from slopguard.model import Ecosystem

Counts = defaultdict[str, float]
_SEPARATORS = re.compile(r"[-_./@+]+")
OTHER = 0.3
"""What a name of the other ecosystem counts beside one of this."""


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name: what stands between its separators."""
    return tuple(word for word in _SEPARATORS.split(name) if word)


class Lexicon:
    """The words of one ecosystem's names.

    Args:
        known: the lists.
        ecosystem: whose names count in full.
    """

    def __init__(self, known: Known, ecosystem: Ecosystem) -> None:
        self.count: Counts = defaultdict(float)
        self.last: Counts = defaultdict(float)
        self.after: dict[str, Counts] = defaultdict(lambda: defaultdict(float))
        self.before: dict[str, Counts] = defaultdict(lambda: defaultdict(float))
        self._names = {each: tuple(names) for each, names in known.ranked.items()}
        self._ecosystem = ecosystem
        for each, names in self._names.items():
            self._take(names, 1.0 if each is ecosystem else OTHER)

    def _take(self, names: Iterable[str], weight: float) -> None:
        for name in names:
            words = tokens(name)
            for word in words:
                self.count[word] += weight
            if len(words) > 1:
                self.last[words[-1]] += weight
            for one, two in pairwise(words):
                self.after[one][two] += weight
                self.before[two][one] += weight

    @cached_property
    def total(self) -> float:
        """How many words were counted, and never less than `e`."""
        return max(math.e, sum(self.count.values()))

    @cached_property
    def holding(self) -> Mapping[str, tuple[str, ...]]:
        """Word to the names of the ecosystem that hold it, most popular first."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in self._names[self._ecosystem]:
            for word in dict.fromkeys(tokens(name)):
                found[word].append(name)
        return {word: tuple(names) for word, names in found.items()}

    @cached_property
    def tails(self) -> tuple[str, ...]:
        """Words that names end in, the most frequent first."""
        return tuple(word for word, _ in ordered(self.last) if word.isalpha() and len(word) > 1)


def ordered(counts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Words with their counts, the most frequent first."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
