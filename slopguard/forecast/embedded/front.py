"""Names that stand in for a real one: what is imported, a namespace, a module of the language, a name less its affix.

Invariant: a pure function of what is known; the names of each stratum come by the popularity of what they stand for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from slopguard.forecast.embedded.candidate import Stream, ranked
from slopguard.forecast.embedded.words import spoken, units
from slopguard.forecast.model import Known
from slopguard.model import Ecosystem

_IMPORTS = Path(__file__).with_name("imports.tsv")
_UNRANKED = 1 << 20
LANGUAGE = ("python", "py", "py3", "python3", "js", "javascript", "node", "nodejs", "ts", "typescript", "lib")
"""Words that only say for which language a package is."""
_ROLES = (
    "sdk client api cli core utils tools lib helper helpers wrapper server parser plugin driver kit connector "
    "manager binary bin headless dev stubs contrib extras common base async framework"
)
ROLES = frozenset(_ROLES.split())
"""Words that only say what a package is to its users."""


def streams(known: Known, ecosystem: Ecosystem) -> list[Stream]:
    """The strata of this family, each with its own order."""
    names = known.ranked[ecosystem]
    found: list[Stream] = [
        ranked("namespace", _namespaces(names)),
        ranked("language-end", _without(names, -1, LANGUAGE)),
        ranked("language-start", _without(names, 0, LANGUAGE)),
        ranked("role-end", _without(names, -1, ROLES)),
        ranked("start", _beginnings(names)),
        ranked("middle", _shortened(names)),
    ]
    if ecosystem is Ecosystem.PYPI:
        found += [
            ranked("import", _imports(known)),
            ranked("import-part", _parts(known)),
            ranked("stdlib", sorted(name for name in known.stdlib[ecosystem] if not name.startswith("_"))),
        ]
    return found


@cache
def import_names() -> Mapping[str, tuple[str, ...]]:
    """Import names and the distributions that hold them, from the table beside this module."""
    lines = _IMPORTS.read_text(encoding="ascii").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {name: tuple(held.split()) for name, held in rows}


def _imports(known: Known) -> Iterator[str]:
    """Import names, those of popular distributions first."""
    places = {name: rank for rank, name in enumerate(known.ranked[Ecosystem.PYPI])}
    merged = {**import_names(), **known.imports}

    def popularity(name: str) -> tuple[int, str]:
        return min((places.get(held, _UNRANKED) for held in merged[name]), default=_UNRANKED), name

    return (_plain(name) for name in sorted(merged, key=popularity))


def _parts(known: Known) -> Iterator[str]:
    """The distributions of the table that are not among the known: some are gone, some never were."""
    return (held for name in _table(known) for held in name)


def _table(known: Known) -> Iterable[Sequence[str]]:
    return (*import_names().values(), *known.imports.values())


def _plain(name: str) -> str:
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def _namespaces(names: Iterable[str]) -> Iterator[str]:
    """What several names begin with (`aws-cdk`), in the order in which the second of them comes."""
    seen: set[str] = set()
    for name in names:
        parts = units(name)
        for length in range(1, len(parts)):
            start = spoken(parts[:length])
            if start in seen:
                yield start
            seen.add(start)


def _beginnings(names: Iterable[str]) -> Iterator[str]:
    """Every name less its last unit."""
    return (spoken(parts[:-1]) for parts in map(units, names) if len(parts) > 1)


def _shortened(names: Iterable[str]) -> Iterator[str]:
    """Names of three and more units less one in the middle, then less the first."""
    for name in names:
        parts = units(name)
        if len(parts) > 2:
            yield parts[0] + spoken(parts[2:])
            yield spoken(parts[1:]).lstrip("-_./")


def _without(names: Iterable[str], place: int, affixes: Collection[str]) -> Iterator[str]:
    """Names that begin (`place` 0) or end (-1) with one of the affixes, less it."""
    for name in names:
        parts = units(name)
        if len(parts) > 1 and parts[place].strip("-_./@") in affixes:
            rest = parts[1:] if place == 0 else parts[:-1]
            yield spoken(rest).lstrip("-_./")
        elif place == 0:
            yield from (name[len(affix) :] for affix in ("py", "python") if _glued(name, affix))
        else:
            yield from (name[: -len(affix)] for affix in ("py", "js") if name.endswith(affix) and len(parts) == 1)


def _glued(name: str, affix: str) -> bool:
    return name.startswith(affix) and len(name) > len(affix) + 2 and name[len(affix)].isalnum()
