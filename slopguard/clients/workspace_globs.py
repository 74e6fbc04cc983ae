"""Workspace globs of npm's clients, in the words of Python's `glob`: braces, extended globs, escapes. Pure.

Invariant: what cannot be said exactly is said too widely, never too narrowly, so that no member stays unread.
"""

from __future__ import annotations

import posixpath
import re

from slopguard.patterns import regex

_BRACES = regex(r"\{([^{}]*)\}")
_EXTENDED = regex(r"[@!+*?]\([^()]*\)")
_CLASS = regex(r"\[[^/]*\]")
_MOST = 200
"""How many globs one may stand for; beyond that it is any folder."""


def plain(pattern: str) -> tuple[list[str], bool]:
    """The globs that one glob stands for, and whether they are exactly that."""
    exact = True
    found = [re.sub(r"\\(.)", r"\1", pattern)]
    while any(_EXTENDED.search(glob) for glob in found):
        found, exact = [_EXTENDED.sub("*", glob) for glob in found], False
    exact = exact and not re.search(r"\{[^{}]*\.\.", pattern)
    while any(_BRACES.search(glob) for glob in found):
        found = [each for glob in found for each in _expanded(glob)]
        if len(found) > _MOST:
            return ["**"], False
    if any(_CLASS.search(glob) for glob in found):
        found, exact = [_CLASS.sub("*", glob) for glob in found], False
    cleaned = (posixpath.normpath(glob.strip("/")) for glob in found)
    return [glob for glob in cleaned if glob not in (".", "")], exact


def _expanded(glob: str) -> list[str]:
    """One glob for each word in its first braces; a range (`{1..3}`) is anything."""
    braces = _BRACES.search(glob)
    if braces is None:
        return [glob]
    words = ["*"] if ".." in braces[1] else braces[1].split(",")
    return [f"{glob[: braces.start()]}{word}{glob[braces.end() :]}" for word in words]
