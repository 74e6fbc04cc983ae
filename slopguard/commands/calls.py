"""Commands that a program's text holds as lists of strings.

`run([sys.executable, "-m", "pip", "install", "x"])`, `spawn("npm", ["add", "x"])`, `"command": "npx", "args": ["x"]`.
Invariants: pure; nothing is evaluated: what is no plain string is a variable; linear in the text.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from slopguard.commands.mention import CLIENT
from slopguard.commands.pieces import Piece
from slopguard.commands.script import UNKNOWN
from slopguard.patterns import regex

_BEGIN = regex(rf"""(["'])(?:[^"'\s]{{0,200}}[/\\])?({CLIENT})(?:\.exe|\.cmd)?\1\s*,(?=[\s"'\[\w.*])""")
_ELEMENT = regex(
    r"""\s*(?P<end>[)\]}]|$)|\s*(?:"args"\s*:|args\s*[:=])?\s*\[?\s*(?P<prefix>[rfbu]{0,2})"""
    r"""(?:"(?P<double>(?:[^"\\\n]|\\.)*)"|'(?P<single>(?:[^'\\\n]|\\.)*)'|(?P<other>[^\s,)\]}][^,)\]}\n]{0,200}))"""
    r"""\s*(?P<more>,?)"""
)
_KEY = regex(r"\s*(?!args\b)\w+\s*:")
"""What makes of the words around an object whose values are no list: `{label: "npm", value: "npm"}`."""
_STARTS = regex(r"(?:command|cmd|exec\w*|run|bin|program)[\"']?\s*[:=]\s*$")
_MOST = 100
"""No command in a list has more words."""


def calls(text: str) -> Iterator[Piece]:
    """Every command written as a list, in order."""
    reached = 0
    for found in _BEGIN.finditer(text):
        if found.start() >= reached:
            words, reached = _words(text, found.end())
            if _KEY.match(text, found.end()) and not _STARTS.search(text, max(found.start() - 40, 0), found.start()):
                continue
            yield Piece(found.start(), reached, " ".join([found[2], *words]))


def _words(text: str, at: int) -> tuple[list[str], int]:
    """The elements from an offset on, as words of a shell, and where they end."""
    words: list[str] = []
    while len(words) < _MOST and (element := _ELEMENT.match(text, at)) and element["end"] is None:
        at = element.end()
        words.append(_word(element))
        if not element["more"]:
            break
    return words, at


def _word(element: re.Match[str]) -> str:
    literal = element["double"] if element["double"] is not None else element["single"]
    if literal is None or ("f" in element["prefix"] and "{" in literal):
        return UNKNOWN
    return shlex.quote(re.sub(r"\\(.)", r"\1", literal))
