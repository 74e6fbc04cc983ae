"""A request as the forecaster takes it: words with weights, of a text or of a project.

Invariant: pure; the same text or project gives the same request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slopguard.forecast.topics.asked import rarity, weighed
from slopguard.forecast.topics.lexicon import Lexicon, tokens
from slopguard.forecast.topics.matching import MOST, spoken_of
from slopguard.forecast.topics.project import Project
from slopguard.forecast.topics.stopwords import STOP
from slopguard.model import Ecosystem

IN_A_PROJECT = 20
"""Topics that a project may be about."""
_PACKAGES, _WORDS = 150, 60
"""Packages and words of a project that count."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to forecast names for.

    Args:
        words: what they may be called after, with weights in 0 to 1.
        most: topics that it may be about.
    """

    words: Mapping[str, float]
    most: int = MOST


def of_text(text: str, lexicon: Lexicon) -> Request:
    """The request that a text makes."""
    return Request(weighed(text, lexicon))


def of_project(project: Project, ecosystem: Ecosystem, lexicon: Lexicon) -> Request:
    """The request that a project makes: what would be asked for beside what it has."""
    words: dict[str, float] = {}
    for names, weight in (
        (project.asked[ecosystem], 1.0),
        (project.imported[ecosystem], 0.9),
        (project.locked[ecosystem], 0.4),
    ):
        for name, _ in names.most_common(_PACKAGES):
            _add(words, name.removeprefix("@").replace("/", "-"), 0.9 * weight)
            for word in tokens(name):
                if len(word) > 1 and word not in STOP:
                    _add(words, word, 0.8 * weight * rarity(word, lexicon))
    for word, _ in project.words.most_common(_WORDS * 5):
        if spoken_of(word) or word in lexicon.count:  # any other may be a password, a customer, somebody's name
            _add(words, word, 0.5 * rarity(word, lexicon))
    best = sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))[: _PACKAGES + _WORDS]
    return Request(dict(best), IN_A_PROJECT)


def _add(words: dict[str, float], word: str, weight: float) -> None:
    words[word] = max(words.get(word, 0.0), weight)
