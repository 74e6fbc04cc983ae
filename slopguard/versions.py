"""Spellings of one version, and the releases it names: PEP 440 for PyPI, Semantic Versioning 2.0 as npm reads it.

Invariants: pure; a version that cannot be read equals only its own text, and text longer than `LONGEST` is not read at
all (Python refuses to count digits without end, and so do we).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from functools import total_ordering
from typing import TYPE_CHECKING

from slopguard.model import Ecosystem
from slopguard.patterns import regex

if TYPE_CHECKING:
    from packaging.version import Version

    from slopguard.model import Facts, Release

LONGEST = 256
"""Characters of a version that is read; node-semver's own limit, and more than any file name on PyPI holds."""

_SEMVER = regex(
    r"[v=\s]*(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+)|([A-Za-z][0-9A-Za-z.-]*))?(?:\+[0-9A-Za-z.-]+)?\s*", re.ASCII
)


@total_ordering
class Semver:
    """A version by the precedence of Semantic Versioning 2.0, item 11; build metadata does not count."""

    __slots__ = ("numbers", "pre")

    def __init__(self, numbers: tuple[int, ...], pre: tuple[str, ...]) -> None:
        self.numbers = numbers
        self.pre = pre

    @classmethod
    def parse(cls, text: str) -> Semver | None:
        """The version `text` spells, `None` if it spells none; a leading `v` or `=` and `1.0.0rc1` are npm's custom."""
        found = _SEMVER.fullmatch(text) if len(text) <= LONGEST else None
        if found is None:
            return None
        pre = found[4] or found[5]
        return cls(tuple(int(found[part]) for part in (1, 2, 3)), tuple(pre.split(".")) if pre else ())

    def _key(self) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
        parts = tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in self.pre)
        return (
            self.numbers,
            not self.pre,
            tuple((text, number, "" if not text else part) for text, number, part in parts),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Semver) and self._key() == other._key()

    def __lt__(self, other: Semver) -> bool:
        return self._key() < other._key()

    def __hash__(self) -> int:
        return hash(self._key())


def pep440(text: str) -> Version | None:
    """The PEP 440 version in `text`, or `None`."""
    from packaging.version import InvalidVersion, Version  # only when texts differ: start-up is a feature

    if len(text) > LONGEST:
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None


def equal_to(ecosystem: Ecosystem, version: str) -> Callable[[str], bool]:
    """Tells whether a spelling names the same version: `1.0` and `1.0.0` on PyPI, `v1.0.0` and `1.0.0` on npm."""
    read: Callable[[str], Version | Semver | None] = Semver.parse if ecosystem is Ecosystem.NPM else pep440
    wanted = read(version)
    return lambda other: other == version or (wanted is not None and read(other) == wanted)


def meaning(ecosystem: Ecosystem, version: str) -> Hashable:
    """What a spelling names: equal, and to be looked up, for all spellings that `equal_to` calls the same."""
    read: Callable[[str], Version | Semver | None] = Semver.parse if ecosystem is Ecosystem.NPM else pep440
    found = read(version)
    return version if found is None else found


def same_version(ecosystem: Ecosystem, one: str, other: str) -> bool:
    """Whether two spellings name one version."""
    return one == other or equal_to(ecosystem, one)(other)


def listed(ecosystem: Ecosystem, version: str, facts: Facts) -> tuple[Release, ...]:
    """The releases that `version` names: by its text, else in another spelling, else (PyPI) as their public version.

    `1.0` names `1.0.0`; where that is not listed, a client takes `1.0+cpu` or any other local version of it (PEP 440).
    """
    exact = facts.release(version)
    if exact is not None or not facts.releases:
        return (exact,) if exact is not None else ()
    same = equal_to(ecosystem, version)
    found = tuple(release for release in facts.releases if same(release.version))
    if found or ecosystem is Ecosystem.NPM:
        return found
    return tuple(r for r in facts.releases if "+" in r.version and same(r.version.partition("+")[0]))
