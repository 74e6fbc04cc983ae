"""Names that a JavaScript project gives to its own folders: TypeScript's `paths`, aliases of bundlers and test runners.

Invariants: nothing is run; whatever the text, the answer is a set of names, empty where it cannot be read: an alias
only ever takes an import off the list of what is worth a question.
"""

from __future__ import annotations

from pathlib import Path

from slopguard.errors import InputError
from slopguard.patterns import regex
from slopguard.readers.text import json_object, plain_json, string, table

CONFIGS = regex(
    r"(?:^|/)(?:(?P<json>(?:tsconfig|jsconfig)[^/]*\.json|deno(?:\.[\w-]+)?\.jsonc?|import_map\.json|package\.json)"
    r"|[^/]+\.config(?:\.[\w-]+)?\.[cm]?[jt]s|\.babelrc(?:\.\w+)?|(?:webpack|rollup|vite|jest|vitest)[^/]*\.[cm]?[jt]s)$"
)
"""Files that may name aliases."""
LIMIT = 200_000
"""The longest text that is read, in characters."""

_TABLE = regex(r"(?:alias|moduleNameMapper)\w*[\"']?\s{0,9}[:=]\s{0,9}\{([^{}]{0,5000})\}")
_KEY = regex(r"(?:^|[,\n{])\s{0,80}[\"'`]?\^?([@\w][\w@./-]*)")
_FOUND = regex(r"\bfind\s{0,9}:\s{0,9}(?:[\"'`]|/\^?)([@\w][\w@./-]*)")


def read(path: Path, text: str) -> frozenset[str]:
    """The names that stand for the project's own folders and files, without a path inside them (`@app`, `utils`)."""
    found = CONFIGS.search(path.as_posix())
    if not found or len(text) > LIMIT:
        return frozenset()
    names = _mapped(path, text) if found["json"] else set()
    for each in _TABLE.finditer(text):
        names.update(_KEY.findall(each[1]))
    names.update(_FOUND.findall(text))
    return frozenset(name for each in names if (name := _plain(each)))


def _mapped(path: Path, text: str) -> set[str]:
    """The aliases of TypeScript's `paths`, of an import map, and of `package.json` (`alias`, `_moduleAliases`)."""
    try:
        document = json_object(plain_json(text), path)
    except InputError:
        return set()
    names: set[str] = set(table(table(document.get("compilerOptions")).get("paths")))
    names |= set(table(document.get("imports")))  # what they stand for, a package too, is judged where it is written
    for scope in table(document.get("scopes")).values():
        names |= set(table(scope))
    aliases = table(document.get("_moduleAliases"))
    return names | {name for name, place in aliases.items() if string(place)[:1] in ("", ".", "/")}


def _plain(name: str) -> str:
    """An alias without what stands for the path behind it; a scope with one part keeps it."""
    first, _, rest = name.partition("*")[0].rstrip("/").partition("/")
    second = rest.partition("/")[0]
    return f"{first}/{second}" if first.startswith("@") and second else first.rstrip("$")
