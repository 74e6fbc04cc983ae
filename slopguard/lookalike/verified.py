"""The verified names of one ecosystem, and three ways to find some of them quickly.

Invariants: the first questions are answered by scanning one text of all names (well under a millisecond each), as a
command asks about a name or two; from some number of questions on, tables that take 10 to 20 ms to build answer them.
Both give the same names, whatever the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from slopguard.lookalike.spelling import SHORTEST, respelled

EDGE = 4
"""Letters at either end by which close spellings are looked for."""
SCANS = 50
"""Questions answered by scanning before the tables pay."""
_SEPARATORS = re.compile(r"[-_./@]+")
_BOUNDS = "\n-_./@"


def words_of(name: str) -> list[str]:
    """The words of a name: what stands between its separators."""
    return [word for word in _SEPARATORS.split(name) if word]


class Verified:
    """Verified names, most popular first.

    Args:
        names: normalised names in order of rank.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._asked = 0

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Every name with its rank; 1 is the most popular."""
        return {name: rank for rank, name in enumerate(self._names, 1)}

    def by_rank(self, names: Iterable[str]) -> list[str]:
        """Those of `names` that are verified, most popular first."""
        return sorted(self.ranks.keys() & names, key=self.ranks.__getitem__)

    def one_slip_from(self, name: str) -> set[str]:
        """Names that `name` may be one slip away from; some are not, none of `SHORTEST` letters or more is missing.

        A letter changed, put in or left out leaves one half of the target as it was; other slips are undone.
        """
        if len(name) < SHORTEST - 1:
            return set()
        found = {target for target in respelled(name) if target in self.ranks}
        if not self._tables_pay():
            rest = len(name) - 1
            return found.union(self._starting(name[: rest // 2]), self._ending(name[len(name) - (rest - rest // 2) :]))
        for length in range(max(len(name) - 1, SHORTEST), len(name) + 2):
            middle = length // 2
            found.update(self._halves.get((length, False, name[:middle]), ()))
            found.update(self._halves.get((length, True, name[len(name) - (length - middle) :]), ()))
        return found

    def holding(self, word: str) -> set[str]:
        """Names that hold `word` as a whole word."""
        return self._by_word.get(word, set()) if self._tables_pay() else set(self._with_word(word))

    def edged_like(self, name: str) -> set[str]:
        """Names that begin or end with the same `EDGE` letters."""
        start, end = name[:EDGE], name[-EDGE:]
        if self._tables_pay():
            return {*self._by_edge.get((False, start), ()), *self._by_edge.get((True, end), ())}
        return {*self._starting(start), *self._ending(end)}

    def _tables_pay(self) -> bool:
        self._asked += 1
        return self._asked > SCANS

    # ------------------------------------------------------------ by scanning

    @cached_property
    def _text(self) -> str:
        return "\n" + "\n".join(self._names) + "\n"

    def _starting(self, prefix: str) -> Iterator[str]:
        yield from (self._line(at + 1) for at in _places("\n" + prefix, self._text))

    def _ending(self, suffix: str) -> Iterator[str]:
        yield from (self._line(at) for at in _places(suffix + "\n", self._text))

    def _with_word(self, word: str) -> Iterator[str]:
        for at in _places(word, self._text):
            if self._text[at - 1] in _BOUNDS and self._text[at + len(word)] in _BOUNDS:
                yield self._line(at)

    def _line(self, at: int) -> str:
        """The name that stands at a place of the text."""
        return self._text[self._text.rfind("\n", 0, at) + 1 : self._text.find("\n", at)]

    # ------------------------------------------------------------ by tables

    @cached_property
    def _halves(self) -> dict[tuple[int, bool, str], list[str]]:
        table: dict[tuple[int, bool, str], list[str]] = {}
        for name in self._names:
            middle = len(name) // 2
            table.setdefault((len(name), False, name[:middle]), []).append(name)
            table.setdefault((len(name), True, name[middle:]), []).append(name)
        return table

    @cached_property
    def _by_word(self) -> dict[str, set[str]]:
        table: dict[str, set[str]] = {}
        for name in self._names:
            for word in words_of(name):
                table.setdefault(word, set()).add(name)
        return table

    @cached_property
    def _by_edge(self) -> dict[tuple[bool, str], list[str]]:
        table: dict[tuple[bool, str], list[str]] = {}
        for name in self._names:
            table.setdefault((False, name[:EDGE]), []).append(name)
            table.setdefault((True, name[-EDGE:]), []).append(name)
        return table


def _places(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)
