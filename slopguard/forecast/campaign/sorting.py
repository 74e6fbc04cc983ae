"""Which of the names that a model told are on no list.

Invariants: pure; a name counts as real where any list says so, so that what is left is at least not known. It may
exist all the same: the lists hold the packages that most people use, not all there are. No index is asked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from slopguard.clients.argv import listed
from slopguard.forecast.campaign.extract import Found
from slopguard.forecast.campaign.model import Sort, Told
from slopguard.forecast.model import Known
from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import BadName, matches, normalize
from slopguard.patterns import regex

_PARTS = 3
"""Parts of a dotted module that may name a distribution (`google.cloud.storage`)."""
_LOCAL = listed(
    "api app application cli client common conf config configs constants core data database db exceptions handlers"
    " helpers index lib logger main models module my_module mymodule project routes schemas scripts server services"
    " settings src test tests types utils views worker your_module yourmodule"
)
"""Modules that code imports from beside itself."""
_WORDS = regex(r"@?[A-Za-z0-9][A-Za-z0-9._/-]*[A-Za-z0-9]")

Globs = Mapping[Ecosystem, Sequence[str]]


class Sorter:
    """Says of each name what is known of it.

    Args:
        known: the shipped lists.
        internal: globs of the organisation's own names (`[internal]` and `[own]` together).
    """

    def __init__(self, known: Known, internal: Globs | None = None) -> None:
        self._verified = {ecosystem: frozenset(names) for ecosystem, names in known.ranked.items()}
        self._imports = known.imports
        self._rooms = frozenset(room for module in known.imports for room in _rooms(module))
        self._standard = known.stdlib
        self._internal = internal or {}

    def sorted(self, found: Iterable[Found], prompt: str) -> tuple[tuple[Told, ...], int]:
        """The names of an answer, each once, and how many entries are no names.

        Args:
            prompt: what was asked; a name that stands in it is an echo.
        """
        echo = _standing_in(prompt)
        told: dict[tuple[Ecosystem, str], Told] = {}
        refused = 0
        for each in found:
            if each.module and self._beside(each):
                continue
            try:
                name = self._named(each)
            except BadName:
                refused += 1
                continue
            told.setdefault((each.ecosystem, name), Told(each.ecosystem, name, self._sort(each, name, echo)))
        return tuple(told.values()), refused

    def verified(self, ecosystem: Ecosystem, name: str) -> bool:
        """Whether a name stands on the verified lists."""
        return name in self._verified.get(ecosystem, frozenset())

    def internal(self, ecosystem: Ecosystem, name: NormalizedName) -> bool:
        """Whether a name is one of the organisation's own."""
        return matches(self._internal.get(ecosystem, ()), name, ecosystem)

    def _sort(self, found: Found, name: NormalizedName, echo: frozenset[str]) -> Sort:
        if self.verified(found.ecosystem, name):
            return Sort.LISTED
        if found.raw in self._standard.get(found.ecosystem, ()) or name in self._standard.get(found.ecosystem, ()):
            return Sort.LANGUAGE
        if self.internal(found.ecosystem, name):
            return Sort.INTERNAL
        return Sort.ECHOED if name in echo else Sort.UNKNOWN

    def _named(self, found: Found) -> NormalizedName:
        """The name of a package; of a Python module that of the distribution that holds it, or that it would have.

        Raises:
            BadName: it can be none.
        """
        if not found.module or found.ecosystem is Ecosystem.NPM:
            return normalize(found.ecosystem, found.raw)
        parts = found.raw.split(".")
        if parts[0] not in self._standard.get(Ecosystem.PYPI, ()):
            for number in range(min(_PARTS, len(parts)), 0, -1):
                if holders := self._imports.get(".".join(parts[:number])):
                    return normalize(Ecosystem.PYPI, holders[0])
        return normalize(Ecosystem.PYPI, parts[0])

    def _beside(self, found: Found) -> bool:
        """Whether code imports what lies beside it, or a room that several distributions share (`google.cloud`)."""
        if found.raw in self._imports:
            return False
        return found.raw in self._rooms or found.raw.partition(".")[0].lower() in _LOCAL


def _rooms(module: str) -> Iterator[str]:
    """The modules that a dotted one lies in."""
    parts = module.split(".")
    return (".".join(parts[:number]) for number in range(1, len(parts)))


@lru_cache(maxsize=4096)
def _standing_in(prompt: str) -> frozenset[str]:
    """The words of a prompt, in every spelling that a name has."""
    return frozenset(name for word in _WORDS.findall(prompt) for name in _spellings(word))


def _spellings(word: str) -> Iterator[str]:
    for ecosystem in Ecosystem:
        try:
            yield normalize(ecosystem, word)
        except BadName:
            continue
