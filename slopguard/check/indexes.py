"""Which indexes count for a file: those that the ecosystem's client is configured for where the file lies.

A folder of this machine that a variable names is left out: where the files will be installed there is none.
Invariants: a client is asked for its configuration only when something depends on it, once a folder; an index that a
file itself names is nobody's promise, and counts for what that file says alone; in a script for its command alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from slopguard.check.kinds import KINDS
from slopguard.check.tree import Read
from slopguard.clients.sources import canonical, key_of
from slopguard.errors import EnvironmentFailed, SlopguardError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem
from slopguard.patterns import regex
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
_UV_FILES = frozenset({"pyproject", "pep723", "uv_lock", "uv_toml"})
_OF_COMMANDS = frozenset(kind.name for kind in KINDS if kind.room == "slopguard.commands")
"""Kinds of file in which each command names its own indexes: what follows from them stands in the sightings."""
_ABOVE = {
    **dict.fromkeys(("yarnrc", "yarnrc_classic", "bunfig", "pnpm_workspace"), _NPM_FILES),
    "uv_toml": _UV_FILES,
    "pdm_toml": frozenset({"pyproject", "pdm_lock"}),
}
"""Kinds of file whose indexes count for others beside them and below, and for which."""
_VARIABLES = regex(r"(?:PIP|UV|NPM_CONFIG)_\w*(?:INDEX|LINKS|REGISTRY|CONFIG_FILE|USERCONFIG)\w*", re.IGNORECASE)


@dataclass(slots=True)
class Indexes:
    """The indexes of one check.

    Args:
        ask: how a client is asked.
        root: the folder in which pip's configuration is asked for.
        npmrc: gives the nearest folder with an `.npmrc`, where npm's changes; `None` if there is none.
        above: indexes that settings files of clients name, with their folder and the kinds of file they count for.
        always: they matter for every file: an index will be asked, or a variable names one.
        marked: gives an index that a file names with the trust that the settings say it deserves.
        guess: the index to compare recorded addresses with where no client can be asked.
        missing: ecosystems of which no client is installed.
    """

    ask: Asked
    root: Path
    npmrc: Callable[[Path], Path | None] = lambda _: None
    above: Sequence[tuple[Path, frozenset[str], IndexLine]] = ()
    always: bool = False
    marked: Callable[[Index], Index] = lambda index: index
    guess: Callable[[Ecosystem], Index | None] = lambda _: None
    missing: set[Ecosystem] = field(default_factory=set)
    _known: dict[tuple[Ecosystem, Path], tuple[Index, ...]] = field(default_factory=dict)

    def of(self, ecosystem: Ecosystem, folder: Path) -> tuple[Index, ...]:
        """The indexes for a file in `folder`; none where no client could be asked."""
        place = self._place(ecosystem, folder)
        if (ecosystem, place) not in self._known:
            self._known[ecosystem, place] = self._asked(ecosystem, place)
        return self._known[ecosystem, place]

    def matter(self, kind: str, reading: Reading) -> bool:
        """Whether what a file says depends on which indexes are meant.

        It does if it names one, if it records addresses, or if it lies where settings name one.
        """
        if self.always or reading.indexes or any(s.source.index or "index" in s.extra for s in reading.sightings):
            return True
        folders = (reading.path.parent, *reading.path.parent.parents)
        npmrc = kind in _NPM_FILES and self.npmrc(reading.path.parent) is not None
        return npmrc or any(kind in kinds and folder in folders for folder, kinds, _ in self.above)

    def for_file(self, kind: str, reading: Reading) -> tuple[Index, ...]:
        """The indexes that count for what a file says, those among them that the file names itself."""
        folder, found = reading.path.parent, []
        for ecosystem in dict.fromkeys(sighting.ecosystem for sighting in reading.sightings):
            own = ecosystem is _ecosystem_of(kind) and kind not in _OF_COMMANDS
            lines = list(reading.indexes) if own else []
            lines += [line for at, kinds, line in self.above if kind in kinds and folder.is_relative_to(at)]
            found += self._with_lines(ecosystem, folder, lines)
        return tuple(found)

    def _with_lines(self, ecosystem: Ecosystem, folder: Path, lines: Iterable[IndexLine]) -> list[Index]:
        """The indexes with those that files name; an address known already keeps its trust."""
        found = list(self.of(ecosystem, folder))
        for line in lines:
            kind = _KINDS.get(line.kind)
            if kind is None or line.explicit or "://" not in line.url:
                continue
            if any(canonical(index.url) == canonical(line.url) for index in found):
                continue
            named = f"{line.location.path}:{line.location.line or 1}"
            key = key_of(line.url)
            found.insert(0, self.marked(Index(ecosystem, key, line.url, kind, line.layer, name=line.name, named=named)))
        return found

    def everything(self) -> tuple[Index, ...]:
        """Every index that a client was found to use."""
        return tuple(dict.fromkeys(index for found in self._known.values() for index in found))

    def _place(self, ecosystem: Ecosystem, folder: Path) -> Path:
        """The folder whose configuration counts: for npm the nearest with an `.npmrc`."""
        return (self.npmrc(folder) if ecosystem is Ecosystem.NPM else None) or self.root

    def _asked(self, ecosystem: Ecosystem, place: Path) -> tuple[Index, ...]:
        try:
            return tuple(index for index in self.ask(ecosystem, place) if not index.lenient)
        except EnvironmentFailed:
            self.missing.add(ecosystem)
            guessed = self.guess(ecosystem)
            return (guessed,) if guessed else ()


def nearest_npmrc(cwd: Path) -> Callable[[Path], Path | None]:
    """Gives the nearest folder with an `.npmrc`, from a folder up to `cwd` or the top of its repository.

    The disk is asked: npm obeys one that git ignores, or that the check was not pointed at, too.
    """

    @cache
    def nearest(folder: Path) -> Path | None:
        at = cwd / folder
        if (at / ".npmrc").is_file():
            return folder
        top = at == cwd or (at / ".git").exists() or folder.parent == folder
        return None if top else nearest(folder.parent)

    return nearest


def above(read: Iterable[Read]) -> tuple[tuple[Path, frozenset[str], IndexLine], ...]:
    """The indexes that settings files of clients name, as `Indexes.above` takes them."""
    return tuple(
        (each.reading.path.parent, _ABOVE[each.kind.name], line)
        for each in read
        if each.kind.name in _ABOVE
        for line in each.reading.indexes
    )


def named_by_variables(env: Mapping[str, str]) -> bool:
    """Whether a variable names an index for a client; a folder of this machine that it adds is none (see above)."""
    named = ((name, value) for name, value in env.items() if value and _VARIABLES.fullmatch(name))
    return any("LINKS" not in name.upper() or "://" in value for name, value in named)


def _ecosystem_of(kind: str) -> Ecosystem:
    """The ecosystem whose indexes a kind of file may name."""
    return Ecosystem.NPM if kind in _NPM_FILES else Ecosystem.PYPI


@cache
def npm_built_in() -> tuple[frozenset[str], frozenset[str]]:
    """The address in locks for which npm asks its configured registry, its built-in one, and other names of that."""
    from slopguard.clients import asking
    from slopguard.guard import find

    env = dict(os.environ)
    try:
        default, folder = asking.npm(find.command("npm", env), env)
    except SlopguardError:
        return frozenset(), frozenset()
    return frozenset({canonical(default)}), asking.npm_twins(folder)
