"""Verified names that the author of a refused name may have meant.

Invariants: pure; only verified names are suggested, and none rather than an unlikely one. Nothing here refuses:
suggestions are printed beside a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import log

from slopguard.lookalike.verified import Verified, words_of

_UNRANKED = 1 << 30
_KNOWN, _WELL_KNOWN = 5_000, 1_000
"""A word of the name is itself suggested up to these ranks: as the first word, and as another."""
_TELLING = 20
"""A word in more verified names than this says too little by itself."""
_SHORTEST = 5
"""Words shorter than this are not looked for by spelling."""

_KIN = (
    ("auth", "login", "httpauth", "authlib", "oauth", "oauthlib", "jwt", "sso", "oidc"),
    ("db", "database", "sql", "sqlalchemy", "orm"),
    ("http", "request", "requests", "fetch", "client", "httpx", "axios"),
    ("postgres", "postgresql", "psycopg2", "pg"),
    ("mongo", "mongodb", "pymongo", "mongoose"),
    ("test", "testing", "pytest", "jest"),
    ("excel", "xlsx", "openpyxl"),
    ("image", "images", "img", "pillow", "opencv"),
    ("log", "logger", "logging"),
    ("config", "settings", "dotenv", "configuration"),
    ("validate", "validator", "validation", "schema"),
    ("parse", "parser", "parsing"),
    ("date", "datetime", "time", "dateutil"),
    ("markdown", "md"),
    ("compress", "compression", "zip", "gzip"),
    ("queue", "celery", "tasks", "jobs"),
)
"""Words that package names use for one thing; they only steer suggestions."""
_NONE: frozenset[str] = frozenset()
_KIN_OF = {word: frozenset(row) - {word} for row in _KIN for word in row}

_WEAK = frozenset(
    {"python", "py", "js", "node", "lib", "api", "sdk", "core", "utils", "util", "tools", "helper", "async"}
)
"""Words that say nothing about what a package does."""


class Suggestions:
    """What to suggest instead of a name.

    Args:
        verified: the names that may be suggested.
        holders: for an import name in the spelling of PEP 503, the distributions that hold it.
    """

    def __init__(self, verified: Verified, holders: Callable[[str], Sequence[str]]) -> None:
        self._verified = verified
        self._holders = holders

    def holding(self, name: str) -> list[str]:
        """Verified distributions that hold a module of this name, most popular first."""
        return list(self._verified.by_rank(self._holders(_plain(name))))

    def related(self, name: str) -> list[str]:
        """Verified names that share two of its words, then those that are one of its words, then close spellings."""
        words = [word for word in words_of(name.lower()) if word not in _WEAK]
        groups = [self._group(word) for word in words]
        sharing = {found for one, other in combinations(groups, 2) for found in one & other}
        best = sorted(sharing, key=lambda found: self._distance(found, words))
        best += [word for word in words if self._rank_of(word) <= (_KNOWN if word == words[0] else _WELL_KNOWN)]
        return best or self._spelled_like(name) or self._of_rarest(words)

    def _of_rarest(self, words: Sequence[str]) -> list[str]:
        """Verified names that begin with its rarest word, if that word is telling: few names hold it."""
        held = [names for word in words if len(word) >= _SHORTEST and (names := self._verified.holding(word))]
        rarest = min(held, key=len, default=_NONE)
        if len(rarest) > _TELLING:
            return []
        return list(self._verified.by_rank(found for found in rarest if words_of(found)[0] in words))

    def _group(self, word: str) -> set[str]:
        """Verified names that hold the word or one of its kin."""
        found = set(self._verified.holding(word))
        return found.union(*map(self._verified.holding, _KIN_OF.get(word, ())))

    def _distance(self, found: str, words: Sequence[str]) -> float:
        """How far a suggestion is from the words asked for: words it lacks or adds, then how unpopular it is."""
        parts = words_of(found)
        lacking = sum(_lack(word, parts) for word in words)
        begins = 0.0 if parts[0] == words[0] else 0.6
        return lacking + begins + 0.4 * max(len(parts) - len(words), 0) + log(self._rank_of(found)) / 8

    def _spelled_like(self, name: str) -> list[str]:
        """Verified names that begin or end like it and are at most two edits (of six letters or more) away."""
        from rapidfuzz.distance import OSA  # only for a refused name: start-up is a feature

        if len(name) <= _SHORTEST:
            return []
        nearby = self._verified.edged_like(name)
        close = (found for found in nearby if OSA.distance(name, found, score_cutoff=2) <= 2)
        return list(self._verified.by_rank(close))

    def _rank_of(self, name: str) -> int:
        return self._verified.rank(name) or _UNRANKED


def _lack(word: str, parts: Sequence[str]) -> float:
    """0 when a suggestion holds the word; a little when one of its words ends in it or is its kin; else 1."""
    if word in parts:
        return 0.0
    if any(part.endswith(word) for part in parts):
        return 0.15
    return 0.3 if _KIN_OF.get(word, _NONE).intersection(parts) else 1.0


def _plain(name: str) -> str:
    return "-".join(words_of(name)).lower()
