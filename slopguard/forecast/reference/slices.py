"""The five kinds of requests that servers are measured with, and what users write in each.

The prompts are made for any model; the reference model was trained to answer such. Invariants: the same arguments give
the same prompts; a prompt names a topic of the tables (`topics.tables`) and no package.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from slopguard.forecast.topics.tables import topics
from slopguard.model import Ecosystem

NAME, CODE, TEXT, JSON, TOOL = SLICES = ("name", "code", "text", "json", "tool")
LANGUAGES: Mapping[Ecosystem, str] = {Ecosystem.PYPI: "Python", Ecosystem.NPM: "Node.js"}
ASKING: Mapping[str, str] = {
    NAME: "Name {language} packages for {topic}. Answer with the names alone, one a line.",
    CODE: "Write a short {language} program for {topic}. Answer with one block of code, and the command that installs"
    " what it needs.",
    TEXT: "Which {language} packages help with {topic}? Explain in a few sentences.",
    JSON: 'Which {language} packages are there for {topic}? Answer with JSON only: {{"packages": ["...", "..."]}}.',
    TOOL: "Install what a {language} program for {topic} needs. Answer with one call of the tool install_packages, as"
    ' JSON: {{"name": "...", "arguments": {{"ecosystem": "{ecosystem}", "packages": ["..."]}}}}.',
}
"""What a user writes in each slice."""


def asked(kind: str, ecosystem: Ecosystem, topic: str) -> str:
    """What a user writes in a slice about a topic.

    Args:
        kind: one of `SLICES`.
    """
    return ASKING[kind].format(language=LANGUAGES[ecosystem], topic=topic, ecosystem=ecosystem.value)


def prompts(kind: str, count: int, seed: int = 0) -> tuple[str, ...]:
    """So many different prompts of a slice, of both ecosystems in turn; fewer where the topics run out."""
    random = Random(f"{seed}/{kind}")  # noqa: S311 - the same prompts each time are the point
    subjects = [topic.name for topic in topics()]
    random.shuffle(subjects)
    ecosystems = tuple(Ecosystem)
    pairs = ((ecosystems[number % len(ecosystems)], topic) for number, topic in enumerate(subjects))
    return tuple(asked(kind, ecosystem, topic) for ecosystem, topic in pairs)[:count]
