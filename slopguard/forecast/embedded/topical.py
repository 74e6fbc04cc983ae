"""Names from the tables of topics: those they list, and their words put together within one topic.

Method: a word costs the logarithm of its place in its list of the topic, and a part of what it costs in that place of
any name (`Lexicon.costs`); a name costs the sum of its words. A name that several topics give is put forward by each.
Invariant: streams as in `candidate`; nothing is held but each topic's words.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log

from slopguard.forecast.embedded.candidate import Candidate, Limits, Ordered, Stream
from slopguard.forecast.embedded.lexicon import Lexicon
from slopguard.forecast.embedded.variants import AFFIXES, told
from slopguard.forecast.embedded.words import words
from slopguard.forecast.topics.tables import Topic
from slopguard.model import Ecosystem

_HEAD = 3
_GENERAL = 0.3
"""The part that the general cost of a word has in its cost within a topic."""
_SLACK = 1e-9
_Order = Sequence[tuple[float, str]]
_COMMON = {
    "hr": (("", "-"), "hr", ("2.0", "2.1")),
    "rh": (("", "-"), "rh", ("2.0", "2.1")),
    "hw": (("", "-"), "hw", ("2.0", "2.1")),
    "wh": (("", "-"), "wh", ("2.0", "2.1")),
    "hh": (("", "-"), "hh", ("2.0", "2.1")),
    "wr": (("", "-"), "wr", ("2.0", "2.1")),
    "ww": (("", "-"), "ww", ("2.0", "2.1")),
    "ah": (("", ""), "ah", ("", "2.1")),
    "ha": (("", ""), "ha", ("2.0", "")),
    "hrg": (("", ""), "hr", ("g.0", "g.1")),
    "hwg": (("", ""), "hw", ("g.0", "g.1")),
    "wrg": (("", ""), "wr", ("g.0", "g.1")),
    "hwr": (("", "-", "-"), "hwr", ("3.0", "3.1", "3.2")),
    "hww": (("", "-", "-"), "hww", ("3.0", "3.1", "3.2")),
    "wwr": (("", "-", "-"), "wwr", ("3.0", "3.1", "3.2")),
    "whr": (("", "-", "-"), "whr", ("3.0", "3.1", "3.2")),
    "ahr": (("", "", "-"), "ahr", ("", "3.1", "3.2")),
    "ahw": (("", "", "-"), "ahw", ("", "3.1", "3.2")),
    "awr": (("", "", "-"), "awr", ("", "3.1", "3.2")),
    "hra": (("", "-", ""), "hra", ("3.0", "3.1", "")),
    "hwa": (("", "-", ""), "hwa", ("3.0", "3.1", "")),
}
_NPM = {
    "@hr": (("@", "/"), "hr", ("2.0", "2.1")),
    "@hw": (("@", "/"), "hw", ("2.0", "2.1")),
    "@hwr": (("@", "/", "-"), "hwr", ("3.0", "3.1", "3.2")),
}
"""Forms: what stands before each word; which list it is from (heads, words, roles, affixes); its general cost."""


class Products:
    """One form, in every topic.

    Args:
        groups: for each topic, the words of each place with their costs, cheapest first.
    """

    def __init__(self, stratum: str, joins: Sequence[str], groups: Iterable[Sequence[_Order]]) -> None:
        self.strata: Sequence[str] = (stratum,)
        self._joins, self._read = joins, 0.0
        self._groups = [(_ends(group), group) for group in groups if all(group)]

    def read(self, limits: Limits) -> Iterator[Candidate]:
        """The names below the limit that no reading gave before."""
        (stratum,) = self.strata
        low, self._read = self._read, max(self._read, limits[stratum])
        for (least, most), group in self._groups:
            if least < self._read and low <= most:
                for cost, name in self._names(group, low, self._read):
                    yield cost, stratum, name

    def _names(self, group: Sequence[_Order], low: float, high: float) -> Iterator[tuple[float, str]]:
        *places, last = group
        begun: list[tuple[float, str, str]] = [(0.0, "", "")]
        least = sum(order[0][0] for order in group)
        for join, order in zip(self._joins, places, strict=False):
            least -= order[0][0]
            begun = [
                (cost + more, text + join + word, word)
                for cost, text, before in begun
                for more, word in order[: bisect_left(order, (high - cost - least, ""))]
                if word != before
            ]
        join = self._joins[-1]
        for cost, text, before in begun:
            for more, word in last[bisect_left(last, (low - cost, "")) : bisect_left(last, (high - cost, ""))]:
                if word != before:
                    yield cost + more, text + join + word


def _ends(group: Sequence[_Order]) -> tuple[float, float]:
    """What the cheapest and the dearest name of a group cost, a little to the safe side."""
    return sum(order[0][0] for order in group) - _SLACK, sum(order[-1][0] for order in group) + _SLACK


def streams(ecosystem: Ecosystem, lexicon: Lexicon) -> list[Stream]:
    """The listed names, and one stream for each form."""
    tables = lexicon.tables
    other = next(each for each in Ecosystem if each is not ecosystem)
    forms = _COMMON | (_NPM if ecosystem is Ecosystem.NPM else {})
    general = {place: lexicon.costs(ecosystem, place) for _, _, places in forms.values() for place in places if place}
    found: list[Stream] = [
        Ordered("listed", _listed(topic.names[ecosystem] for topic in tables)),
        Ordered("listed-other", _listed(map(told, topic.names[other]) for topic in tables)),
    ]
    made = [_Made(topic, ecosystem, general) for topic in tables]
    for code, (joins, lists, places) in forms.items():
        found.append(Products(f"topic-{code}", joins, [each.group(lists, places) for each in made]))
    return found


def _listed(lists: Iterable[Iterable[str]]) -> Iterator[tuple[float, str]]:
    """The names of every list: all first ones, then all second ones, and so on."""
    return iter(sorted((log(_HEAD + place), name) for each in lists for place, name in enumerate(each)))


class _Made:
    """The priced lists of one topic, each made once."""

    def __init__(self, topic: Topic, ecosystem: Ecosystem, general: Mapping[str, Mapping[str, float]]) -> None:
        self._topic, self._ecosystem, self._general = topic, ecosystem, general
        self._orders: dict[tuple[str, str, bool], _Order] = {}

    def group(self, lists: str, places: Sequence[str]) -> Sequence[_Order]:
        """The words of each place of a form."""
        return [
            self._priced(letter, place, at == 0) for at, (letter, place) in enumerate(zip(lists, places, strict=True))
        ]

    def _priced(self, letter: str, place: str, first: bool) -> _Order:
        key = letter, place, first and letter == "a"
        if key not in self._orders:
            slot = _slot(self._topic, letter, self._ecosystem, 0 if first else 1)
            self._orders[key] = _order(slot, self._general.get(place, {}))
        return self._orders[key]


def _slot(topic: Topic, letter: str, ecosystem: Ecosystem, place: int) -> Sequence[str]:
    """One list of words of a topic, the most usual first."""
    if letter == "a":
        return AFFIXES[ecosystem][0 if place == 0 else 1]
    if letter == "h":
        return topic.heads
    if letter == "r":
        return topic.roles
    return tuple(dict.fromkeys((*topic.words, *(word for group in topic.same for word in group))))


def _order(listed: Sequence[str], general: Mapping[str, float]) -> _Order:
    """Words or phrases with their costs, cheapest first."""
    usual = 10.0
    priced: dict[str, float] = {}
    for place, phrase in enumerate(listed):
        parts = [general.get(word, usual) for word in words(phrase)] if general else []
        more = _GENERAL * max(parts, default=0.0)
        priced.setdefault(phrase.replace(" ", "-"), log(_HEAD + place) + more)
    return sorted((cost, phrase) for phrase, cost in priced.items())
