"""The gate's features as decorators over the three-method registry interface, and the chain that stacks them.

    Recording ( Filtered ( Refusing ( the index itself ) ) )

Invariants: each decorator adds one thing and delegates the rest; a document that leaves the chain holds no version
that steps back; no file leaves it whose name or version is refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from slopguard.errors import UpstreamError
from slopguard.gate.refused import Refused
from slopguard.gate.session import Session
from slopguard.gate.standing import Standing
from slopguard.gate.verdicts import Verdicts
from slopguard.gate.versions import newest
from slopguard.indexes import Index
from slopguard.model import NormalizedName, Note
from slopguard.registries.interface import Document, FileStream, ProjectNotFound, Registry

D = TypeVar("D", bound=Document)


class Refusing(Generic[D]):
    """Stops every name the judge refuses, and every name whose index gives no usable answer.

    Args:
        inner: the index itself.
        index: where it is configured.
        verdicts: the session's.
    """

    def __init__(self, inner: Registry[D], index: Index, verdicts: Verdicts) -> None:
        self._inner, self._index, self._verdicts = inner, index, verdicts

    async def names(self) -> AsyncIterator[bytes]:
        """The index's own list of names; it is text, not a verdict."""
        return await self._inner.names()

    async def project(self, name: NormalizedName) -> D:
        """The project's document.

        Raises:
            Refused: the name is refused, or its index did not answer.
            ProjectNotFound: another index has the name and this one has not.
        """
        standing = await self._admitted(name)
        try:
            return await self._inner.project(name)
        except UpstreamError as error:
            raise await self._verdicts.failed(standing, error) from error

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """One file of an admitted name.

        Raises:
            Refused: as for `project`.
        """
        standing = await self._admitted(name)
        try:
            return await self._inner.file(name, filename, byte_range=byte_range, head=head)
        except UpstreamError as error:
            raise await self._verdicts.failed(standing, error) from error

    async def _admitted(self, name: NormalizedName) -> Standing:
        standing = await self._verdicts.standing(self._index, name)
        if standing.verdict.stops:
            raise Refused(standing.verdict, standing.facts)
        if self._verdicts.elsewhere(self._index, name):
            raise ProjectNotFound("an internal name is never asked of a public index")
        return standing


@dataclass(frozen=True, slots=True)
class _Left(Generic[D]):
    """What was left of a document under a standing; `None` if that was nothing."""

    document: D
    standing: Standing
    left: D | None


class Filtered(Generic[D]):
    """Hides the versions that step back, from documents and from direct requests for their files.

    What is left of a document is worked out once, until document or standing is another.
    """

    def __init__(self, inner: Registry[D], index: Index, verdicts: Verdicts) -> None:
        self._inner, self._index, self._verdicts = inner, index, verdicts
        self._known: dict[NormalizedName, _Left[D]] = {}

    async def names(self) -> AsyncIterator[bytes]:
        """As the index lists them."""
        return await self._inner.names()

    async def project(self, name: NormalizedName) -> D:
        """The document without the versions that step back.

        Raises:
            Refused: the document shows that the name is refused.
            ProjectNotFound: this index holds nothing else (another one does, or the name would be refused).
        """
        document = await self._inner.project(name)
        left = self._left(name, document, await self._standing(name, document))
        if left is None:
            raise ProjectNotFound("every version on this index is held back; another index has older ones")
        return left

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """One file of a version that is not held back.

        Raises:
            Refused: its version is held back, or the document shows that the name is refused.
        """
        document = await self._inner.project(name)
        version = document.version_of(filename)
        standing = await self._standing(name, document)
        if held := standing.held_back(version):
            raise await self._verdicts.refuse_version(standing, held)
        left = self._left(name, document, standing) if standing.only else document
        if left is None or (standing.only and left.version_of(filename) is None):
            raise ProjectNotFound("a file that the adopted lock file does not hold")
        return await self._inner.file(name, filename, byte_range=byte_range, head=head)

    def _left(self, name: NormalizedName, document: D, standing: Standing) -> D | None:
        if not standing.withheld and not standing.only:
            return document
        known = self._known.get(name)
        if known is None or known.document is not document or known.standing is not standing:
            left = document.without(standing.withheld).only(standing.only)
            known = self._known[name] = _Left(document, standing, left if left.facts().releases else None)
        return known.left

    async def _standing(self, name: NormalizedName, document: Document) -> Standing:
        standing = await self._verdicts.over(self._index, name, document)
        if standing.verdict.stops:
            raise Refused(standing.verdict, standing.facts)
        return standing


class Recording(Generic[D]):
    """Notes the newest version that stepped back, if the client would have chosen it."""

    def __init__(self, inner: Registry[D], session: Session, index: Index, verdicts: Verdicts) -> None:
        self._inner, self._session, self._index, self._verdicts = inner, session, index, verdicts
        self._noted: dict[NormalizedName, Standing] = {}

    async def names(self) -> AsyncIterator[bytes]:
        """As the index lists them."""
        return await self._inner.names()

    async def project(self, name: NormalizedName) -> D:
        """The document as it comes; a version stepped over is noted before it is answered."""
        document = await self._inner.project(name)
        standing = await self._verdicts.standing(self._index, name)
        if not standing.hidden or self._noted.get(name) is standing:
            return document
        listed = [release.version for release in standing.facts.releases]
        chosen = newest(self._index.ecosystem, listed)
        if chosen is not None and chosen in standing.hidden:
            left = [version for version in listed if version not in standing.hidden]
            note = Note(standing.hidden[chosen], newest(self._index.ecosystem, left))
            if self._session.journal.note(note):
                await self._verdicts.noted(note.verdict)
        self._noted[name] = standing
        return document

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """The file as it comes."""
        return await self._inner.file(name, filename, byte_range=byte_range, head=head)


def guarded(
    session: Session, index: Index, verdicts: Verdicts, inner: Callable[[Session, Index], Registry[D]]
) -> Registry[D]:
    """The chain that stands between the clients of a session and one index; made once for both.

    Args:
        inner: gives the index itself.
    """
    key = (index.ecosystem, index.key)
    if key not in verdicts.chains:
        refusing = Refusing(inner(session, index), index, verdicts)
        verdicts.chains[key] = Recording(Filtered(refusing, index, verdicts), session, index, verdicts)
    return verdicts.chains[key]
