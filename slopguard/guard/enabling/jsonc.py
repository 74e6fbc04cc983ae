"""JSON with comments and trailing commas, read so that every value knows where in the text it stands.

Invariants: what is read is what a JSON parser would read, comments and trailing commas aside; anything else is an error
that names the line; nothing is changed here. For changing one value while every other byte stays (`settings_json`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 200
_SKIPPED = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.S)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"')
_PLAIN = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_AFTER = re.compile(r"[\w.+-]")


class NoJson(ValueError):
    """The text is no such JSON; `line` is where that shows."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Child:
    """A member of an object or an element of an array.

    Args:
        key: of a member; `""` of an element.
        start: where it begins: the key, or the value itself.
        value: the value.
        comma: where the comma after it stands, `None` if there is none.
    """

    key: str
    start: int
    value: Node
    comma: int | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value.

    Args:
        kind: `{`, `[`, `"` or `0` (a number, true, false, null).
        start, end: where it stands.
        children: of an object or array.
        text: of a string: what it says; of the other plain values: how they are written.
    """

    kind: str
    start: int
    end: int
    children: tuple[Child, ...] = ()
    text: str = ""

    def get(self, key: str) -> Node | None:
        """The value of a key; the last one, as every parser has it, where a key is there twice."""
        found = [child.value for child in self.children if self.kind == "{" and child.key == key]
        return found[-1] if found else None

    def plain(self) -> object:
        """The value as `json.loads` would have it."""
        if self.kind == "{":
            return {child.key: child.value.plain() for child in self.children}
        if self.kind == "[":
            return [child.value.plain() for child in self.children]
        return self.text if self.kind == '"' else json.loads(self.text, parse_int=float)


def parse(text: str) -> Node:
    """The value that a text is.

    Raises:
        NoJson: it is none, or is nested too deeply.
    """
    node = _value(text, skipped(text, 0), 0)
    end = skipped(text, node.end)
    if end != len(text):
        raise _wrong(text, end)
    return node


def skipped(text: str, at: int) -> int:
    """The first place from `at` on that is neither white space nor in a comment."""
    found = _SKIPPED.match(text, at)
    return found.end() if found else at


def trailing_comma(node: Node) -> bool:
    """Whether something ends in a comma after its last child."""
    last = node.children[-1] if node.children else None
    return (last is not None and last.comma is not None) or any(trailing_comma(each.value) for each in node.children)


def _value(text: str, at: int, depth: int) -> Node:
    first = text[at : at + 1]
    if depth > DEEPEST:
        raise _wrong(text, at)
    if first in ("{", "["):
        children = tuple(_children(text, at, depth + 1))
        last = children[-1] if children else None
        inner = at + 1 if last is None else last.value.end if last.comma is None else last.comma + 1
        return Node(first, at, skipped(text, inner) + 1, children)
    found = (_STRING if first == '"' else _PLAIN).match(text, at)
    if found is None or (first != '"' and _AFTER.match(text, found.end())):
        raise _wrong(text, at)
    if first == '"':
        return Node('"', at, found.end(), text=json.loads(found.group()))
    return Node("0", at, found.end(), text=found.group())


def _children(text: str, at: int, depth: int) -> Iterator[Child]:
    """What an object or array holds, up to its end."""
    closing, named = ("}", True) if text[at] == "{" else ("]", False)
    at = skipped(text, at + 1)
    while text[at : at + 1] != closing:
        start, key = at, ""
        if named:
            at, key = _key(text, at)
        value = _value(text, at, depth)
        at = skipped(text, value.end)
        comma = at if text[at : at + 1] == "," else None
        if comma is None and text[at : at + 1] != closing:
            raise _wrong(text, at)
        yield Child(key, start, value, comma)
        at = at if comma is None else skipped(text, at + 1)


def _key(text: str, at: int) -> tuple[int, str]:
    """Where the value of a member begins, and its key."""
    found = _STRING.match(text, at)
    colon = skipped(text, found.end()) if found else at
    if found is None or text[colon : colon + 1] != ":":
        raise _wrong(text, colon)
    return skipped(text, colon + 1), json.loads(found.group())


def _wrong(text: str, at: int) -> NoJson:
    return NoJson(text.count("\n", 0, at) + 1)
