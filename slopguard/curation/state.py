"""What is to be in force: the published metadata with some of the staged in its place, and the bytes it names.

Invariants: every part is signed by enough keys of whoever delegates to it; the bytes are those that were signed.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from slopguard.curation import ceremony, people
from slopguard.curation.book import Book, Stored
from slopguard.curation.bundles import PUBLISHED
from slopguard.curation.layout import Layout
from slopguard.curation.quorum import result
from slopguard.errors import ListInvalid, SigningError, printable


class State:
    """What will be in force: what was published last, with some staged roles in its place.

    Raises:
        SigningError: the parts do not fit together.
    """

    def __init__(self, book: Book, taken: Iterable[str]) -> None:
        self.taken = tuple(taken)
        self._book = book
        self.parts = {role: self._part(role) for role in ("root", "targets")}
        self.parts |= {role: self._part(role) for role in self.leaves}
        for role, stored in self.parts.items():
            self._verified(role, stored)

    @property
    def root(self) -> Any:
        """The root in force."""
        return self.parts["root"].part.signed

    @property
    def leaves(self) -> tuple[str, ...]:
        """The delegated roles."""
        delegations = self.parts["targets"].part.signed.delegations
        return tuple(delegations.roles)

    def _part(self, role: str) -> Stored:
        staged = self._book.staged(role) if role in self.taken else None
        if staged is not None:
            return Stored(role, staged.signed.version, self._book.staged_path(role).read_bytes(), staged)
        newest = self._book.newest(role)
        if newest is None:
            raise SigningError(f"{role} was never signed", "Stage it with: slopguard lists build")
        return newest

    def _verified(self, role: str, stored: Stored) -> None:
        by = self.root if role in ("root", "targets") else self.parts["targets"].part.signed
        before = self._book.newest("root")
        enough = bool(result(by, role, stored.part))
        if role == "root" and before is not None and before.version < stored.version:
            enough = enough and bool(result(before.part.signed, role, stored.part))
        if not enough:
            raise SigningError(f"{role} {stored.version} is not signed by enough keys", ceremony.BUILD)


def choose(book: Book, *, ready: bool) -> tuple[str, ...]:
    """The staged roles that are published now.

    Raises:
        SigningError: signatures are missing.
    """
    staged = ceremony.waiting(book)
    lacking = [each for each in staged if not each.complete]
    whole = tuple(each.role for each in staged if each.complete)
    if lacking and not ready:
        raise SigningError(f"signatures are missing: {' | '.join(map(str, lacking))}", "They run: slopguard lists sign")
    if not lacking or _fits(book, whole):
        return whole
    return tuple(each.role for each in staged if each.role not in people.TOP and _fits(book, (each.role,)))


def _fits(book: Book, roles: tuple[str, ...]) -> bool:
    try:
        State(book, roles)
    except SigningError:
        return False
    return True


def files(layout: Layout, served: Book, state: State) -> dict[str, bytes]:
    """The bytes of every target that is in force, by path.

    Raises:
        ListInvalid: they are not on disk as signed.
    """
    found: dict[str, bytes] = {}
    for role in ("targets", *state.leaves):
        for path, target in state.parts[role].part.signed.targets.items():
            digest = target.hashes["sha256"]
            folders = (layout.bundles / path, layout.bundles / PUBLISHED / path)
            places = (*folders, served.layout.root / "targets" / f"{digest}.{path}")
            data = next((data for place in places if (data := read(place)) and _is(data, digest)), None)
            if data is None:
                raise ListInvalid(f"bundles/{path} is not what was signed", ceremony.BUILD)
            found[path] = data
    return found


def read(path: Path) -> bytes | None:
    """The bytes of a file, `None` where there is none.

    Raises:
        ListInvalid: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as why:
        raise ListInvalid(
            f"{printable(str(path))}: cannot be read ({type(why).__name__})", "Check its folder"
        ) from None


def _is(data: bytes, digest: str) -> bool:
    return sha256(data).hexdigest() == digest
