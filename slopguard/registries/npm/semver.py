"""The precedence order of Semantic Versioning 2.0.0, as node-semver applies it.

Invariant: pure; build metadata does not order; what is no semantic version has no key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = r"(0|[1-9]\d*)"
_PATTERN = re.compile(
    rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?", re.ASCII
)

LONGEST = 256
"""node-semver's own limit on the length of a version."""

Key = tuple[tuple[int, int, int], int, tuple[tuple[int, int, str], ...]]
"""Orders as semver does: numbers, release after pre-release, then identifiers one by one."""


@dataclass(frozen=True, slots=True)
class SemVer:
    """A semantic version; compare by `key`.

    Args:
        numbers: major, minor, patch.
        pre: the pre-release identifiers, `()` for a release.
    """

    numbers: tuple[int, int, int]
    pre: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """The sort key of semver.org item 11."""
        return self.numbers, 0 if self.pre else 1, tuple(_identifier(part) for part in self.pre)

    @property
    def channel(self) -> str | None:
        """The first pre-release identifier that is a word (`beta` of `2.0.0-beta.1`), `None` for a release."""
        return next((part for part in self.pre if not part.isdigit()), "") if self.pre else None


def parse(text: str) -> SemVer | None:
    """The semantic version in `text`, or `None`."""
    match = _PATTERN.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    major, minor, patch, pre = match.groups()
    identifiers = tuple(pre.split(".")) if pre else ()
    if any(part.isdigit() and len(part) > 1 and part[0] == "0" for part in identifiers):
        return None
    return SemVer((int(major), int(minor), int(patch)), identifiers)


def _identifier(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdigit() else (1, 0, part)
