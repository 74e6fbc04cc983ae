"""The forms of names that follow from a request: one family a form, its names best first.

Invariant: pure and bounded: no family gives more than `MOST` names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from heapq import nlargest

from slopguard.forecast.topics.lexicon import Lexicon, ordered, tokens
from slopguard.forecast.topics.slots import Slot, Slots
from slopguard.forecast.topics.tables import Topic
from slopguard.model import Ecosystem

Family = Sequence[str]
Matched = Sequence[tuple[Topic, float]]
MOST = 20_000
FEW = 24
"""Words of a slot that stand in names of three words."""


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FEWEST = 12
COMMON = 2500
"""Words that stand in real names most often."""
_AFFIXES = {
    Ecosystem.PYPI: (
        "py-{}",
        "py{}",
        "python-{}",
        "{}-python",
        "{}-py",
        "{}py",
        "{}lib",
        "{}-lib",
        "django-{}",
        "flask-{}",
    ),
    Ecosystem.NPM: (
        *("node-{}", "{}-js", "{}.js", "{}js", "js-{}", "{}-node", "react-{}", "{}-ts", "ts-{}", "use-{}", "vue-{}"),
        *("next-{}", "ngx-{}", "express-{}", "{}-react", "svelte-{}"),
    ),
}
_SINGLE = {Ecosystem.PYPI: (), Ecosystem.NPM: ("@{0}/{0}", "@{0}/core", "@types/{0}")}
"""Affixes that go with one word only."""


def families(ecosystem: Ecosystem, slots: Slots, matched: Matched, lexicon: Lexicon) -> Mapping[str, Family]:
    """Code of each family to its names, best first."""
    subjects, words, roles = slots.subjects, slots.words, slots.roles
    few = partial(_first, FEW)
    found: dict[str, Iterable[tuple[str, float]]] = {
        "table": _table(matched, ecosystem, lambda name: name),
        "crossed": _table(matched, _other(ecosystem), lambda name: _converted(ecosystem, name)),
        "s": subjects,
        "s-r": _pairs("{}-{}", subjects, roles),
        "sr": _pairs("{}{}", few(subjects), few(roles)),
        "s-w": _pairs("{}-{}", subjects, words),
        "w-s": _pairs("{}-{}", words, subjects),
        "w-r": _pairs("{}-{}", words, roles),
        "r-s": _pairs("{}-{}", roles, subjects),
        "ss": _pairs("{}{}", few(subjects), few(subjects)),
        "sw": _pairs("{}{}", few(subjects), few(words)),
        "ws": _pairs("{}{}", few(words), few(subjects)),
        "s-v": _pairs("{}-{}", subjects[:FEWEST], _common(lexicon)),
        "v-s": _pairs("{}-{}", _common(lexicon), subjects[:FEWEST]),
        "s2s": _pairs("{}2{}", few(words), few(words)),
        "s-to-s": _pairs("{}-to-{}", few(words), few(words)),
        "s-w-r": _triples("{}-{}-{}", few(subjects), few(words), few(roles)),
        "w-s-r": _triples("{}-{}-{}", few(words), few(subjects), few(roles)),
        "s-s-s": _triples("{}-{}-{}", few(subjects), few(subjects), few(words)),
        "anchored": _anchored(ecosystem, slots, lexicon),
    }
    for affix in _AFFIXES[ecosystem]:
        found[affix] = _affixed(affix, subjects)
        found[f"{affix}+"] = (
            (affix.format(pair), weight) for pair, weight in _pairs("{}-{}", few(subjects), few(roles))
        )
    if ecosystem is Ecosystem.PYPI:
        found["pysr"] = _pairs("py{}{}", few(subjects), few(roles))
    if ecosystem is Ecosystem.NPM:
        found["@s/r"] = _pairs("@{}/{}", subjects, roles)
        found["@s/w"] = _pairs("@{}/{}", subjects, words)
        found["@s/w-r"] = _triples("@{}/{}-{}", few(subjects), few(words), few(roles))
    return {code: _ordered(pairs) for code, pairs in found.items()}


def _common(lexicon: Lexicon) -> Slot:
    """The words of real names, whatever they are about; the weights fall slowly, as they say little."""
    words = [word for word, _ in ordered(lexicon.count)[:COMMON] if word.isalpha() and len(word) > 1]
    return tuple((word, 1 / (1 + at / 300)) for at, word in enumerate(words))


def _table(matched: Matched, ecosystem: Ecosystem, spelt: Callable[[str], str]) -> Iterable[tuple[str, float]]:
    for topic, near in matched:
        for at, name in enumerate(topic.names[ecosystem]):
            yield spelt(name), near * 0.97**at


def _converted(ecosystem: Ecosystem, name: str) -> str:
    """A name of the other ecosystem as this one would spell it."""
    if ecosystem is Ecosystem.NPM:
        return name
    return "-".join(word for word in tokens(name.removeprefix("@")) if word not in ("js", "node"))


def _other(ecosystem: Ecosystem) -> Ecosystem:
    return Ecosystem.NPM if ecosystem is Ecosystem.PYPI else Ecosystem.PYPI


def _anchored(ecosystem: Ecosystem, slots: Slots, lexicon: Lexicon) -> Iterable[tuple[str, float]]:
    """Real names that hold what is asked for, with something added, left out or changed."""
    for word, weight in slots.subjects[:20]:
        for at, name in enumerate(lexicon.holding.get(word, ())[:12]):
            base = weight * 0.9**at
            parts = tokens(name)
            yield from ((f"{name}-{role}", base * much) for role, much in slots.roles[:25])
            yield from ((affix.format(name), base * 0.5) for affix in _AFFIXES[ecosystem] if "/" not in name)
            if len(parts) > 1:
                yield "-".join(reversed(parts)), base * 0.4
                yield "".join(parts), base * 0.4
                yield from (("-".join((*parts[:-1], role)), base * 0.8 * much) for role, much in slots.roles[:25])


def _pairs(form: str, first: Slot, second: Slot) -> Iterable[tuple[str, float]]:
    return ((form.format(one, two), a * b) for one, a in first for two, b in second if one != two)


def _triples(form: str, first: Slot, second: Slot, third: Slot) -> Iterable[tuple[str, float]]:
    return (
        (form.format(one, two, three), a * b * c)
        for one, a in first
        for two, b in second
        if one != two
        for three, c in third
        if three not in (one, two)
    )


def _affixed(affix: str, words: Iterable[tuple[str, float]]) -> Iterable[tuple[str, float]]:
    return ((affix.format(word), weight) for word, weight in words)


def _first(most: int, slot: Slot) -> Slot:
    return slot[:most]


def _ordered(pairs: Iterable[tuple[str, float]]) -> Family:
    best = nlargest(MOST * 2, pairs, key=lambda pair: pair[1])
    return tuple(dict.fromkeys(name for name, _ in best))[:MOST]
