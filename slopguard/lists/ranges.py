"""Version ranges of list rows: PEP 440 for PyPI, Semantic Versioning 2.0 for npm.

An npm range is a set of comparators that must all hold, separated by spaces: `>=1.2.0 <2.0.0`, `=1.2.3` or `1.2.3`.
Versions in it are complete; `^`, `~`, `x`, `-` and `||` are not part of the grammar (write several rows instead).
As for npm itself, a pre-release is covered only by a comparator that names a pre-release of the same three numbers.
Invariant: a version that cannot be read is in no range.
"""

from __future__ import annotations

import re

from slopguard.errors import ListInvalid
from slopguard.model import Ecosystem
from slopguard.versions import Semver, pep440

_COMPARATOR = re.compile(r"(>=|<=|>|<|=)?(.+)")


def in_range(ecosystem: Ecosystem, version: str, text: str) -> bool:
    """Whether `version` lies in a row's range: PEP 440 specifiers for PyPI, comparators for npm.

    Raises:
        ListInvalid: the range cannot be read.
    """
    return _in_comparators(version, text) if ecosystem is Ecosystem.NPM else _in_specifiers(version, text)


def _in_specifiers(version: str, text: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # only for narrow rows: start-up is a feature

    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier as error:
        raise ListInvalid("a list holds a version range that cannot be read") from error
    asked = pep440(version)
    return asked is not None and specifiers.contains(asked, prereleases=True)


def _in_comparators(version: str, text: str) -> bool:
    comparators = [_comparator(part) for part in text.split()]
    asked = Semver.parse(version)
    if asked is None or not comparators:
        return False
    if asked.pre and not any(limit.pre and limit.numbers == asked.numbers for _, limit in comparators):
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
