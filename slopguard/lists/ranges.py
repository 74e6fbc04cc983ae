"""Version ranges of list rows: PEP 440 for PyPI, Semantic Versioning 2.0 for npm.

An npm range is a set of comparators that must all hold, separated by spaces: `>=1.2.0 <2.0.0`, `=1.2.3` or `1.2.3`.
Versions in it are complete; `^`, `~`, `x`, `-` and `||` are not part of the grammar (write several rows instead).
As for npm itself, a pre-release is covered only by a comparator that names a pre-release of the same three numbers.

A deny row means every version between its limits (`strict`), whatever a client would take from such a range: versions
are compared by their order alone, as the OSV schema does, pre-releases, post-releases and local versions included.
Invariant: a version that cannot be read is in no range.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from slopguard.errors import ListInvalid
from slopguard.model import Ecosystem
from slopguard.versions import Semver, pep440

if TYPE_CHECKING:
    from packaging.specifiers import Specifier
    from packaging.version import Version

_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_COMPARATOR = re.compile(r"(>=|<=|>|<|=)?(.+)")


def in_range(ecosystem: Ecosystem, version: str, text: str, *, strict: bool = False) -> bool:
    """Whether `version` lies in a row's range: PEP 440 specifiers for PyPI, comparators for npm.

    Args:
        strict: every version between the limits counts (deny rows).

    Raises:
        ListInvalid: the range cannot be read.
    """
    if ecosystem is Ecosystem.NPM:
        return _in_comparators(version, text, strict=strict)
    return _in_specifiers(version, text, strict=strict)


def _in_specifiers(version: str, text: str, *, strict: bool) -> bool:
    from packaging.specifiers import SpecifierSet  # only for narrow rows: start-up is a feature

    asked = pep440(version)
    try:
        specifiers = SpecifierSet(text)
        if asked is None or not strict:
            return asked is not None and specifiers.contains(asked, prereleases=True)
        return all(_ordered(asked, specifier) for specifier in specifiers)
    except ValueError as error:  # no specifiers, or more digits than Python reads
        raise ListInvalid("a list holds a version range that cannot be read") from error


def _ordered(asked: Version, specifier: Specifier) -> bool:
    """Whether a version holds one specifier by its place in the order; `1.0+local` also holds what `1.0` does."""
    limit = pep440(specifier.version) if specifier.operator in _ORDER else None
    if limit is None:
        return specifier.contains(asked, prereleases=True)
    holds = _ORDER[specifier.operator]
    return holds(asked, limit) or (asked.local is not None and _ordered(_public(asked), specifier))


def _public(version: Version) -> Version:
    public = pep440(version.public)
    assert public is not None
    return public


def _in_comparators(version: str, text: str, *, strict: bool) -> bool:
    comparators = [_comparator(part) for part in text.split()]
    asked = Semver.parse(version)
    if asked is None or not comparators:
        return False
    if not strict and asked.pre and not any(limit.pre and limit.numbers == asked.numbers for _, limit in comparators):
        return False
    return all(_holds(asked, operator, limit) for operator, limit in comparators)


def _comparator(part: str) -> tuple[str, Semver]:
    found = _COMPARATOR.fullmatch(part)
    limit = Semver.parse(found[2]) if found else None
    if found is None or limit is None:
        raise ListInvalid("a list holds a version range that cannot be read")
    return found[1] or "=", limit


def _holds(asked: Semver, operator: str, limit: Semver) -> bool:
    return {
        "=": asked == limit,
        ">": asked > limit,
        ">=": asked >= limit,
        "<": asked < limit,
        "<=": asked <= limit,
    }[operator]
