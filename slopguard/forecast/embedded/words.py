"""Names as words: cutting a name into units, and counting where words stand in names.

Invariants: `spoken(units(name)) == name` for every text; a unit is one run of letters and digits with the separators
before it (`django-rest` is `django`, `-rest`; `@acme/ui` is `@acme`, `/ui`); nothing here knows an ecosystem's rules.
A unit without a separator that is not the first stands glued to the one before it (`json`, `schema`: `jsonschema`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

from slopguard.patterns import regex

_UNIT = regex(r"[^A-Za-z0-9]*[A-Za-z0-9]+|[^A-Za-z0-9]+")
_WORD = regex(r"[A-Za-z0-9]+")
_SHORT = "py js ui io db ai ml ts id os xl qt vm ip s3 2d 3d go gl ci cd ws rx"
SHORT = frozenset(_SHORT.split())
"""Words of two letters that may stand glued to another; other pairs of letters are too often mere endings."""
WHOLE = 6
"""A word that this many names have between separators is never cut."""
PART = 3
"""A part of a glued word stands in at least this many names as a word of its own."""
_LONGEST = 24


def units(name: str) -> tuple[str, ...]:
    """The units of `name`, in order; glued words stay one unit (see `Cutter`)."""
    return tuple(_UNIT.findall(name))


def spoken(parts: Iterable[str]) -> str:
    """The name that these units make: the inverse of `units`."""
    return "".join(parts)


def bare(unit: str) -> str:
    """The word of a unit, without its separators."""
    found = _WORD.search(unit)
    return found[0] if found else ""


def words(name: str) -> tuple[str, ...]:
    """The words of `name` without separators: `@acme/rest-api` has `acme`, `rest`, `api`."""
    return tuple(_WORD.findall(name))


@dataclass(frozen=True, slots=True)
class Places:
    """In how many names each word stands first, last and anywhere.

    Args:
        heads: of names with at least two words, the first word.
        tails: of names with at least two words, the last word.
        anywhere: every word, once a name.
    """

    heads: Mapping[str, int]
    tails: Mapping[str, int]
    anywhere: Mapping[str, int]


def places(names: Iterable[str]) -> Places:
    """The counts of `names`; the scope of an npm name counts as its head."""
    heads: Counter[str] = Counter()
    tails: Counter[str] = Counter()
    anywhere: Counter[str] = Counter()
    for name in names:
        found = words(name)
        anywhere.update(dict.fromkeys(found, 1))
        if len(found) > 1:
            heads[found[0]] += 1
            tails[found[-1]] += 1
    return Places(heads, tails, anywhere)


class Cutter:
    """Cuts glued words (`jsonschema`) where both parts are words that stand alone elsewhere.

    Args:
        counts: in how many names each word stands between separators.
        extra: words that may be parts although no name has them alone.
    """

    def __init__(self, counts: Mapping[str, int], extra: Collection[str] = ()) -> None:
        self._counts = counts
        known = {word for word, count in counts.items() if count >= PART and (len(word) > 2 or word in SHORT)}
        self._parts = {word for word in known | set(extra) if not word.isdigit()}
        self._known: dict[str, tuple[str, ...]] = {}

    @cached_property
    def _total(self) -> int:
        return sum(self._counts.values())

    def cut(self, word: str) -> tuple[str, ...]:
        """The parts of one word, or the word alone."""
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = self._cut(word)
        return found

    def units(self, name: str) -> tuple[str, ...]:
        """The units of `name` with glued words cut: the parts after the first have no separator."""
        return tuple(part for unit in units(name) for part in self._unit(unit))

    def _unit(self, unit: str) -> Sequence[str]:
        word = bare(unit)
        first, *rest = self.cut(word)
        return (unit[: len(unit) - len(word)] + first, *rest) if rest else (unit,)

    def _cut(self, word: str) -> tuple[str, ...]:
        if self._counts.get(word, 0) >= WHOLE or not 5 <= len(word) <= _LONGEST:
            return (word,)
        found = self._best(word, 3)
        return found[1] if found is not None else (word,)

    def _best(self, word: str, most: int) -> tuple[float, tuple[str, ...]] | None:
        """The cheapest cut of `word` into at most `most` known parts."""
        choices: list[tuple[float, tuple[str, ...]]] = []
        if word in self._parts and most < 3:
            choices.append((self._cost(word), (word,)))
        if most > 1:
            for place in range(2, len(word) - 1):
                head, tail = word[:place], word[place:]
                rest = self._best(tail, most - 1) if head in self._parts else None
                if rest is not None:
                    choices.append((self._cost(head) + rest[0], (head, *rest[1])))
        return min(choices, default=None)

    def _cost(self, part: str) -> float:
        return log(self._total / (1 + self._counts.get(part, 0)))
