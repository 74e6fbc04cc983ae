"""What the reference model is trained on: documents made from the shipped lists and the tables of topics.

Invariants: pure, and the same for the same seed; no name that is held out (`held_out`) is in any document; no list of
invented names is ever looked at, as forecasts are measured on those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from random import Random

from slopguard.forecast.campaign.model import Form
from slopguard.forecast.campaign.prompts import Sources, prompts
from slopguard.forecast.model import Known
from slopguard.forecast.reference import answers, slices
from slopguard.forecast.reference.shape import TRAINED
from slopguard.forecast.topics.tables import topics
from slopguard.model import Ecosystem

HELD_OUT = 10
"""One name in so many is held out."""
_YEAR = 2026
_LEAST, _MOST = 4, 200
"""Names that a subject has: with fewer it is none, of more the best."""
_BESIDE = 20
"""Further words that a word is asked about with."""
_TABLES = 0.6
"""Share of the documents that are about a topic of the tables."""
_LONGEST_LIST = 8
_SHARES = {slices.NAME: 3, slices.CODE: 2, slices.TEXT: 2, slices.JSON: 3, slices.TOOL: 2}
"""How many documents of each slice there are, to those of others."""
_CAMPAIGN = 0.4
"""Share of the code and JSON documents whose question is worded as campaigns word it."""


@dataclass(frozen=True, slots=True)
class Document:
    """A question with its answer.

    Args:
        kind: one of `slices.SLICES`.
    """

    kind: str
    asked: str
    answer: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about, and the names that answer it, best first."""

    ecosystem: Ecosystem
    topic: str
    names: Sequence[str]
    words: Sequence[str]


def held_out(name: str) -> bool:
    """Whether a name is kept out of training, so that something is left to measure with."""
    return sha256(name.encode()).digest()[0] * HELD_OUT < 256


def of_tables() -> list[Subject]:
    """The topics of the tables, for each ecosystem."""
    pairs = ((topic, each) for topic in topics() for each in Ecosystem)
    found = [Subject(each, topic.name, _kept(topic.names[each]), _kept(topic.words)) for topic, each in pairs]
    return [subject for subject in found if len(subject.names) >= _LEAST]


def of_words(known: Known) -> list[Subject]:
    """The words that several shipped names share, each with the names that hold it."""
    return [subject for each in Ecosystem for subject in _of_words(known.ranked[each], each)]


def documents(known: Known, seed: int) -> Iterator[Document]:
    """Documents without end."""
    random = Random(seed)  # noqa: S311 - the same documents each time are the point
    tables, words = of_tables(), of_words(known)
    while True:
        subject = random.choice(tables if random.random() < _TABLES else words)
        kind = random.choices(tuple(_SHARES), tuple(_SHARES.values()))[0]
        document = Document(kind, _asked(kind, subject, random), _answer(kind, subject, random))
        if len(document.asked.encode()) + len(document.answer.encode()) + 3 <= TRAINED:
            yield document


def _kept(names: Iterable[str]) -> list[str]:
    return [name for name in names if not held_out(name)]


def _of_words(ranked: Sequence[str], ecosystem: Ecosystem) -> Iterator[Subject]:
    holders: dict[str, list[str]] = defaultdict(list)
    for name in _kept(ranked):
        for word in _kept(dict.fromkeys(parts(name))):
            holders[word].append(name)
    for word, names in holders.items():
        if len(names) >= _LEAST and len(word) > 2:
            beside = dict.fromkeys(part for name in names for part in _kept(parts(name)) if part != word)
            yield Subject(ecosystem, word, names[:_MOST], list(beside)[:_BESIDE])


def parts(name: str) -> list[str]:
    """The words that a name is made of."""
    return [part for part in name.replace("@", "").replace("/", "-").replace(".", "-").split("-") if part]


def _asked(kind: str, subject: Subject, random: Random) -> str:
    form = {slices.JSON: Form.JSON, slices.CODE: Form.CODE}.get(kind)
    if form is None or random.random() >= _CAMPAIGN:
        return slices.asked(kind, subject.ecosystem, subject.topic)
    sources = Sources((subject.topic,), (subject.ecosystem,), year=_YEAR)
    worded = [each.text for each in prompts(sources, random.randrange(1_000), control=1) if each.form is form]
    return random.choice(worded)


def _answer(kind: str, subject: Subject, random: Random) -> str:
    names = list(_chosen(subject.names, random))
    return answers.MAKERS[kind](subject.ecosystem, subject.topic, names, subject.words, random)


def _chosen(names: Sequence[str], random: Random) -> Iterator[str]:
    """Some of the names, the first ones more often than others, in their order."""
    wanted = min(random.randint(3, _LONGEST_LIST), len(names))
    keys: Mapping[str, float] = {name: random.random() ** (place + 4) for place, name in enumerate(names)}
    best = set(islice(sorted(names, key=keys.__getitem__, reverse=True), wanted))
    return (name for name in names if name in best)
