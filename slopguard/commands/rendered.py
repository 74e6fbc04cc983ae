"""A document's text as its reader sees it, where that matters for a command: blanks, and letters without width.

Invariants: lines stay where they are; no character in the middle of a word is dropped, so that a name with an invisible
one in it stays another name than the one without.
"""

from __future__ import annotations

import re

from slopguard.patterns import regex

_ENTITY = regex(r"&(?:nbsp|#(?:160|[3-9]\d|1[01]\d|12[0-6])|#[xX](?:[aA]0|[2-7][0-9a-fA-F]));")
_BLANK = regex(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+"
_EDGE = regex(rf"(?<![^\s`\"'(]){_INVISIBLE}|{_INVISIBLE}(?=[\s`\"')]|\Z)")


def rendered(text: str) -> str:
    """The text with plain blanks, and without what cannot be seen at the edge of a word."""
    if "&nbsp;" in text or "&#" in text:
        text = _ENTITY.sub(_letter, text)
    if text.isascii():
        return text
    return _EDGE.sub("", _BLANK.sub(" ", text))


def _letter(found: re.Match[str]) -> str:
    """What an entity stands for."""
    code = found[0][1:-1]
    if code == "nbsp":
        return " "
    number = int(code[2:], 16) if code[1] in "xX" else int(code[1:])
    return " " if number == 160 else chr(number)
