"""The packages that a JavaScript or TypeScript file imports, its `<script>` alone in Vue and Svelte files.

Every import ends in a quoted text after `from`, `import` or `require`. A quick search finds those that name a package;
only for packages that the caller does not know already is the file gone through, to see whether the place is code and
not a comment or a string: most files need no second look. There is no parser in this, so that broken and foreign
dialects are read too, and no nesting makes it slow. What stands for a file, a URL, a built-in with its scheme, or a
bundler's own module names no package.

Invariants: nothing is run; no text is an error; time is linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

from slopguard.model import Ecosystem, Location
from slopguard.patterns import regex
from slopguard.readers.interface import Imported
from slopguard.readers.source_text import Span, excused, within

LIMIT = 400_000
"""The longest text that is read, in characters; longer ones are bundles, not what people write."""

_WORDS = ("from", "import", "require")
_GAP = r"(?:\s|/\*.{0,200}?\*/|//[^\n]{0,200}\n){0,20}"
_QUOTED = regex(
    rf"(?<![\w$.])(?:from{_GAP}|import{_GAP}(?:\({_GAP})?|require(?:\.resolve)?{_GAP}\({_GAP})"
    r"([\"'`])([^\"'`\\\s${}]{1,300})\1",
    re.DOTALL,
)
_PACKAGE = regex(r"(?:@[A-Za-z0-9_~-][\w.~-]*/[A-Za-z0-9_~-][\w.~-]*|[A-Za-z0-9][\w.~-]*)(?=[/?]|$)")
_SCHEME = regex(r"[A-Za-z][\w+.-]*:")
_DENO = regex(r"npm:/?(@[^/@]+/[^/@]+|[^/@]+)")
_BUNDLERS = regex(r"\$|~|@/|#|[./]|virtual:|\\|@(?:site|theme|theme-\w+|generated)/")
_SCRIPT = regex(r"<script\b[^>]{0,500}>(.*?)(?:</script\s{0,9}>|\Z)", re.DOTALL | re.IGNORECASE)
_BESIDE_LINES = regex(r"[^\n]")
_OPAQUE = regex(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)"
    r'|"[^"\\\n]*(?:\\(?:.|\Z)[^"\\\n]*)*"?'
    r"|'[^'\\\n]*(?:\\(?:.|\Z)[^'\\\n]*)*'?"
    r"|/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,500}\]){1,1000}/"
    r"|[`{}]",
    re.DOTALL,
)
"""A comment, a string, what may be a regular expression, or what begins and ends a template and the code in it."""
_TEMPLATE = regex(r"(?:[^`\\$]+|\\(?:.|\Z)|\$(?!\{))*(`|\$\{|\Z)", re.DOTALL)
"""The text of a template up to its end or to code in it."""
_OPERAND = regex(r"(?:^|[\n(,=:\[!&|?{};+\-*%~^>]|\b(?:return|typeof|case|in|of|void|throw|else|do|await|yield))\s*$")
"""What stands before a regular expression, and not before a division."""
_TYPES = regex(r"(?:import|export)\s+type(?:of)?\s+(?!from\b)")
_TRY = regex(r"\btry\s*\{")
_LONGEST = 3000
"""Characters of one statement."""


def package(specifier: str) -> str | None:
    """The package that an import specifier names, or `None`: a file, a URL, a bundler's own module, a built-in."""
    specifier = specifier.rpartition("!")[2]  # webpack: loaders before the module
    deno = _DENO.match(specifier)
    if deno:
        return deno[1] if _PACKAGE.fullmatch(deno[1]) else None
    if _BUNDLERS.match(specifier) or _SCHEME.match(specifier):
        return None
    found = _PACKAGE.match(specifier)
    return found[0] if found else None


def read(path: Path, text: str, known: Callable[[str], bool] = lambda module: False) -> tuple[Imported, ...]:
    """The packages that a file imports.

    Args:
        path: the file, for locations, and for its suffix.
        text: what it holds.
        known: whether the caller wants to hear nothing of a package: the project's own, a declared one.
    """
    if len(text) > LIMIT:
        return ()
    found = [each for each in _candidates(text) if not known(each[2])]
    if not found:
        return ()
    if path.suffix.lower() in (".vue", ".svelte"):
        text = _scripts(text)
    opaque = _opaque(text)
    found = [each for each in found if text[each[0]] != " " and not within(opaque, each[0])]
    lines = text.split("\n")
    tried = excused(lines, lambda number: "try" in lines[number] and bool(_TRY.search(lines[number])))
    ends = [each.start() for each in re.finditer("\n", text)]
    return tuple(
        Imported(name, Location(str(path), line + 1), Ecosystem.NPM, tried[line] or _for_types(text, start))
        for start, at, name in found
        for line in (bisect_right(ends, at),)
    )


def _candidates(text: str) -> list[tuple[int, int, str]]:
    """Offset of the word, offset of the specifier and package, in the text's order."""
    found = []
    for word in _WORDS:
        start = text.find(word)
        while start >= 0:
            match = _QUOTED.match(text, start)
            if match and (name := package(match[2])):
                found.append((start, match.start(2), name))
            start = text.find(word, start + len(word))
    return sorted(found)


def _opaque(text: str) -> list[Span]:
    """Where comments, strings, regular expressions and the texts of templates begin and end."""
    spans = []
    depths: list[int] = []  # one for each template around: the braces open in the code in it
    found = _OPAQUE.search(text)
    while found:
        start, end = found.span()
        mark = found[0]
        if mark == "{" or (mark == "}" and not (depths and depths[-1] == 0)):
            if depths:
                depths[-1] += 1 if mark == "{" else -1
        elif mark in "`}":
            if mark == "}":
                depths.pop()
            end = _template(text, end, depths)
            spans.append((start, end))
        elif mark[0] == "/" and mark[1] not in "/*" and not _OPERAND.search(text, max(start - 80, 0), start):
            end = start + 1
        else:
            spans.append((start, end))
        found = _OPAQUE.search(text, end)
    return spans


def _template(text: str, start: int, depths: list[int]) -> int:
    """The end of a template's text that begins at an offset; code in it that follows is put on `depths`."""
    found = _TEMPLATE.match(text, start)
    assert found is not None  # every part may be empty, and the last is the end of the text
    if found[1] == "${":
        depths.append(0)
    return found.end()


def _for_types(text: str, start: int) -> bool:
    """Whether the statement whose `from` stands at an offset is `import type` or `export type`."""
    least = max(start - _LONGEST, 0)
    begin = max(text.rfind("import", least, start), text.rfind("export", least, start))
    return begin >= 0 and bool(_TYPES.match(text, begin))


def _scripts(text: str) -> str:
    """The scripts of a page, with a blank for every other character that ends no line."""
    pieces, end = [], 0
    for found in _SCRIPT.finditer(text):
        pieces += [_BESIDE_LINES.sub(" ", text[end : found.start(1)]), found[1]]
        end = found.end(1)
    return "".join((*pieces, _BESIDE_LINES.sub(" ", text[end:])))
