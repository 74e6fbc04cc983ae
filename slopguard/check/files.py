"""The files of one check: all that there are, those that are judged, and those that these are seen beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from slopguard.check.tree import Load, Read, Tree, from_disk
from slopguard.check.walk import Place


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one check.

    Args:
        places: every file below the paths given.
        names: every file of the repository that they lie in, `/` between its parts: own modules are known by them.
        tree: what is judged.
        load: gives the text of a file that is part of what is checked.
        beside: manifests that did not change: not judged, but what did change is understood with them.
        whole: whether these are all files of the repository.
        origin: the address that the repository was cloned from.
    """

    places: Sequence[Place]
    names: Sequence[str]
    tree: Tree
    beside: Tree = field(default_factory=Tree)
    load: Load = from_disk
    origin: str = ""
    whole: bool = False

    def everything(self) -> Iterator[Read]:
        """All that was read, judged or not."""
        yield from self.tree.read
        yield from self.beside.read
