"""Which names are projects of the tree itself, and so nobody's to fetch.

npm, yarn and bun link the packages of one workspace to each other by name, where the version of one is what the other
asks for; pnpm does so where `workspace:` says it. What a README or a notebook tells its readers to install is often
the project that it belongs to. Invariant: a name counts as the tree's own only in these two places; a requirement of
the same name anywhere else, and in what is written for agents, is fetched from an index, and is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slopguard.check.globs import any_of
from slopguard.check.ranges import excluded
from slopguard.check.tree import Read
from slopguard.clients.workspace_globs import plain
from slopguard.model import REGISTRY, Ecosystem, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places
from slopguard.readers.interface import Reading
from slopguard.readers.uv_tables import canonical

_OFFERS = frozenset({"markdown", "notebook"})
_FOR_AGENTS = regex(
    r"(?:^|/)(?:AGENTS?|CLAUDE|GEMINI|QWEN|SKILL|copilot-instructions)(?:\.local)?\.md$|\.mdc$"
    r"|(?:^|/)\.(?:cursor|windsurf|cline|roo|claude|gemini|github/(?:instructions|prompts|agents))(?:rules)?(?:/|$)",
    re.IGNORECASE,
)
"""Documents that are carried out, not only read."""
Versions = Mapping[str, frozenset[str]]
"""Names of projects with their versions, `""` for one that has none."""


@dataclass(slots=True)
class Own:
    """The tree's own projects.

    Args:
        projects: every name of one, as PyPI and as npm would spell it.
        members: everything that may be a member of a workspace; `None` where only a part of the tree was read.
        home: `host/path` of the repository that the tree was cloned from, `""` if it is not known.
        linked: folder of a package.json to the workspaces that it is in.
    """

    projects: frozenset[str] = frozenset()
    linked: Mapping[Path, list[Versions]] = field(default_factory=dict)
    home: str = ""
    members: frozenset[str] | None = None

    @classmethod
    def of(cls, read: Iterable[Read], origin: str = "", *, whole: bool = False) -> Own:
        """What the files read say.

        Args:
            origin: the address that the tree was cloned from.
            whole: whether all of the tree was read.
        """
        read = list(read)
        names = {each.reading.project for each in read if each.reading.project}
        projects = frozenset(names | {canonical(name) for name in names})
        members = projects | _placed(read) if whole else None
        return cls(projects, _linked(read), places.repository(origin), members)

    def unknown(self, sighting: Sighting) -> bool:
        """Whether a file takes a name for a member of its workspace, and no project of the tree is called so."""
        member = sighting.source.kind is SourceKind.WORKSPACE and sighting.source.index is None
        return member and self.members is not None and canonical(sighting.raw) not in self.members

    def names(self, each: Read, sighting: Sighting) -> bool:
        """Whether what a file asks for is a project of the tree, and no other place or name for it."""
        offers = each.kind.name in _OFFERS and not _FOR_AGENTS.search(each.reading.path.as_posix())
        if offers and (sighting.source.kind is SourceKind.PATH or self._from_here(sighting.source)):
            return True  # a file that the reader has is fetched from nowhere
        if sighting.source != REGISTRY or "alias" in sighting.extra:
            return False
        if offers:
            return (canonical(sighting.raw) if sighting.ecosystem is Ecosystem.PYPI else sighting.raw) in self.projects
        if each.kind.name != "package_json":
            return False
        known = (found.get(sighting.raw, ()) for found in self.linked.get(each.reading.path.parent, ()))
        return any(not excluded(Ecosystem.NPM, sighting.specifier, version) for found in known for version in found)

    def _from_here(self, source: Source) -> bool:
        """Whether it is this very repository, or an archive of it."""
        elsewhere = source.kind in (SourceKind.VCS, SourceKind.URL)
        return elsewhere and bool(self.home) and f"{places.repository(source.index or '')}/".startswith(f"{self.home}/")


def _placed(read: Iterable[Read]) -> frozenset[str]:
    """The names for which some file records a folder of the tree."""
    local = (SourceKind.WORKSPACE, SourceKind.PATH)
    sightings = (sighting for each in read for sighting in each.reading.sightings)
    return frozenset(canonical(s.raw) for s in sightings if s.source.kind in local and s.source.index is not None)


def _linked(read: list[Read]) -> dict[Path, list[Versions]]:
    """The workspaces of each package.json that is in one."""
    packages = {each.reading.path.parent: each.reading for each in read if each.kind.name == "package_json"}
    roots = [each.reading for each in read if each.kind.name == "package_json" and each.reading.members]
    below = _below({root.path.parent for root in roots}, packages)
    found: dict[Path, list[Versions]] = {}
    for root in roots:
        at = root.path.parent
        member = _member(root.members)
        inside = [each for each in below[at] if each == at or member(each.relative_to(at).as_posix())]
        versions = _versions(packages[each] for each in inside)
        for each in inside:
            found.setdefault(each, []).append(versions)
    return found


def _below(roots: set[Path], folders: Iterable[Path]) -> dict[Path, list[Path]]:
    """The folders that lie in each of the roots, or are one."""
    found: dict[Path, list[Path]] = {root: [] for root in roots}
    for folder in folders:
        for root in roots.intersection((folder, *folder.parents)):
            found[root].append(folder)
    return found


def _versions(packages: Iterable[Reading]) -> Versions:
    found: dict[str, frozenset[str]] = {}
    for each in packages:
        found[each.project] = found.get(each.project, frozenset()) | {each.version}
    return found


def _member(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Tells whether the globs of a workspace name a folder; one that cannot be told exactly names none."""
    told = [(plain(glob.removeprefix("!")), glob.startswith("!")) for glob in globs]
    named = any_of(word for (words, exact), negative in told if exact and not negative for word in words)
    left_out = any_of(word for (words, _), negative in told if negative for word in words)
    return lambda folder: named(folder) and not left_out(folder)
