"""The modules that a Python file imports, found without a parser, so that old and broken files are read too.

Every import has the word `import` in it. Where it stands decides whether it can be one; whether it stands in code,
and not in a string or a comment, is asked only of modules that the caller does not know already: most files need no
second look. Relative imports name no distribution and are left out.

Invariants: nothing is imported or compiled; no text is an error; time is linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

from slopguard.model import Ecosystem, Location
from slopguard.patterns import regex
from slopguard.readers.interface import Imported
from slopguard.readers.source_text import Span, excused, within

LIMIT = 400_000
"""The longest text that is read, in characters; longer ones are data, not what people write."""

_NAME = r"[^\W\d]\w*(?:\.\w+)*"
_FROM = regex(rf"(?:^|[;:])[ \t\f]*from[ \t\f\\\n]+({_NAME})[ \t\f\\\n]+$")
_PLAIN = regex(r"(?:^|[;:])[ \t\f]*$")
_ONE = rf"{_NAME}(?:[ \t\f\\\n]+as[ \t\f\\\n]+\w+)?"
_SEVERAL = regex(rf"import[ \t\f\\\n]+({_ONE}(?:[ \t\f\\\n]*,[ \t\f\\\n]*{_ONE})*)")
_TAKEN = regex(r"import(?:[ \t\f\\\n]*[(*]|[ \t\f\\\n]+\w)")
_CALLED = regex(
    r"(?:(?<=\b__)import__|(?<!\w)import(?:_module|(orskip)))"
    rf"\(\s{{0,99}}[urUR]?[\"']({_NAME})[\"']\s{{0,99}}[,)]"
)
_OPAQUE = regex(
    r"#[^\n]*"
    r'|"""[^"\\]*(?:(?:\\(?:.|\Z)|"(?!""))[^"\\]*)*(?:"""|\Z)'
    r"|'''[^'\\]*(?:(?:\\(?:.|\Z)|'(?!''))[^'\\]*)*(?:'''|\Z)"
    r'|"[^"\\\n]*(?:\\(?:.|\Z)[^"\\\n]*)*'
    r"|'[^'\\\n]*(?:\\(?:.|\Z)[^'\\\n]*)*",
    re.DOTALL,
)
"""A comment or a string without its last quote; single-quoted strings end with their line."""
_LONGEST_HEAD = 200
"""Characters before the word `import` on its line; a longer line is no statement that people write."""
_CONTINUED = 4
"""Lines before it that end in a backslash."""
_BLOCK = regex(r"([ \t\f]*)(\w+)(.*)")
_EXCUSED = regex(r"ImportError|ModuleNotFoundError|\bException\b|except[ \t]*:")
_FAR = 100
"""Lines looked at for the `except` of a `try`."""


def read(path: Path, text: str, known: Callable[[str], bool] = lambda module: False) -> tuple[Imported, ...]:
    """The modules that a file imports.

    Args:
        path: the file, for locations.
        text: what it holds.
        known: whether the caller wants to hear nothing of a module (a dotted name): its own, the standard library's.
    """
    if len(text) > LIMIT or "import" not in text:
        return ()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = [each for each in _candidates(text) if not known(each[1])]
    if not found:
        return ()
    opaque = _opaque(text)
    found = [each for each in found if not within(opaque, each[0])]
    lines = text.split("\n")
    may_fail = excused(lines, lambda number: _excuses(lines, number)) if found else []
    ends = [each.start() for each in re.finditer("\n", text)]
    return tuple(
        Imported(module, Location(str(path), line + 1), Ecosystem.PYPI, skipped or may_fail[line])
        for start, module, skipped in found
        for line in (bisect_right(ends, start),)
    )


def _candidates(text: str) -> Iterator[tuple[int, str, bool]]:
    """Offset of the word `import`, module, and whether the call says that it is optional."""
    start = text.find("import")
    while start >= 0:
        called = _CALLED.match(text, start)
        if called:
            yield start, called[2], bool(called[1])
        else:
            yield from _stated(text, start)
        start = text.find("import", start + 6)


def _stated(text: str, start: int) -> Iterator[tuple[int, str, bool]]:
    """What a statement imports, if the word at an offset is one's."""
    head = _head(text, start)
    if not head or head.isspace():
        yield from _listed(text, start)
    elif head[-1] in " \t\f\n;:":
        found = _FROM.search(head)
        if found and _TAKEN.match(text, start):
            yield start, found[1], False
        elif not found and _PLAIN.search(head):
            yield from _listed(text, start)


def _head(text: str, start: int) -> str:
    """What stands before an offset on its line, and on lines before that end in a backslash."""
    least = max(start - _LONGEST_HEAD, 0)
    begin = text.rfind("\n", least, start) + 1
    for _ in range(_CONTINUED):
        if begin < 2 or text[begin - 2] != "\\":
            break
        begin = text.rfind("\n", least, begin - 1) + 1
    return text[begin or least : start]


def _listed(text: str, start: int) -> Iterator[tuple[int, str, bool]]:
    """The modules of `import a, b.c as d`."""
    found = _SEVERAL.match(text, start)
    if found:
        for one in found[1].replace("\\\n", " ").split(","):
            yield start, one.split(None, 1)[0], False


def _opaque(text: str) -> list[Span]:
    """Where the strings and comments of a text begin and end."""
    spans = []
    found = _OPAQUE.search(text)
    while found:
        closed = found.end() + (0 if found[0][0] == "#" or found[0][:3] in ('"""', "'''") else 1)
        spans.append((found.start(), closed))
        found = _OPAQUE.search(text, closed)
    return spans


def _excuses(lines: list[str], number: int) -> bool:
    """Whether what stands in the block that a line begins may be missing."""
    found = _BLOCK.match(lines[number])
    if not found:
        return False
    word, rest = found[2], found[3]
    if word == "try":
        return _caught(lines, number, len(found[1]))
    if word == "except":
        return bool(_EXCUSED.search(found[0]))
    if word == "with":
        return "suppress" in rest and bool(_EXCUSED.search(rest))
    return word in ("if", "elif") and "TYPE_CHECKING" in rest


def _caught(lines: list[str], number: int, indent: int) -> bool:
    """Whether the first `except` of the `try` on a line catches a module that is missing."""
    for line in lines[number + 1 : number + _FAR]:
        found = _BLOCK.match(line)
        if found and len(found[1]) <= indent:
            return found[2] == "except" and bool(_EXCUSED.search(line))
    return False
