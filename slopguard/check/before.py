"""The files of a base that have changed since, read as they were.

Invariants: a file counts as changed when its bytes are others; git's filters and attributes are not asked. So does one
that names such a file: what it installs from that is then judged, whatever the file is called; and so does one below
settings of a client that changed: they may send it to another index.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from slopguard.check.change import Base, changed, loader
from slopguard.check.kinds import kinds_of
from slopguard.check.tree import Tree, read_tree
from slopguard.check.walk import Place, regular
from slopguard.patterns import regex

_SETTINGS = regex(r"\.npmrc|uv\.toml|pdm\.toml|\.yarnrc(?:\.yml)?|\.?bunfig\.toml|pnpm-workspace\.yaml|pip\.conf")
"""Files that tell a client which index to ask, for all that lies below."""
_SPACED = bytes(each if each > 127 or chr(each).isalnum() or chr(each) in "._-" else 32 for each in range(256))
"""Translates whatever stands between names to spaces."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the base held where something changed.

    Args:
        base: the base.
        changed: the files that changed or are new.
        tree: what the base's versions of them said.
        resettled: folders whose settings of clients changed.
    """

    base: Base
    changed: frozenset[Path]
    tree: Tree
    resettled: frozenset[Path] = frozenset()

    @classmethod
    def of(cls, base: Base, places: Iterable[Place], *, touched: bool) -> Before:
        """What the base held of the files at `places`.

        Args:
            touched: whether files count as changed that did not, but install from one that did.
        """
        by_path: Mapping[Path, Place] = {place.path: place for place in places}
        fresh = changed(base, by_path, _bytes)
        resettled = frozenset(path.parent for path in fresh if _SETTINGS.fullmatch(path.name))
        others = [place for path, place in by_path.items() if path not in fresh] if touched else []
        moved = [*_naming(fresh, others), *_below(resettled, others)]
        old = [by_path[path] for path, content in fresh.items() if content is not None] + moved
        paths = frozenset(fresh) | {place.path for place in moved}
        return cls(base, paths, read_tree(dict.fromkeys(old), loader(base)), resettled)

    def with_installed(self, places: Iterable[Path]) -> Before:
        """The same with the places at which something is installed: the base holds none of it."""
        return replace(self, changed=self.changed | frozenset(places))

    def with_changed(self, paths: Iterable[Path]) -> frozenset[Path]:
        """The files that changed, those among `paths` included."""
        return self.changed | frozenset(changed(self.base, dict.fromkeys(paths), _bytes))


def _naming(changed: Iterable[Path], others: Iterable[Place]) -> list[Place]:
    """The files that did not change and may install from one that did."""
    names = {words[-1] for path in changed if (words := _words(os.fsencode(path.name)))}
    may = (place for place in others if names and _may_name(place))
    return [place for place in may if not names.isdisjoint(_words(_bytes(place.path) or b""))]


def _below(folders: frozenset[Path], others: Iterable[Place]) -> list[Place]:
    """The files that say something and lie in one of the folders."""
    if not folders:
        return []
    return [p for p in others if not folders.isdisjoint(p.path.parents) and kinds_of(p.full)]


def _may_name(place: Place) -> bool:
    """Whether a file may name another one to install from."""
    return any(not kind.lock and not kind.hint for kind in kinds_of(place.full)) or "." not in place.path.name


def _words(data: bytes) -> list[bytes]:
    """What may be the name of a file, or the end of one."""
    return data.translate(_SPACED).split()


def _bytes(path: Path) -> bytes | None:
    if regular(path) is None:
        return None
    try:
        return path.read_bytes()
    except OSError:
        return None
