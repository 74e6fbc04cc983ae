"""Every word that names are made of, and how likely it stands in each place of an invented name.

Method: a word is described by a few plain figures (in how many names it stands first, last, between; whether it is a
name by itself, and how popular a one; its ending and length; in how many tables of topics it is). For each place of
each form of name (`2.0` is the first word of two) fitted weights turn them into a share of the whole vocabulary. So a
word that is rare in one ecosystem, or known from a table only, still gets a sensible share.
Invariant: a pure function of what is known and of the weights beside this module; `tools/fit_embedded.py` wrote those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import exp, log, log1p
from pathlib import Path

from slopguard.forecast.embedded.words import Cutter, words
from slopguard.forecast.model import Known
from slopguard.forecast.topics.tables import Topic, topics
from slopguard.model import Ecosystem
from slopguard.patterns import regex

_WEIGHTS = Path(__file__).with_name("weights.tsv")
_PLAIN = regex(r"[a-z0-9]+")
_RANKS = 15_000
_COUNTED = ("first", "last", "between", "alone", "scope")
FEATURES: tuple[str, ...] = (
    *(f"{whose} {count}" for whose in ("own", "other", "table") for count in _COUNTED),
    *(f"{whose} {count}?" for whose in ("own", "other", "table") for count in _COUNTED),
    *("glued", "own rank", "other rank", "best rank", "anywhere?"),
    *("topic head", "topic word", "topic role", "topic head?", "topic word?", "topic role?"),
    *("-er", "-ing", "-s", "-ion", "1-2 letters", "3 letters", "4 letters", "9-11 letters", "12 letters", "digit"),
    *("number", "hyphen"),
)
"""What is known of a word; counts and ranks as logarithms, those with a question mark 0 or 1."""
_PLACE = {feature: place for place, feature in enumerate(FEATURES)}
_ENDINGS = {"-er": ("er", "or"), "-ing": ("ing",), "-s": ("s",), "-ion": ("ion", "ment", "ity")}
Described = tuple[tuple[int, float], ...]
"""The figures of a word that are not nought, each with its place in `FEATURES`."""


class Counts:
    """Where words stand in one list of names, best first."""

    def __init__(self, names: Sequence[str]) -> None:
        self.at: Mapping[str, Counter[str]] = {count: Counter() for count in _COUNTED}
        self.best: dict[str, int] = {}
        self.ranks = {name: rank for rank, name in enumerate(names)}
        for rank, name in enumerate(names):
            self._count(name, rank)

    def _count(self, name: str, rank: int) -> None:
        scope, rest = scope_of(name)
        found = words(rest)
        if scope:
            self.at["scope"][scope] += 1
        if len(found) == 1:
            self.at["last" if scope else "alone"][found[0]] += 1
        elif found:
            self.at["first"][found[0]] += 1
            self.at["last"][found[-1]] += 1
            self.at["between"].update(found[1:-1])
        for word in (*found, scope):
            self.best.setdefault(word, rank)


def scope_of(name: str) -> tuple[str, str]:
    """The scope of an npm name without its sign (empty where it has none), and the rest of the name."""
    scope, sign, rest = name.partition("/")
    return (scope[1:], rest) if sign else ("", name)


class Lexicon:
    """The words, described.

    Args:
        tables: the tables of topics; the shipped ones where none are given.

    Attributes:
        tables: the same.
        vocabulary: every word, in alphabetical order.
        scopes: every scope of the npm names.
    """

    def __init__(self, known: Known, ecosystem: Ecosystem, tables: Sequence[Topic] | None = None) -> None:
        self.tables = tables = topics() if tables is None else tables
        other = next(each for each in Ecosystem if each is not ecosystem)
        own, strange = known.ranked[ecosystem], known.ranked[other]
        told = [name for topic in tables for each in (ecosystem, other) for name in topic.names[each]]
        self._lists = {"own": Counts(own), "other": Counts(strange), "table": Counts(list(dict.fromkeys(told)))}
        self._slots = _slots(tables)
        self.cutter = Cutter(self.anywhere())
        self._glued = Counter(part for name in own for word in words(name) for part in self._parts(word))
        self._described: dict[str, Described] = {}
        self._kinds: dict[Described, int] = {}
        self._kind_of: dict[str, int] = {}
        self._costs: dict[tuple[Ecosystem, str], Mapping[str, float]] = {}
        self.vocabulary = self._words()
        self.scopes = sorted({scope for each in self._lists.values() for scope in each.at["scope"]})

    def _parts(self, word: str) -> Sequence[str]:
        parts = self.cutter.cut(word)
        return parts if len(parts) > 1 else ()

    def anywhere(self) -> Counter[str]:
        """In how many names each word stands, in whatever place."""
        found: Counter[str] = Counter()
        for each in self._lists.values():
            for count in each.at.values():
                found.update(count)
        return found

    def _words(self) -> list[str]:
        found = set(self.anywhere()) | {word for slot in self._slots.values() for word in slot}
        return sorted(word for word in found if _PLAIN.fullmatch(word))

    def describe(self, word: str) -> Described:
        """The figures of one word or scope."""
        found = self._described.get(word)
        if found is None:
            found = self._described[word] = tuple((_PLACE[feature], value) for feature, value in self._figures(word))
        return found

    def _kind(self, word: str) -> int:
        """Words of one kind are described alike, so that they are weighed once."""
        found = self._kind_of.get(word)
        if found is None:
            found = self._kind_of[word] = self._kinds.setdefault(self.describe(word), len(self._kinds))
        return found

    def _figures(self, word: str) -> Iterator[tuple[str, float]]:
        yield from self._counted(word)
        for whose in ("own", "other"):
            rank = self._lists[whose].ranks.get(word)
            if rank is not None:
                yield f"{whose} rank", _popularity(rank)
        best = self._lists["own"].best.get(word)
        if best is not None:
            yield "best rank", _popularity(best)
        if self._glued[word]:
            yield "glued", log1p(self._glued[word])
        for slot, counted in self._slots.items():
            if counted[word]:
                yield slot, log1p(counted[word])
                yield f"{slot}?", 1.0
        yield from _looks(word)

    def _counted(self, word: str) -> Iterator[tuple[str, float]]:
        seen = False
        for whose, counts in self._lists.items():
            for kind, count in counts.at.items():
                number = count.get(word, 0)
                if number:
                    seen = True
                    yield f"{whose} {kind}", log1p(number)
                    yield f"{whose} {kind}?", 1.0
        if seen:
            yield "anywhere?", 1.0

    def costs(self, ecosystem: Ecosystem, place: str) -> Mapping[str, float]:
        """What each word costs in this place, in nats: the shares of all words add up to one."""
        found = self._costs.get((ecosystem, place))
        if found is None:
            found = self._costs[ecosystem, place] = self._priced(fitted()[ecosystem, place], place)
        return found

    def _priced(self, weights: Sequence[float], place: str) -> dict[str, float]:
        here = self.scopes + self.vocabulary if place.startswith("s") and place.endswith(".0") else self.vocabulary
        kinds = [self._kind(word) for word in here]
        values = [sum(weights[which] * value for which, value in kind) for kind in self._kinds]
        raw = {word: values[kind] for word, kind in zip(here, kinds, strict=True)}
        most = max(raw.values())
        total = most + log(sum(exp(value - most) for value in raw.values()))
        return {word: total - value for word, value in raw.items()}


def _popularity(rank: int) -> float:
    """0 for the last of the ranks, more for better ones; in steps, so that many words share one description."""
    return round(log((_RANKS + 10) / (min(rank, _RANKS) + 10)), 1)


def _slots(tables: Sequence[Topic]) -> Mapping[str, Counter[str]]:
    slots: dict[str, Counter[str]] = {"topic head": Counter(), "topic word": Counter(), "topic role": Counter()}
    for topic in tables:
        slots["topic head"].update({word for phrase in topic.heads for word in words(phrase)})
        same = {word for group in topic.same for phrase in group for word in words(phrase)}
        slots["topic word"].update(same | {word for phrase in topic.words for word in words(phrase)})
        slots["topic role"].update({word for phrase in topic.roles for word in words(phrase)})
    return slots


def _looks(word: str) -> Iterator[tuple[str, float]]:
    yield from ((ending, 1.0) for ending, letters in _ENDINGS.items() if word.endswith(letters))
    length = len(word)
    kinds = {"1-2 letters": length < 3, "3 letters": length == 3, "4 letters": length == 4}
    kinds |= {"9-11 letters": 8 < length < 12, "12 letters": length > 11, "number": word.isdigit()}
    kinds |= {"digit": any(map(str.isdigit, word)), "hyphen": "-" in word}
    yield from ((kind, 1.0) for kind, holds in kinds.items() if holds)


@cache
def fitted() -> Mapping[tuple[Ecosystem, str], Sequence[float]]:
    """The weights of each place of each form of name, in the order of `FEATURES`."""
    head, *rows = [line.split("\t") for line in _WEIGHTS.read_text("ascii").splitlines() if not line.startswith("#")]
    columns = {f"{ecosystem}:{place}": column for column, (ecosystem, _, place) in _columns(head)}
    table = {row[0]: row[1:] for row in rows}
    return {
        (Ecosystem(key.partition(":")[0]), key.partition(":")[2]): [
            float(table[feature][column] or 0) if feature in table else 0.0 for feature in FEATURES
        ]
        for key, column in columns.items()
    }


def _columns(head: Sequence[str]) -> Iterator[tuple[int, tuple[str, str, str]]]:
    return ((column, title.partition(":")) for column, title in enumerate(head[1:]))
