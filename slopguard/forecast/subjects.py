"""What a forecast is about: an ecosystem as a whole, a topic in words, or a project.

Invariant: the code of a subject is all that is kept of it: a topic's words may be secret, and a path names its user.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from slopguard.model import Ecosystem

LIMITS = {Ecosystem.PYPI: 10_000, Ecosystem.NPM: 100_000}
"""Names of a whole ecosystem; npm's inventions are spread over many more names than PyPI's."""
NARROW = 10_000
"""Names for one topic or one project, an ecosystem."""
GUARDED = 5_000
"""Names for a project that the guard was enabled in, an ecosystem."""
_DIGITS = 16


class Kind(StrEnum):
    """What kind of subject it is."""

    ALL = "all"
    TOPIC = "topic"
    PROJECT = "project"
    GUARD = "guard"
    """A project that the guard forecasts for by itself; apart from `PROJECT`, so that each replaces only its own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What one forecast is about.

    Args:
        text: the words of a topic.
        path: the folder or file of a project.
    """

    kind: Kind = Kind.ALL
    text: str = ""
    path: Path = Path()

    @property
    def code(self) -> str:
        """Stands for the subject in the watchlist: the kind and a digest; two runs with one code replace each other."""
        if self.kind is Kind.ALL:
            return Kind.ALL.value
        about = " ".join(self.text.lower().split()) if self.kind is Kind.TOPIC else str(self.path.resolve())
        return f"{self.kind.value}-{sha256(about.encode('utf-8', 'surrogateescape')).hexdigest()[:_DIGITS]}"

    def limit(self, ecosystem: Ecosystem) -> int:
        """How many names to predict unless somebody says otherwise."""
        if self.kind is Kind.ALL:
            return LIMITS[ecosystem]
        return GUARDED if self.kind is Kind.GUARD else NARROW


EVERYTHING = Subject()


def topic(text: str) -> Subject:
    """The subject of a topic."""
    return Subject(Kind.TOPIC, text=text)


def project(path: Path) -> Subject:
    """The subject of a project that somebody named."""
    return Subject(Kind.PROJECT, path=path)


def guarded(path: Path) -> Subject:
    """The subject of a project that the guard was enabled in."""
    return Subject(Kind.GUARD, path=path)
