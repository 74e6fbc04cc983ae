"""The packages that a JavaScript or TypeScript file imports, its `<script>` alone in Vue and Svelte files.

Every import ends in a quoted text after `from`, `import` or `require`. A quick search finds those that name a package;
only for packages that the caller does not know already is the file parsed, to see whether the place is code and not a
comment or a string: most files need no parser. What stands for a file, a URL, a built-in with its scheme, or a
bundler's own module names no package.

Invariants: nothing is run; no text is an error; time is linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.model import Ecosystem, Location
from slopguard.readers.interface import Imported

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

LIMIT = 400_000
"""The longest text that is read, in characters; longer ones are bundles, not what people write."""

_WORDS = ("from", "import", "require")
_GAP = r"(?:\s|/\*.{0,200}?\*/|//[^\n]{0,200}\n){0,20}"
_QUOTED = re.compile(
    rf"(?<![\w$.])(?:from{_GAP}|import{_GAP}(?:\({_GAP})?|require(?:\.resolve)?{_GAP}\({_GAP})"
    r"([\"'`])([^\"'`\\\s${}]{1,300})\1",
    re.DOTALL,
)
_PACKAGE = re.compile(r"(?:@[A-Za-z0-9_~-][\w.~-]*/[A-Za-z0-9_~-][\w.~-]*|[A-Za-z0-9][\w.~-]*)(?=[/?]|$)")
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*:")
_DENO = re.compile(r"npm:/?(@[^/@]+/[^/@]+|[^/@]+)")
_TYPED = (".ts", ".mts", ".cts")
_BUNDLERS = re.compile(r"\$|~|@/|#|[./]|virtual:|\\|@(?:site|theme|theme-\w+|generated)/")
_DEEP = 60
"""How far up a `try` is looked for."""
_SCRIPT = re.compile(r"<script\b[^>]{0,500}>(.*?)(?:</script\s{0,9}>|\Z)", re.DOTALL | re.IGNORECASE)
_BESIDE_ASCII = re.compile(r"[^\x00-\x7f]")
_BESIDE_LINES = re.compile(r"[^\n]")
_STATEMENTS = frozenset({"import_statement", "export_statement", "import_require_clause", "arguments", "ERROR"})
"""What the quoted text of an import stands in; the quick search has seen which word stands before it."""


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
    suffix = path.suffix.lower()
    found = [each for each in _candidates(text) if not known(each[1])]
    if not found:
        return ()
    if suffix in (".vue", ".svelte"):
        text = _scripts(text)
    tree = _parser(suffix in _TYPED).parse(_BESIDE_ASCII.sub("_", text).encode())  # so that a byte is a character
    confirmed = [(start, name, _how(tree, start)) for start, name in found]
    ends = [each.start() for each in re.finditer("\n", text)]
    return tuple(
        Imported(name, Location(str(path), bisect_right(ends, start) + 1), Ecosystem.NPM, how == "optional")
        for start, name, how in confirmed
        if how
    )


def _candidates(text: str) -> list[tuple[int, str]]:
    """Offset of the specifier and package, in the text's order."""
    found = {}
    for word in _WORDS:
        start = text.find(word)
        while start >= 0:
            match = _QUOTED.match(text, start)
            if match and (name := package(match[2])):
                found[match.start(2)] = name
            start = text.find(word, start + len(word))
    return sorted(found.items())


def _scripts(text: str) -> str:
    """The scripts of a page, with a blank for every other character that ends no line."""
    pieces, end = [], 0
    for found in _SCRIPT.finditer(text):
        pieces += [_BESIDE_LINES.sub(" ", text[end : found.start(1)]), found[1]]
        end = found.end(1)
    return "".join((*pieces, _BESIDE_LINES.sub(" ", text[end:])))


@cache
def _parser(typed: bool) -> Parser:
    """The parser; that of TSX reads JavaScript, JSX and Flow's imports too, but not the casts of plain TypeScript."""
    import tree_sitter_typescript
    from tree_sitter import Language, Parser

    language = tree_sitter_typescript.language_typescript if typed else tree_sitter_typescript.language_tsx
    return Parser(Language(language()))


def _how(tree: Tree, offset: int) -> str:
    """How the specifier at an offset is imported: `needed`, `optional`, or `""` where it is no import."""
    node = tree.root_node.descendant_for_byte_range(offset, offset)
    quoted = node.parent if node and node.type == "string_fragment" else None
    holder = quoted.parent if quoted else None
    if quoted is None or holder is None or quoted.start_byte != offset - 1 or holder.type not in _STATEMENTS:
        return ""
    only_types = holder.type != "arguments" and any(child.type == "type" for child in holder.children[:3])
    return "optional" if only_types or _tried(holder) else "needed"


def _tried(node: Node) -> bool:
    """Whether a node stands in the body of a `try`; functions in between change nothing."""
    child: Node | None = node
    for _ in range(_DEEP):
        parent = child.parent if child else None
        if parent is None or child is None:
            return False
        if parent.type == "try_statement" and parent.child_by_field_name("body") == child:
            return True
        child = parent
    return False
