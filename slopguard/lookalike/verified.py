"""The verified names of one ecosystem, and three ways to find some of them quickly.

They come as one text (`listing`) that is sorted by name, so that a command which asks about a name or two need build
nothing. Invariants: the first questions are answered by bisecting and scanning that text (some tenths of a millisecond
each); from some number of questions on, tables that take 10 to 20 ms to build answer them. Both give the same names,
whatever the way.
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
_BEFORE, _AFTER = "\n-_./@", "\t-_./@"
"""What stands before and after a word of a name in a listing."""


def listing(names: Sequence[str]) -> str:
    """Names, most popular first, as one text: `NAME TAB RANK` on each line, sorted by name; 1 is the most popular."""
    return "".join(sorted(f"{name}\t{rank}\n" for rank, name in enumerate(names, 1)))


def words_of(name: str) -> list[str]:
    """The words of a name: what stands between its separators."""
    return [word for word in _SEPARATORS.split(name) if word]


class Verified:
    """Verified names.

    Args:
        text: their `listing`.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._asked = 0

    def rank(self, name: str) -> int | None:
        """The place of a verified name, 1 for the most popular; `None` for any other."""
        if self._asked > SCANS:
            return self._ranks.get(name)
        at = self._first(f"{name}\t")
        return int(self._line(at).partition("\t")[2]) if self._text.startswith(f"{name}\t", at) else None

    def by_rank(self, names: Iterable[str]) -> dict[str, int]:
        """Those of `names` that are verified with their places, most popular first."""
        ranks = {name: rank for name in names if (rank := self.rank(name)) is not None}
        return {name: ranks[name] for name in sorted(ranks, key=ranks.__getitem__)}

    def one_slip_from(self, name: str) -> set[str]:
        """Names that `name` may be one slip away from; some are not, none of `SHORTEST` letters or more is missing.

        A letter changed, put in or left out leaves one half of the target as it was; other slips are undone.
        """
        if len(name) < SHORTEST - 1:
            return set()
        if not self._tables_pay():
            found = {target for target in respelled(name) if self.rank(target) is not None}
            rest = len(name) - 1
            return found.union(self._starting(name[: rest // 2]), self._ending(name[len(name) - (rest - rest // 2) :]))
        found = self._ranks.keys() & set(respelled(name))
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

    def _starting(self, prefix: str) -> Iterator[str]:
        at = self._first(prefix)
        while self._text.startswith(prefix, at):
            yield self._name(at)
            at = self._text.index("\n", at) + 1

    def _ending(self, suffix: str) -> Iterator[str]:
        yield from (self._name(at) for at in _places(suffix + "\t", self._text))

    def _with_word(self, word: str) -> Iterator[str]:
        for at in _places(word, self._text):
            if self._text[at - 1] in _BEFORE and self._text[at + len(word)] in _AFTER:
                yield self._name(at)

    def _name(self, at: int) -> str:
        """The name in the line around a place of the text."""
        return self._line(at).partition("\t")[0]

    def _line(self, at: int) -> str:
        return self._text[self._text.rfind("\n", 0, at) + 1 : self._text.find("\n", at)]

    def _first(self, wanted: str) -> int:
        """Where the first line starts that does not sort before `wanted`."""
        low, high = 0, len(self._text)
        while low < high:
            middle = (low + high) // 2
            start = self._text.rfind("\n", low, middle) + 1 or low
            end = self._text.index("\n", middle)
            if self._text[start:end] < wanted:
                low = end + 1
            else:
                high = start
        return low

    # ------------------------------------------------------------ by tables

    @cached_property
    def _ranks(self) -> dict[str, int]:
        lines = self._text.split("\n")[:-1]
        return {name: int(rank) for name, _, rank in (line.partition("\t") for line in lines)}

    @cached_property
    def _halves(self) -> dict[tuple[int, bool, str], list[str]]:
        table: dict[tuple[int, bool, str], list[str]] = {}
        for name in self._ranks:
            middle = len(name) // 2
            table.setdefault((len(name), False, name[:middle]), []).append(name)
            table.setdefault((len(name), True, name[middle:]), []).append(name)
        return table

    @cached_property
    def _by_word(self) -> dict[str, set[str]]:
        table: dict[str, set[str]] = {}
        for name in self._ranks:
            for word in words_of(name):
                table.setdefault(word, set()).add(name)
        return table

    @cached_property
    def _by_edge(self) -> dict[tuple[bool, str], list[str]]:
        table: dict[tuple[bool, str], list[str]] = {}
        for name in self._ranks:
            table.setdefault((False, name[:EDGE]), []).append(name)
            table.setdefault((True, name[-EDGE:]), []).append(name)
        return table


def _places(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)
