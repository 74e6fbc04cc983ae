"""dist-tags of a packument that lost versions.

Invariant: pure; no tag that leaves here points to a version that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from slopguard.registries.npm import semver

REPAIRED = 100
"""Dangling tags that are given another version; the rest go (some packages have thousands)."""


class Tagged(Protocol):
    """What is asked about a version."""

    @property
    def deprecated(self) -> bool:
        """Whether it carries a deprecation notice."""
        ...


def repaired(tags: Mapping[str, str], versions: Mapping[str, Tagged]) -> dict[str, str]:
    """The dist-tags with none dangling: each steps back to the best version left below the one it named, or goes.

    `latest` steps back to the highest release below, failing that the highest release, failing that the highest
    version of all; any other tag stays within its major version and pre-release channel. Deprecated versions come last.
    """
    dangling = sorted((tag for tag, to in tags.items() if to not in versions), key=lambda tag: tag != "latest")
    if not dangling:
        return dict(tags)
    known = {number: parsed for number in versions if (parsed := semver.parse(number))}
    moved = {tag: _step_back(tag, tags[tag], versions, known) for tag in dangling[:REPAIRED]}
    return {tag: kept for tag, to in tags.items() if (kept := to if to in versions else moved.get(tag)) is not None}


def _step_back(tag: str, former: str, versions: Mapping[str, Tagged], known: Mapping[str, semver.SemVer]) -> str | None:
    was = semver.parse(former)
    below = {number: v for number, v in known.items() if was is None or v.key < was.key}
    choices: tuple[Mapping[str, semver.SemVer], ...] = ()
    if tag == "latest":
        choices = (_releases(below), _releases(known), known)
    elif was is not None:
        choices = ({n: v for n, v in below.items() if v.channel == was.channel and _near(v, was)},)
    pool = next((choice for choice in choices if choice), {})
    return max(pool, key=lambda number: (not versions[number].deprecated, pool[number].key), default=None)


def _releases(versions: Mapping[str, semver.SemVer]) -> dict[str, semver.SemVer]:
    return {number: v for number, v in versions.items() if not v.pre}


def _near(version: semver.SemVer, was: semver.SemVer) -> bool:
    """A release tag such as `latest-4` must not cross its major version; a channel such as `next` may."""
    return bool(was.pre) or version.numbers[0] == was.numbers[0]
