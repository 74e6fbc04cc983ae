"""Names carried over: from the other ecosystem, out of or into a scope, with another affix.

Invariant: a pure function of what is known; within a stratum the more popular original comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from math import log

from slopguard.forecast.embedded.candidate import Ordered, Stream, ranked
from slopguard.forecast.embedded.front import LANGUAGE
from slopguard.forecast.embedded.words import units
from slopguard.forecast.model import Known
from slopguard.model import Ecosystem

_BEFORE = {
    Ecosystem.PYPI: "python- py- py django- flask- async- aio fast- pytest- simple- easy- open- auto- ai-",
    Ecosystem.NPM: "node- react- js- vue- express- simple- easy- fast- async- ngx- angular- next- is- get- @types/",
}
_BEHIND = {
    Ecosystem.PYPI: "-python -py py -client -sdk -api -utils -tools -cli -core -lib -helper -wrapper -parser -async "
    "-connector -integration -generator -manager -validator -toolkit -plugin -server -mcp",
    Ecosystem.NPM: "-js js .js -node -client -sdk -api -utils -cli -core -lib -helper -parser -wrapper -plugin -loader "
    "-validator -react -generator -manager -async -ts -converter -util -server -middleware",
}
AFFIXES: Mapping[Ecosystem, tuple[Sequence[str], Sequence[str]]] = {
    each: (_BEFORE[each].split(), _BEHIND[each].split()) for each in Ecosystem
}
"""Usual beginnings and ends of names, with their hyphens, the most usual first."""
_HEAD = 10
_SHARE = 8.0


def streams(known: Known, ecosystem: Ecosystem) -> list[Stream]:
    """The strata of this family, each with its own order."""
    other = Ecosystem.NPM if ecosystem is Ecosystem.PYPI else Ecosystem.PYPI
    before, behind = AFFIXES[ecosystem]
    own, strange = known.ranked[ecosystem], known.ranked[other]
    found: list[Stream] = [
        Ordered("before", _affixed(own, before, [""])),
        Ordered("behind", _affixed(own, [""], behind)),
        Ordered("cross-before", _affixed(map(told, strange), before, [""])),
        Ordered("cross-behind", _affixed(map(told, strange), [""], behind)),
        ranked("unscoped", _unscoped(own)),
    ]
    if ecosystem is Ecosystem.PYPI:
        found += [
            ranked("npm-name", (name for name in strange if name[0] != "@")),
            ranked("npm-joined", (told(name) for name in strange if name[0] == "@")),
            ranked("npm-tail", _unscoped(strange)),
        ]
    else:
        found += [ranked("pypi-name", strange), ranked("pypi-told", map(told, strange))]
        found += [ranked("joined", (told(name) for name in own if name[0] == "@")), ranked("scoped", _scoped(own))]
        found += [ranked("swapped", _swapped(own))]
    return found


def _affixed(names: Iterable[str], before: Sequence[str], behind: Sequence[str]) -> Iterator[tuple[float, str]]:
    """Each name with each affix: popular names and usual affixes first."""
    plain = [name for name in dict.fromkeys(names) if name[:1] != "@"]
    pairs = [(start, end) for start in before for end in behind]
    return merge(*(_series(plain, pair, place / _SHARE) for place, pair in enumerate(pairs)))


def _series(names: Sequence[str], affix: tuple[str, str], dearer: float) -> Iterator[tuple[float, str]]:
    before, behind = affix
    return ((log(_HEAD + rank) + dearer, before + name + behind) for rank, name in enumerate(names))


def told(name: str) -> str:
    """A name of the other ecosystem in plain words: no scope sign, one hyphen between words, no language affix."""
    parts = [part for unit in units(name) if (part := unit.strip("@/-_."))]
    while len(parts) > 1 and parts[0] in LANGUAGE:
        parts = parts[1:]
    while len(parts) > 1 and parts[-1] in LANGUAGE:
        parts = parts[:-1]
    return "-".join(parts)


def _unscoped(names: Iterable[str]) -> Iterator[str]:
    """What stands behind the scope, and the scope alone."""
    for name in names:
        scope, sign, rest = name.partition("/")
        if sign:
            yield rest
            yield scope[1:]


def _scoped(names: Iterable[str]) -> Iterator[str]:
    """`a-b` as `@a/b`."""
    for name in names:
        first, sign, rest = name.partition("-")
        if sign and name[0] != "@":
            yield f"@{first}/{rest}"


def _swapped(names: Iterable[str]) -> Iterator[str]:
    """Another separator, or none."""
    for name in names:
        if name[0] != "@" and "-" in name:
            yield name.replace("-", "")
            yield name.replace("-", ".", 1)
        elif "." in name:
            yield name.replace(".", "-")
