"""YAML as machines write it into lock files, many times faster than a parser of all of it.

Invariant: a text is read to what a whole parser makes of it, or not at all: every line must be one of few forms whose
meaning nothing else in the file can change (the tests hold this against the parser).
"""

from __future__ import annotations

import re
from typing import Any

from slopguard.patterns import regex

_DOUBLE = r"""\"(?:[ !#-\[\]-~]|\\["\\/])*+\""""
_SINGLE = r"'(?:[ -&(-~]|'')*+'"
_FIRST = r"[A-Za-z0-9$(+./;<=\\^_~]"
_FLOW = rf"{_FIRST}(?:[A-Za-z0-9!$%&()*+./;<=>@\\^_|~-]|:(?=[A-Za-z0-9/.])| (?=[A-Za-z0-9<=>|(^~]))*+"
"""A scalar without quotes inside brackets: no comma, bracket, quote, `#`, and no colon that could end it."""
_BLOCK = rf"{_FIRST}(?:(?! #)[ -9;-~]|:(?=[!-~]))*+(?<! )"
"""One that takes the rest of its line."""
_KEY = rf"{_FIRST}(?:[A-Za-z0-9!$%&()*+./;<=>@\\^_|~-]|:(?=[!-~]))*+"
_FLOW_SCALAR = rf"(?:{_DOUBLE}|{_SINGLE}|{_FLOW})"
_FLOW_MAP = regex(rf"\{{(?:{_FLOW_SCALAR}: {_FLOW_SCALAR}(?:, |(?=\}})))*+\}}")
_FLOW_LIST = regex(rf"\[(?:{_FLOW_SCALAR}(?:, |(?=\])))*+\]")
_PAIRS = regex(rf"({_FLOW_SCALAR}): ({_FLOW_SCALAR})")
_ITEMS = regex(_FLOW_SCALAR)
_QUOTED = regex(rf"{_DOUBLE}|{_SINGLE}")
_LINE = regex(rf"( *+)(?:({_DOUBLE}|{_SINGLE}|{_KEY}):(?: (?:({_BLOCK})|(\S.*)))?|- ({_BLOCK}|{_DOUBLE}|{_SINGLE}))")
_DEEPEST = 60


def mapping(text: str) -> dict[str, Any] | None:
    """The one mapping that a text is, scalars as text; `None` for a text that is not plain enough to say."""
    reader = _Reader()
    for line in text.split("\n"):
        if line and line[0] != "#" and not reader.line(line):
            return None
    return reader.top


class _Reader:
    """Reads line after line.

    `_key` is the key that the next, deeper line would say the value of; `_items` the list that is being read.
    """

    def __init__(self) -> None:
        self.top: dict[str, Any] = {}
        self._current = self.top
        self._indent = 0
        self._open: list[tuple[int, dict[str, Any]]] = [(0, self.top)]
        self._key: str | None = None
        self._items: list[str] | None = None
        self._items_indent = 0

    def line(self, line: str) -> bool:
        """Take up a line; whether it is plain."""
        found = _LINE.fullmatch(line)
        if found is None:
            return False
        blank, key, scalar, other, item = found.groups()
        if item is not None:
            return self._item(len(blank), item)
        if len(blank) != self._indent and not self._move(len(blank)):
            return False
        self._items = None
        key = _bare(key)
        value: Any = scalar if scalar is not None else "" if other is None else _value(other)
        if value is None or key == "<<":
            return False
        self._current[key] = value
        self._key = key if value == "" and other is None else None
        return True

    def _move(self, depth: int) -> bool:
        """Go into the mapping that begins here, or back to one that goes on."""
        if depth > self._indent:
            if self._key is None or depth > _DEEPEST:
                return False
            self._current[self._key] = self._current = {}
            self._open.append((depth, self._current))
        else:
            while self._open and self._open[-1][0] > depth:
                self._open.pop()
            if not self._open or self._open[-1][0] != depth:
                return False
            self._current = self._open[-1][1]
        self._indent = depth
        return True

    def _item(self, depth: int, item: str) -> bool:
        """Take up an item of a list that lies deeper than its key."""
        if self._items is not None and depth == self._items_indent:
            self._items.append(_bare(item))
            return True
        if self._items is not None or self._key is None or depth <= self._indent:
            return False
        self._items, self._items_indent = [_bare(item)], depth
        self._current[self._key] = self._items
        self._key = None
        return True


def _value(text: str) -> str | dict[str, str] | list[str] | None:
    """A quoted scalar, a flow mapping or a flow list; `None` for anything else."""
    if _FLOW_MAP.fullmatch(text):
        found = {_bare(key): _bare(value) for key, value in _PAIRS.findall(text)}
        return None if "<<" in found else found
    if _FLOW_LIST.fullmatch(text):
        return [_bare(item) for item in _ITEMS.findall(text[1:-1])]
    return _bare(text) if _QUOTED.fullmatch(text) else None


def _bare(text: str) -> str:
    """A scalar without its quotes."""
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    if text[0] != '"':
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if "\\" in text else text[1:-1]
