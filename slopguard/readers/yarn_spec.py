"""yarn's own protocols in a dependency's range, in npm's notation: what would be fetched in the end.

Invariants: pure; a range that is none of yarn's own comes back as it is.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from slopguard.patterns import regex

_DESCRIPTOR = regex(r"(@[^/@]+/[^/@]+|[^/@:\s]+)@(.+)", re.DOTALL)
_RANGE = regex(r"npm:((?:[\^~<>=]|v?\d+\.|\*$)[^@]*)")
_DEEPEST = 4
"""How many patches may be wrapped in one another."""


def split(text: str) -> tuple[str, str] | None:
    """The name and range of `name@range`; `None` if it is no such thing."""
    found = _DESCRIPTOR.fullmatch(text)
    return (found[1], found[2]) if found else None


def rewritten(name: str, value: str) -> tuple[str, str]:
    """A pair of name and range without yarn's own protocols.

    `patch:` is what it patches, `jsr:` the package that stands for it in the registry of that scope, `exec:` the
    script that makes the package, and `npm:` before a range nothing at all.
    """
    for _ in range(_DEEPEST):
        protocol, _, rest = value.partition(":")
        if protocol != "patch":
            break
        name, value = split(unquote(rest.partition("#")[0])) or (name, unquote(rest.partition("#")[0]))
    protocol, _, rest = value.partition(":")
    if found := _RANGE.fullmatch(value):
        return name, found[1]
    if protocol == "exec":
        return name, f"file:{rest}"
    return (name, f"npm:{_jsr(name, rest)}") if protocol == "jsr" else (name, value)


def _jsr(name: str, rest: str) -> str:
    """The npm package and range that stand for a `jsr:` range."""
    package, version = split(rest) or ((rest, "") if rest.startswith("@") else (name, rest))
    scope, _, short = package.removeprefix("@").partition("/")
    return f"@jsr/{scope}__{short}" + (f"@{version}" if version else "")
