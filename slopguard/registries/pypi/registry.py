"""One PyPI index over HTTP: a Simple API root, or a single page of links (`--find-links URL`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from slopguard.indexes import Index, IndexKind
from slopguard.model import NormalizedName
from slopguard.registries.files import Wanted, fetch, wanted_range
from slopguard.registries.http import PAGE_LIMIT, Answer, Upstream
from slopguard.registries.interface import FileStream, ProjectNotFound
from slopguard.registries.once import Once
from slopguard.registries.pypi.page import ProjectPage
from slopguard.registries.pypi.parse import ACCEPT, HTML_TYPE, PLAIN_HTML, parse_page

NO_FILE = "the index lists no such file"
NO_PROJECT = "the index has no such package"


class PyPIRegistry:
    """A `Registry` of `ProjectPage`; pages are remembered (see `once`).

    Args:
        index: which one.
        upstream: the client for it; closed by whoever made it.
    """

    def __init__(self, index: Index, upstream: Upstream) -> None:
        self.index = index
        self._upstream = upstream
        self._pages: Once[str, ProjectPage] = Once((ProjectNotFound,))
        self._links: Once[str, Answer] = Once((ProjectNotFound,))

    async def names(self) -> AsyncIterator[bytes]:
        """The index's root page in HTML, as it came."""
        accept = f"{HTML_TYPE}, {PLAIN_HTML};q=0.5"
        answer = await self._upstream.document(_rooted(self.index.url), accept, PAGE_LIMIT)
        return _once(answer.body)

    async def project(self, name: NormalizedName) -> ProjectPage:
        """The project's page; see `Registry.project`."""
        return await self._pages.get(name, lambda: self._page(name))

    async def _page(self, name: NormalizedName) -> ProjectPage:
        links = self.index.kind is IndexKind.FIND_LINKS
        if links:
            url = self.index.url
            answer = await self._links.get(url, lambda: self._upstream.document(url, ACCEPT, PAGE_LIMIT))
        else:
            url = f"{_rooted(self.index.url)}{quote(name, safe='')}/"
            answer = await self._upstream.document(url, ACCEPT, PAGE_LIMIT)
        page = parse_page(name, answer.body, answer.content_type, answer.url, links=links)
        if links and not page.files:
            raise ProjectNotFound(NO_PROJECT)
        return page

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """One file, or the `.metadata` of one; see `Registry.file` and `files`."""
        wanted = wanted_file(await self.project(name), filename)
        return await fetch(self._upstream, wanted, byte_range=wanted_range(filename, byte_range), head=head)

    async def close(self) -> None:
        """Stop what is under way."""
        await self._pages.close()
        await self._links.close()


def wanted_file(page: ProjectPage, filename: str) -> Wanted:
    """Where a file of this page is and which hash it must have.

    Raises:
        ProjectNotFound: the page lists no such file, or says that it has no metadata file.
    """
    found = page.file(filename)
    if found is not None:
        return Wanted(found.url, {algo: frozenset({digest}) for algo, digest in found.hashes.items()}, found.size)
    found = page.file(filename.removesuffix(".metadata"))
    if found is None or not found.core_metadata:
        raise ProjectNotFound(NO_FILE)
    hashes = {} if isinstance(found.core_metadata, bool) else found.core_metadata
    digests = {algo: frozenset({digest}) for algo, digest in hashes.items()}
    return Wanted(f"{found.url}.metadata", digests, safe=bool(found.hashes))


def _rooted(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
