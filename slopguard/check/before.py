"""The files of a base that have changed since, read as they were.

Invariant: a file counts as changed when its bytes are others; git's filters and attributes are not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from slopguard.check.change import Base, changed, loader
from slopguard.check.kinds import kinds_of
from slopguard.check.tree import Tree, read_tree
from slopguard.check.walk import Place, regular


@dataclass(frozen=True, slots=True)
class Before:
    """What the base held where something changed.

    Args:
        base: the base.
        changed: the files that changed or are new.
        tree: what the base's versions of them said.
    """

    base: Base
    changed: frozenset[Path]
    tree: Tree

    @classmethod
    def of(cls, base: Base, places: Iterable[Place], *, sources: bool) -> Before:
        """What the base held of the files at `places`.

        Args:
            sources: whether files of source code alone are compared too: there are many.
        """
        by_path: Mapping[Path, Place] = {p.path: p for p in places if sources or p.named or _says_something(p)}
        fresh = changed(base, by_path, _bytes)
        old = [by_path[path] for path, content in fresh.items() if content is not None]
        return cls(base, frozenset(fresh), read_tree(old, loader(base)))

    def with_changed(self, paths: Iterable[Path]) -> frozenset[Path]:
        """The files that changed, those among `paths` included."""
        return self.changed | frozenset(changed(self.base, dict.fromkeys(paths), _bytes))


def _says_something(place: Place) -> bool:
    """Whether a file may name a dependency otherwise than by an import."""
    return any(not kind.hint for kind in kinds_of(place.full)) or "." not in place.path.name


def _bytes(path: Path) -> bytes | None:
    if regular(path) is None:
        return None
    try:
        return path.read_bytes()
    except OSError:
        return None
