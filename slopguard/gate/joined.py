"""uv's `find-links` as uv means them: their files stand beside those of whichever index has the name.

uv would read such pages of links itself, past the gate. So it is not told of them: the gate adds their files to the
pages of its routes, where they are judged like any other. Invariants: only links that somebody trusted are joined;
of one file name uv prefers the links' own; a name that only links hold comes from the last route that uv asks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import is_not

from slopguard.gate.session import Session
from slopguard.indexes import Index, IndexKind, beside
from slopguard.model import Ecosystem, NormalizedName
from slopguard.registries import marks
from slopguard.registries.interface import FileStream, ProjectNotFound, Registry
from slopguard.registries.pypi.page import PageFile, ProjectPage


class Joined:
    """A registry whose pages hold the files of links too.

    Args:
        inner: the index itself.
        links: what is joined to it.
        last: whether no other index is asked after this one.
    """

    def __init__(self, inner: Registry[ProjectPage], links: Sequence[Registry[ProjectPage]], *, last: bool) -> None:
        self._inner, self._links, self._last = inner, links, last
        self._known: dict[NormalizedName, _Known] = {}

    async def names(self) -> AsyncIterator[bytes]:
        """As the index lists them."""
        return await self._inner.names()

    async def project(self, name: NormalizedName) -> ProjectPage:
        """The index's page with the files of all links.

        Raises:
            ProjectNotFound: the index has no such project, and another one will be asked or no links have it either.
        """
        found = [page for links in self._links if (page := await _page(links, name))]
        try:
            page = await self._inner.project(name)
        except ProjectNotFound:
            if not (self._last and found):
                raise
            return self._joined(name, None, found)
        return self._joined(name, page, [*found, page])

    def _joined(self, name: NormalizedName, about: ProjectPage | None, pages: Sequence[ProjectPage]) -> ProjectPage:
        """The files of all pages on one; worked out once, until one of the pages is another."""
        known = self._known.get(name)
        if known is None or len(known.parts) != len(pages) or any(map(is_not, known.parts, pages)):
            known = self._known[name] = _Known(tuple(pages), _together(name, about, pages))
        return known.page

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """A file from where the page has it."""
        for registry in self._links:
            try:
                return await registry.file(name, filename, byte_range=byte_range, head=head)
            except ProjectNotFound:
                continue
        return await self._inner.file(name, filename, byte_range=byte_range, head=head)


async def _page(links: Registry[ProjectPage], name: NormalizedName) -> ProjectPage | None:
    try:
        return await links.project(name)
    except ProjectNotFound:
        return None


@dataclass(frozen=True, slots=True)
class _Known:
    """A page and what it was made of."""

    parts: tuple[ProjectPage, ...]
    page: ProjectPage


def _together(name: NormalizedName, about: ProjectPage | None, pages: Iterable[ProjectPage]) -> ProjectPage:
    """A page with the files of several, of each file name the first.

    Args:
        about: the one that says what else there is to say, if one does: its mark shows that as well.
    """
    parts, files = tuple(pages), dict[str, PageFile]()
    for page in parts:
        for file in page.files:
            files.setdefault(file.filename, file)
    mark = marks.together("joined" if about else "links", (page.mark for page in parts))
    return replace(about or ProjectPage(name), files=tuple(files.values()), mark=mark)


def registry_of(session: Session, index: Index) -> Registry[ProjectPage]:
    """What the route of a PyPI index serves: the index, with the links that are joined to it."""
    indexes = [i for i in session.indexes.values() if i.ecosystem is Ecosystem.PYPI]
    links = [session.upstreams.registry(i) for i in indexes if beside(i, indexes) and i != index]
    inner: Registry[ProjectPage] = session.upstreams.registry(index)
    return Joined(inner, links, last=index.kind is IndexKind.DEFAULT or index.joined) if links else inner
