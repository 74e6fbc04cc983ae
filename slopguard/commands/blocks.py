"""A long script in pieces that each stand on their own, because the grammar's time grows with the square of a piece.

Invariants: the pieces together are the text; where to cut is a guess from the beginnings and ends of lines, and a wrong
one costs structure, never a command: a piece that the grammar cannot read is read line by line.
"""

from __future__ import annotations

from collections.abc import Iterator

from slopguard.patterns import regex

_WANTED = 8_000
"""Pieces are cut at the first good place behind so many characters."""
_LONGEST = 40_000
"""A longer piece is cut wherever a line ends, or left to the line reader."""
_OPENS = regex(r"(?:^|[;&|]|\b(?:do|then|else)\b)\s*(?:if|for|while|until|case|select)\b|[({]\s*$|\bdo\s*$")
_CLOSES = regex(r"(?:^|[;&|])\s*(?:fi|done|esac)\b|^\s*[)}]")
_DO = regex(r"\bdo\s*$")
_COMMENT = regex(r"(?:^|\s)#.*")
_STRINGS = regex(r"\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"")
_HEREDOC = regex(r"<<-?\s*[\"']?([\w.-]+)")


def blocks(text: str) -> Iterator[str]:
    """The pieces of a text."""
    if len(text) <= _WANTED:
        yield text
        return
    begun, at = 0, 0
    state = _State()
    for line in text.splitlines(keepends=True):
        at += len(line)
        state.pass_line(line)
        if at - begun >= _WANTED and (state.whole or at - begun >= _LONGEST):
            yield text[begun:at]
            begun, state = at, _State()
    if begun < len(text):
        yield text[begun:]


def readable(piece: str) -> bool:
    """Whether the grammar reads a piece fast: not too long, nor made of what it is slow at."""
    return len(piece) <= _LONGEST and piece.count("|") <= 400 and piece.count("()") <= 200 and piece.count("(") <= 1_500


class _State:
    """What is open at the end of a line."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._heredoc = ""
        self._continued = False

    @property
    def whole(self) -> bool:
        """Whether nothing is."""
        return self._depth <= 0 and not (self._quote or self._heredoc or self._continued)

    def pass_line(self, line: str) -> None:
        """Take up one more line."""
        if self._heredoc:
            if line.strip() == self._heredoc:
                self._heredoc = ""
            return
        if self._quote:
            if line.count(self._quote) % 2:
                self._quote = ""
            return
        bare = _STRINGS.sub("", _COMMENT.sub("", line))
        self._quote = next((quote for quote in "'\"" if quote in bare), "")
        found = _HEREDOC.search(line)
        self._heredoc = found[1] if found and "<<<" not in line else ""
        self._continued = line.rstrip("\n").endswith("\\")
        self._depth += len(_OPENS.findall(bare)) - len(_DO.findall(bare)) - len(_CLOSES.findall(bare))
