"""Whether many names are names: whole batches of them by one expression, and only where that fails one by one.

Invariant: `canonical` accepts a name if and only if `names.normalize` gives it back as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from slopguard.model import Ecosystem
from slopguard.names import LONGEST, BadName, normalize

_PLAIN = {
    Ecosystem.PYPI: re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*\n)*+"),
    Ecosystem.NPM: re.compile(r"(?:(?:@[a-z0-9-]+/)?[a-z0-9][a-z0-9-]*\n)*+"),
}
"""Names, each on a line, that need no closer look: nearly all."""
FEW = 64
"""Names that are looked at one by one where not all of them are plain."""


def plain(ecosystem: Ecosystem, names: Sequence[str]) -> bool:
    """Whether all of these are names in their one right spelling, as far as one look tells."""
    text = "\n".join(names)
    if max(map(len, names), default=0) > LONGEST[ecosystem] or text.count("\n") != len(names) - 1:
        return not names
    return _PLAIN[ecosystem].fullmatch(text + "\n") is not None


def normal(ecosystem: Ecosystem, names: Sequence[str]) -> list[str | None]:
    """Each name in its one right spelling, `None` for what is no name."""
    if plain(ecosystem, names):
        return list(names)
    found: list[str | None] = []
    for few in _pieces(names, FEW):
        found += few if plain(ecosystem, few) else [_normal(ecosystem, name) for name in few]
    return found


def canonical(ecosystem: Ecosystem, names: Sequence[str]) -> list[bool]:
    """Whether each is a name in its one right spelling."""
    return [right == name for name, right in zip(names, normal(ecosystem, names), strict=True)]


def _pieces(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    rest = iter(names)
    while piece := list(islice(rest, size)):
        yield piece


def _normal(ecosystem: Ecosystem, name: str) -> str | None:
    try:
        return normalize(ecosystem, name)
    except BadName:
        return None
