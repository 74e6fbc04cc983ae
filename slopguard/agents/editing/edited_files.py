"""The files that an agent edits, as `slopguard check` takes them: as they were, and as they will be.

Invariants: nothing is written; a file outside the projects that the edited ones lie in is not opened; a place is told
with its path as the agent gave it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slopguard.agents.editing.edits import Change
from slopguard.agents.editing.surroundings import top
from slopguard.check import confined
from slopguard.check.kinds import Kind, kinds_of
from slopguard.check.tree import Load, Tree, Unreadable, read_tree
from slopguard.check.walk import Place, regular
from slopguard.model import Location, Request
from slopguard.patterns import regex

_FOR_READERS = frozenset({"markdown"})
"""Kinds of file whose commands are a suggestion to whoever reads them."""
_SUGGESTS = frozenset({"markdown", "notebook"})
"""Kinds of file whose commands may name files that are not there."""
_CODE = ('"', "`", "~~~", "=", "@", "::")
"""What stands in code, and seldom in prose."""
_SHEBANG = regex(r"#!.*?\b(?:(python[\d.]*|uv|pipx|pdm|hatch)|(?:ba|da|k|z|a)?sh)\b")


def kinds(change: Change) -> tuple[Kind, ...]:
    """The kinds of file that an edited one is of."""
    return kinds_of(place_of(change.full, change.after).full)


def is_obeyed(change: Change) -> bool:
    """Whether a file may ask for packages otherwise than by its imports, and not only of its readers."""
    return any(kind.name not in _FOR_READERS and kind.hint in change.after for kind in kinds(change))


def is_prose(change: Change) -> bool:
    """Whether lines are added to a document that name no client and are no code: reading it all takes its time."""
    from slopguard.commands.mention import mentioned

    found = kinds(change)
    if not found or any(kind.name not in _FOR_READERS for kind in found):
        return False
    held = set((change.before or "").split("\n"))
    fresh = "\n".join(line for line in change.after.split("\n") if line not in held)
    return not mentioned(f"{fresh}\n") and not any(sign in fresh for sign in _CODE)


def place_of(path: Path, text: str) -> Place:
    """A file as `check` takes it; one without an extension is known by the program that its first line names.

    A link that leads nowhere yet is followed: the tool creates the file behind it.
    """
    full = path.as_posix()
    if "." not in path.name and not kinds_of(full) and (found := _SHEBANG.match(text)):
        full += ".py" if found[1] else ".sh"
    dangling = path.is_symlink() and not path.exists()
    return Place(Path(os.path.realpath(path)) if dangling else path, full)


@dataclass(frozen=True, slots=True)
class Edited:
    """The edited files.

    Args:
        changes: by the path that they are read under.
        cwd: the folder that relative paths start from.
        inside: the real folders that may be read.
        documents: those that are for readers.
    """

    changes: Mapping[Path, Change]
    cwd: Path
    inside: tuple[str, ...]
    documents: frozenset[Path] = frozenset()

    @classmethod
    def of(cls, changes: Sequence[Change], cwd: Path) -> Edited:
        """The files that changes make others of."""
        folders = dict.fromkeys((cwd, *(top(change.full.parent, cwd) for change in changes)))
        by_path = {place_of(change.full, change.after).path: change for change in changes}
        documents = frozenset(path for path, change in by_path.items() if _are_for_readers(kinds(change)))
        return cls(by_path, cwd, tuple(os.path.realpath(folder) for folder in folders), documents)

    def tree(self, text_of: Callable[[Change], str | None]) -> Tree:
        """What the files say with the texts that are given."""
        texts = {path: text_of(change) for path, change in self.changes.items()}
        load = self.loader(texts)
        places = [Place(path, place_of(self.changes[path].full, text).full) for path, text in _held(texts)]
        tree = read_tree(places, load)
        wanted = [path for each in tree.read if each.kind.name not in _SUGGESTS for path in each.reading.files]
        others = read_tree(self._named(wanted, texts), load)
        tree.read += others.read
        tree.findings += others.findings
        return tree

    def _named(self, wanted: Iterable[Path], texts: Mapping[Path, str | None]) -> list[Place]:
        """Files that commands install from, that are not there yet and are called like no file of requirements."""
        paths = dict.fromkeys(Path(os.path.normpath(self.cwd / path)) for path in wanted)
        fresh = [p for p in paths if texts.get(p) is not None and not regular(p) and not kinds_of(p.as_posix())]
        return [Place(path, f"{path.as_posix()}.requirements.txt") for path in fresh]

    def loader(self, texts: Mapping[Path, str | None] | None = None) -> Load:
        """Gives the text of a file, an edited one as it is given or else as it will be."""
        given = {path: change.after for path, change in self.changes.items()} if texts is None else texts
        disk = confined.loader((), self.inside)

        def load(path: Path) -> str:
            full = Path(os.path.normpath(self.cwd / path))
            if full not in given:
                return disk(full)
            text = given[full]
            if text is None:
                raise Unreadable(f"{path}: not there")
            return text

        return load

    def is_for_readers(self, place: Location) -> bool:
        """Whether a place lies in a document."""
        path = Path(place.path)
        return path in self.documents if path in self.changes else _are_for_readers(kinds_of(path.as_posix()))

    def place(self, place: Location) -> Location:
        """A place with its path as the agent gave it."""
        path = Path(place.path)
        if path in self.changes:
            return replace(place, path=self.changes[path].given)
        return replace(place, path=str(path.relative_to(self.cwd))) if path.is_relative_to(self.cwd) else place

    def shown(self, request: Request, *, for_readers: bool) -> Request | None:
        """The request with its places in documents, or with those elsewhere; `None` if there are none."""
        places = [each for each in request.locations if self.is_for_readers(each) is for_readers]
        return replace(request, locations=tuple(map(self.place, places))) if places else None


def _held(texts: Mapping[Path, str | None]) -> list[tuple[Path, str]]:
    return [(path, text) for path, text in texts.items() if text is not None]


def _are_for_readers(found: Sequence[Kind]) -> bool:
    return bool(found) and all(kind.name in _FOR_READERS for kind in found)
