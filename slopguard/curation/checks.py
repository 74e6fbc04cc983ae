"""What a value in an entry must look like.

Each check takes what TOML gave and returns it as an entry holds it. Invariants: nothing is repaired; what a check says
is in our own words, with the value, made safe to print, where that helps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from slopguard.curation.entries import exact
from slopguard.errors import ListInvalid
from slopguard.hashes import STRONG
from slopguard.lists.ranges import in_range
from slopguard.lists.rows import DENY_RULES, ORIGINS
from slopguard.model import Ecosystem
from slopguard.names import LONGEST, BadName, normalize, shown

LONGEST_TEXT = 1000
"""Characters of a reason, an owner, a reviewer or an id."""
LONGEST_RANGE = 256
"""Characters of a version or a range."""
DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Hexadecimal digits of a digest."""
_RIGHT = {
    Ecosystem.PYPI: re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*"),
    Ecosystem.NPM: re.compile(r"(?:@[a-z0-9-]+/)?[a-z0-9][a-z0-9-]*"),
}
"""Names that need no closer look."""
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEX = re.compile(r"[0-9a-f]+")
_PROBES = {Ecosystem.PYPI: "1", Ecosystem.NPM: "1.0.0"}


class Wrong(Exception):
    """A value is not what it must be; `str` says what is wrong with it."""


def name_problem(ecosystem: Ecosystem, name: str) -> str | None:
    """What is wrong with a name, `None` for one in its only right spelling."""
    if _RIGHT[ecosystem].fullmatch(name) and len(name) <= LONGEST[ecosystem]:
        return None
    try:
        right = normalize(ecosystem, name)
    except BadName as why:
        return f"not a name: {why}"
    return None if right == name else f"write it '{shown(right, 255)}'"


def text(value: Any) -> str:
    """A text for people, on one line.

    Raises:
        Wrong: it is none.
    """
    if not isinstance(value, str) or not value.strip():
        raise Wrong("must be a text")
    if not value.isprintable():
        raise Wrong("holds a character that cannot be printed; write one line of plain text")
    if len(value) > LONGEST_TEXT:
        raise Wrong(f"is longer than {LONGEST_TEXT} characters")
    return value


def number(value: Any) -> str:
    """A whole number from 1.

    Raises:
        Wrong: it is none.
    """
    if type(value) is not int or not 0 < value < 1 << 31:
        raise Wrong("must be a whole number from 1")
    return str(value)


def day(value: Any) -> date:
    """A date.

    Raises:
        Wrong: it is none, or has a time of day.
    """
    if isinstance(value, datetime) or not isinstance(value, date):
        raise Wrong("must be a date without quotes or time, such as 2026-11-25")
    return value


def one_of(*words: str) -> Callable[[Any], str]:
    """A check for one of these words."""

    def check(value: Any) -> str:
        if value not in words:
            raise Wrong("must be " + " or ".join(f'"{word}"' for word in words))
        return str(value)

    return check


def source(value: Any) -> str:
    """The short name of a source of watch rows.

    Raises:
        Wrong: it is none.
    """
    if not isinstance(value, str) or not _SOURCE.fullmatch(value):
        raise Wrong("must be a short name of letters, digits, '.', '_' and '-'")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """One text or several, none of them twice.

    Raises:
        Wrong: it is something else.
    """
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or not all(isinstance(each, str) for each in found):
        raise Wrong("must be a text or a list of texts")
    if len(set(found)) != len(found):
        raise Wrong("holds a value twice")
    return tuple(found)


def hashes(value: Any) -> tuple[str, ...]:
    """Strong digests.

    Raises:
        Wrong: there is something else among them.
    """
    found = texts(value)
    for digest in found:
        algorithm, colon, digits = digest.partition(":")
        if algorithm in STRONG and _HEX.fullmatch(digits) and len(digits) == DIGITS[algorithm]:
            continue
        if colon and algorithm in ("md5", "sha1", "sha224"):
            raise Wrong(f"{algorithm} is too weak; use sha256, sha384 or sha512")
        raise Wrong(f"'{shown(digest, 80)}' is no digest; write it sha256: and 64 small hexadecimal digits")
    return found


def versions(ecosystem: Ecosystem, kind: str, value: Any) -> tuple[str, ...]:
    """Exact versions and ranges; the former alone where an entry must not speak of more.

    Raises:
        Wrong: there is something else among them.
    """
    found = texts(value)
    only = kind in ("release", "fix")
    for each in found:
        problem = _version_problem(ecosystem, each, only)
        if problem:
            raise Wrong(f"'{shown(each, 80)}' {problem}")
    return found


@lru_cache(1 << 16)
def _version_problem(ecosystem: Ecosystem, text: str, only_exact: bool) -> str | None:
    if not (text.isascii() and text.isprintable() and text == text.strip() and 0 < len(text) <= LONGEST_RANGE):
        return "is neither a version nor a range"
    if exact(ecosystem, text):
        return None
    if not readable_range(ecosystem, text):
        how = ">=1.0,<2" if ecosystem is Ecosystem.PYPI else ">=1.0.0 <2.0.0"
        return f"is neither a version nor a range; for example {how}"
    if only_exact:
        plain = text.lstrip("=v ")
        return f"must be one version: write {plain}" if exact(ecosystem, plain) else "must be one version, not a range"
    return None


def readable_range(ecosystem: Ecosystem, text: str) -> bool:
    """Whether a machine can read this range: PEP 440 specifiers for PyPI, comparators for npm."""
    if not text.strip(" ,") or "===" in text or ";" in text:  # `===` compares texts; rows compare versions
        return False
    try:
        in_range(ecosystem, _PROBES[ecosystem], text)
    except (ListInvalid, ValueError):
        return False
    return True


MORE: Mapping[str, Callable[[Any], str]] = {
    "rank": number,
    "models": number,
    "rule": one_of(*DENY_RULES),
    "origin": one_of(*ORIGINS),
    "source": source,
    "id": text,
    "at": lambda value: day(value).isoformat(),
}
"""The checks of what stands in `ListEntry.more`."""
