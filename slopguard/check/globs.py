"""Globs over paths with `/` between their parts: `*` within a part, `**` over any, `?` one character. Pure.

Invariant: matching takes no longer than the text warrants: a glob with more stars than `STARS` matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from slopguard.patterns import regex

STARS = 8
"""Stars in a glob beyond which matching could take long."""
_PARTS = regex(r"(\*\*/?|\*|\?)")
_MEANINGS = {"**/": "(?:.+/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches(glob: str, path: str) -> bool:
    """Whether a glob names a path."""
    return glob.count("*") <= STARS and bool(_pattern(glob).fullmatch(path))


def any_of(globs: Iterable[str]) -> Callable[[str], bool]:
    """Tells whether one of the globs names a path; for many paths."""
    parts = [_pattern(glob).pattern for glob in globs if glob.count("*") <= STARS]
    found = re.compile("|".join(parts) or "(?!)")
    return lambda path: found.fullmatch(path) is not None


def below(globs: Iterable[str], path: str) -> bool:
    """Whether one of the globs names a path or a folder that it lies in."""
    return any(matches(f"{glob.rstrip('/')}/**", f"{path}/") for glob in globs)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile("".join(_MEANINGS.get(part, re.escape(part)) for part in _PARTS.split(glob)))
