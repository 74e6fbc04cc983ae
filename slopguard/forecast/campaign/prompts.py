"""The prompts of a campaign: ecosystem x topic x kind, in an order that may be left off anywhere.

Invariants: a pure function of its arguments; every stratum has its turn in each round, and asks about topics in an
order of its own, so that an early end leaves no kind and no topic behind; every prompt stands there once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from random import Random

from slopguard.forecast.campaign.model import Form, Kind, Names, Prompt
from slopguard.forecast.campaign.templates import ENDINGS, TEMPLATES, Words
from slopguard.model import Ecosystem

_PARTNERS = 3
"""Packages of the user's project that one prompt names."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What prompts are made from; all of it has passed `clean`.

    Args:
        ecosystems: those asked about.
        topics: phrases.
        project: verified names that the user's project requires.
        given: the user's own lines.
        year: of the recent-year prompts.
    """

    topics: Sequence[str] = ()
    ecosystems: Sequence[Ecosystem] = (Ecosystem.PYPI, Ecosystem.NPM)
    project: Names = field(default_factory=dict)
    given: Sequence[str] = ()
    year: int = 2026

    def parts(self) -> Iterator[str]:
        """Everything that decides which prompts there are; the year aside, which may change while a campaign runs."""
        yield from (each.value for each in self.ecosystems)
        yield from ("", *self.topics, "", *self.given, "")
        yield from (f"{each.value}:{name}" for each in self.ecosystems for name in self.project.get(each, ()))


@dataclass(frozen=True, slots=True)
class _Ask:
    ecosystem: Ecosystem
    topic: str
    kind: Kind
    text: str


def prompts(sources: Sources, seed: int, control: int) -> tuple[Prompt, ...]:
    """Every prompt, in order.

    Args:
        seed: of the order, and of which wording a topic gets.
        control: one in so many is also asked for code.
    """
    strata = [list(_stratum(sources, ecosystem, kind, seed)) for ecosystem in sources.ecosystems for kind in Kind]
    for number, asks in enumerate(strata):
        Random(f"{seed}/order/{number}").shuffle(asks)  # noqa: S311 - the same order each time is the point
    rounds = zip_longest(*(_controlled(asks, control) for asks in strata))
    flat = ((ask, form) for each in rounds for found in each if found for ask, form in found)
    return tuple(
        Prompt(number, ask.ecosystem, ask.topic, ask.kind, form, f"{ask.text}\n\n{_ending(ask.ecosystem, form)}")
        for number, (ask, form) in enumerate(flat)
    )


def _controlled(asks: Iterable[_Ask], control: int) -> Iterator[list[tuple[_Ask, Form]]]:
    """Each ask, and every so many of them once more as code: the same prompt both ways can be compared."""
    for number, ask in enumerate(asks):
        both = control > 0 and number % control == 0
        yield [(ask, Form.JSON), (ask, Form.CODE)] if both else [(ask, Form.JSON)]


def _stratum(sources: Sources, ecosystem: Ecosystem, kind: Kind, seed: int) -> Iterator[_Ask]:
    words = Words.of(ecosystem, sources.year)
    if kind is Kind.GIVEN:
        yield from (_Ask(ecosystem, "", kind, text) for text in sources.given)
    elif kind is Kind.PROJECT:
        yield from _project(sources, words, ecosystem)
    else:
        yield from (_ask(words, ecosystem, kind, topic, seed) for topic in sources.topics)


def _ask(words: Words, ecosystem: Ecosystem, kind: Kind, topic: str, seed: int) -> _Ask:
    random = Random(f"{seed}/{ecosystem.value}/{kind.value}/{topic}")  # noqa: S311 - as above
    template = random.choice(TEMPLATES[kind])
    return _Ask(ecosystem, topic, kind, words.fill(template, topic, random))


def _project(sources: Sources, words: Words, ecosystem: Ecosystem) -> Iterator[_Ask]:
    """Each package of the project with those that follow it: what do models think goes with them?"""
    names = sources.project.get(ecosystem, ())
    for number, name in enumerate(names):
        company = ", ".join(dict.fromkeys((name, *names[number + 1 : number + _PARTNERS])))
        template = TEMPLATES[Kind.PROJECT][number % len(TEMPLATES[Kind.PROJECT])]
        yield _Ask(ecosystem, name, Kind.PROJECT, words.fill(template, company, Random(number)))  # noqa: S311 - as above


def _ending(ecosystem: Ecosystem, form: Form) -> str:
    return ENDINGS[form].format(**Words.of(ecosystem, 0).each)


SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {"packages": {"type": "array", "items": {"type": "string", "maxLength": 214}, "maxItems": 12}},
    "required": ["packages"],
    "additionalProperties": False,
}
"""The JSON schema of an answer in the form `Form.JSON`."""
