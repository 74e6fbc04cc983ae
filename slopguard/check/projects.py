"""Which names are projects of the tree itself, and so nobody's to fetch.

npm links the packages of one workspace to each other by name. What a README or a notebook tells its readers to install
is often the project that it belongs to. Invariant: a name counts as the tree's own only in these two places; a
requirement of the same name anywhere else is fetched from an index, and is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slopguard.check.globs import matches
from slopguard.check.tree import Read
from slopguard.clients.workspace_globs import plain
from slopguard.readers.uv_tables import canonical

_OFFERS = frozenset({"markdown", "notebook"})
_ROOTS = frozenset({"package_json", "pnpm_workspace"})
_NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class Own:
    """The tree's own projects.

    Args:
        projects: every name of one, as PyPI and as npm would spell it.
        linked: folder of a package.json to the names of its workspace.
    """

    projects: frozenset[str] = _NONE
    linked: Mapping[Path, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, read: Iterable[Read]) -> Own:
        """What the files read say."""
        read = list(read)
        names = {each.reading.project for each in read if each.reading.project}
        return cls(frozenset(names | {canonical(name) for name in names}), _linked(read))

    def names(self, each: Read) -> frozenset[str]:
        """The names that are the tree's own where one file says them."""
        if each.kind.name in _OFFERS:
            return self.projects
        return self.linked.get(each.reading.path.parent, _NONE) if each.kind.name == "package_json" else _NONE


def _linked(read: list[Read]) -> dict[Path, frozenset[str]]:
    """The names of its workspace for each package.json that is in one."""
    packages = {each.reading.path.parent: each.reading.project for each in read if each.kind.name == "package_json"}
    found: dict[Path, frozenset[str]] = {}
    for each in read:
        if each.kind.name in _ROOTS and each.reading.members:
            root = each.reading.path.parent
            inside = [folder for folder in packages if folder == root or _member(folder, root, each.reading.members)]
            names = frozenset(packages[folder] for folder in inside) - {""}
            found |= {folder: found.get(folder, _NONE) | names for folder in inside}
    return found


def _member(folder: Path, root: Path, globs: tuple[str, ...]) -> bool:
    """Whether the globs of a workspace name a folder; one that cannot be told exactly names none."""
    if not folder.is_relative_to(root):
        return False
    name = folder.relative_to(root).as_posix()
    return _named(name, [g for g in globs if not g.startswith("!")]) and not _named(
        name, [g[1:] for g in globs if g.startswith("!")]
    )


def _named(name: str, globs: Iterable[str]) -> bool:
    for glob in globs:
        words, exact = plain(glob)
        if exact and any(matches(word, name) for word in words):
            return True
    return False
