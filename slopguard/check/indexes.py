"""Which indexes count for a file: those that the ecosystem's client is configured for where the file lies.

Invariants: a client is asked for its configuration only when something depends on it, once a folder; an index that a
file itself names is nobody's promise, and counts for what that file says alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slopguard.clients.sources import canonical, key_of
from slopguard.errors import EnvironmentFailed
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem
from slopguard.readers.interface import IndexLine, Reading

Asked = Callable[[Ecosystem, Path], tuple[Index, ...]]
"""The indexes that the ecosystem's client would use in a folder; raises `EnvironmentFailed` if there is no client."""

_KINDS: Mapping[str, IndexKind] = {
    "default": IndexKind.DEFAULT,
    "extra": IndexKind.EXTRA,
    "find-links": IndexKind.FIND_LINKS,
    "named": IndexKind.EXTRA,
    "scope": IndexKind.SCOPE,
}
_NPM_FILES = frozenset(
    {"package_json", "package_lock", "yarnrc", "pnpm_workspace", "pnpm_lock", "yarn_lock", "bun_lock"}
)


@dataclass(slots=True)
class Indexes:
    """The indexes of one check.

    Args:
        ask: how a client is asked.
        root: the folder in which pip's configuration is asked for.
        npmrcs: folders with an `.npmrc`, where npm's changes.
        guess: the index to compare recorded addresses with where no client can be asked.
        missing: ecosystems of which no client is installed.
    """

    ask: Asked
    root: Path
    npmrcs: frozenset[Path] = frozenset()
    guess: Callable[[Ecosystem], Index | None] = lambda _: None
    missing: set[Ecosystem] = field(default_factory=set)
    _known: dict[tuple[Ecosystem, Path], tuple[Index, ...]] = field(default_factory=dict)

    def of(self, ecosystem: Ecosystem, folder: Path) -> tuple[Index, ...]:
        """The indexes for a file in `folder`; none where no client could be asked."""
        place = self._place(ecosystem, folder)
        if (ecosystem, place) not in self._known:
            self._known[ecosystem, place] = self._asked(ecosystem, place)
        return self._known[ecosystem, place]

    def with_lines(self, ecosystem: Ecosystem, folder: Path, lines: Iterable[IndexLine]) -> tuple[Index, ...]:
        """The same with the indexes that a file names; an address known already keeps its trust."""
        found = list(self.of(ecosystem, folder))
        for line in lines:
            kind = _KINDS.get(line.kind)
            if kind is None or line.explicit or "://" not in line.url:
                continue
            if any(canonical(index.url) == canonical(line.url) for index in found):
                continue
            named = f"{line.location.path}:{line.location.line or 1}"
            key = key_of(line.url)
            found.insert(0, Index(ecosystem, key, line.url, kind, line.layer, name=line.name, named=named))
        return tuple(found)

    def everything(self) -> tuple[Index, ...]:
        """Every index that a client was found to use."""
        return tuple(dict.fromkeys(index for found in self._known.values() for index in found))

    def _place(self, ecosystem: Ecosystem, folder: Path) -> Path:
        """The folder whose configuration counts: for npm the nearest with an `.npmrc`."""
        if ecosystem is Ecosystem.NPM:
            for each in (folder, *folder.parents):
                if each in self.npmrcs:
                    return each
        return self.root

    def _asked(self, ecosystem: Ecosystem, place: Path) -> tuple[Index, ...]:
        try:
            return self.ask(ecosystem, place)
        except EnvironmentFailed:
            self.missing.add(ecosystem)
            guessed = self.guess(ecosystem)
            return (guessed,) if guessed else ()


def ecosystem_of(kind: str) -> Ecosystem:
    """The ecosystem whose indexes a kind of file may name."""
    return Ecosystem.NPM if kind in _NPM_FILES else Ecosystem.PYPI


def needed(reading: Reading) -> bool:
    """Whether what a file says depends on which indexes are meant: it names one, or records addresses."""
    return bool(reading.indexes) or any(
        sighting.source.index or "index" in sighting.extra for sighting in reading.sightings
    )
