"""A document in Markdown or reStructuredText as paragraphs and blocks of code, each with its line.

Invariants: pure; every line lies in at most one block; nothing is lost that could hold a command; linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slopguard.commands.mention import mentioned
from slopguard.patterns import regex

_OPEN = regex(r"([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(`{3,}|~{3,})[ \t]*([^`\n]*)")
_LANGUAGE = regex(r"[{.\s]*(?:code-cell|code-block|code|eval-rst)?[}\s]*\.?([A-Za-z][\w+-]*)?")
_DIRECTIVE = regex(r"([ \t]*)\.\.[ \t]+(?:[\w-]+:)?(?:code-block|code|sourcecode|prompt|parsed-literal)::[ \t]*(\S*)")
_LITERAL = regex(r"([ \t]*)(?!\.\.[ \t])\S")
_OPTION = regex(r"[ \t]*:[\w-]+:")
_INDENTED = regex(r"(?: {4}|\t| {1,3}\t)")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a document.

    Args:
        line: the line of the document on which `text` begins, 1-based.
        text: what it holds, without what sets it apart.
        language: of code: the language it says it is in, lower-case, `""` if it says none; `None` for prose.
        title: of code: what else the line says that opens it.
    """

    line: int
    text: str
    language: str | None = None
    title: str = ""


def markdown(text: str) -> Iterator[Block]:
    """The fenced blocks of a Markdown document and what stands between them."""
    lines = text.split("\n")
    start = at = 0
    if lines[0].rstrip() == "---" and (end := _closing(lines, 1, "---")) < len(lines):
        yield Block(2, "\n".join(lines[1:end]), "yaml")
        start = at = end + 1
    while at < len(lines):
        fence = ("```" in lines[at] or "~~~" in lines[at]) and _OPEN.match(lines[at])
        if not fence:
            at += 1
            continue
        yield from _prose(lines, start, at)
        end = _closing(lines, at + 1, fence[2])
        body = "\n".join(_dedented(lines[at + 1 : end], fence[1]))
        language = _LANGUAGE.match(fence[3])
        yield Block(at + 2, body, ((language and language[1]) or "").lower(), fence[3])
        start = at = end + 1
    yield from _prose(lines, start, len(lines))


def restructured(text: str) -> Iterator[Block]:
    """The code blocks and literal blocks of a reStructuredText document and what stands between them."""
    lines = text.split("\n")
    start = at = 0
    while at < len(lines):
        found = "::" in lines[at] and _opening(lines[at])
        at += 1
        if not found:
            continue
        end = _outdent(lines, at, len(found[1].expandtabs()))
        while at < end and _OPTION.match(lines[at]):
            at += 1
        if end > at:
            yield from _prose(lines, start, at)
            language = found[2].lower() if found.re is _DIRECTIVE else ""
            yield Block(at + 1, "\n".join(lines[at:end]), language)
            start = at = end
    yield from _prose(lines, start, len(lines))


def _opening(line: str) -> re.Match[str] | None:
    """What opens a block on the lines below: a directive, or two colons at the end; group 1 is its indentation."""
    return _DIRECTIVE.match(line) or (_LITERAL.match(line) if line.rstrip().endswith("::") else None)


def _closing(lines: list[str], at: int, fence: str) -> int:
    """The number of the line that closes a fence, or of lines there are."""
    close = re.compile(rf"[ \t>]*{re.escape(fence)}{re.escape(fence[0])}*[ \t]*")
    return next(
        (number for number in range(at, len(lines)) if fence in lines[number] and close.fullmatch(lines[number])),
        len(lines),
    )


def _dedented(lines: list[str], prefix: str) -> list[str]:
    """A block's lines without the marks of quotation and the indentation of the line that opened it."""
    if not prefix:
        return lines
    quoted = prefix.count(">")
    mark = re.compile(rf"(?:[ \t]*>){{0,{quoted}}}[ \t]{{0,{len(prefix) - quoted}}}")
    return [mark.sub("", line, count=1) for line in lines]


def _outdent(lines: list[str], at: int, indent: int) -> int:
    """The number of the first line from `at` on that is not blank and not further in than `indent`."""
    while at < len(lines):
        line = lines[at]
        bare = line.lstrip()
        if bare and len(line.expandtabs()) - len(bare.expandtabs()) <= indent:
            break
        at += 1
    return at


def _prose(lines: list[str], start: int, end: int) -> Iterator[Block]:
    """The paragraphs from one line to another that can hold a command; wholly indented ones are code."""
    if not mentioned("\n".join(lines[start:end])):
        return
    first = start
    for at in range(start, end + 1):
        if at < end and lines[at].strip():
            continue
        text = "\n".join(lines[first:at])
        if text and mentioned(text):
            code = all(_INDENTED.match(line) for line in lines[first:at])
            yield Block(first + 1, text, "" if code else None)
        first = at + 1
