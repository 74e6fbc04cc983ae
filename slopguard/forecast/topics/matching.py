"""Which topics of the tables a request is about.

Invariant: pure; a topic matches by words only, rarer ones weighing more, and the best ones share a total weight of 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import cache

from slopguard.forecast.topics.lexicon import tokens
from slopguard.forecast.topics.tables import Topic, topics
from slopguard.model import Ecosystem

MOST = 6
"""Topics that one request is taken to be about."""


def matching(words: Mapping[str, float], most: int = MOST) -> list[tuple[Topic, float]]:
    """The topics nearest to a request, the nearest first, with weights from 1 down.

    Args:
        words: those of the request with their weights (`asked.weighed`).
    """
    rarity = _rarity()
    scored = []
    for at, topic in enumerate(topics()):
        profile = _profiles()[at]
        score = sum(weight * rarity[word] * profile[word] for word, weight in words.items() if word in profile)
        if score > 0:
            scored.append((score / math.sqrt(4 + len(profile)), -at, topic))
    scored.sort(key=lambda each: each[:2], reverse=True)
    best = scored[0][0] if scored else 1.0
    return [(topic, score / best) for score, _, topic in scored[:most] if score >= best * 0.3]


def spoken_of(word: str) -> bool:
    """Whether a topic of the tables holds the word."""
    return word in _rarity()


@cache
def _profiles() -> tuple[Mapping[str, float], ...]:
    """For each topic its words, and how much of it each is."""
    return tuple(_profile(topic) for topic in topics())


def _profile(topic: Topic) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for ecosystem in Ecosystem:
        for name in topic.names[ecosystem]:
            for word in tokens(name):
                found[word] = min(1.0, found.get(word, 0.0) + 0.1)
    for word in (*topic.words, *(word for group in topic.same for word in group)):
        found.update(dict.fromkeys(tokens(word), 0.8))
    for word in (*topic.heads, *tokens(topic.name.lower().replace(" ", "-"))):
        found.update(dict.fromkeys(tokens(word), 1.0))
    return found


@cache
def _rarity() -> Mapping[str, float]:
    """Word to how much it says: the fewer topics hold it, the more."""
    held = Counter(word for profile in _profiles() for word in profile)
    return {word: math.log(1 + len(_profiles()) / count) for word, count in held.items()}
