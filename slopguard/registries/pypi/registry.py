"""One PyPI index over HTTP: a Simple API root, or a single page of links (`--find-links URL`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from slopguard.indexes import Index, IndexKind
from slopguard.model import NormalizedName
from slopguard.registries.documents import HEARD
from slopguard.registries.files import fetch, wanted_range
from slopguard.registries.http import PAGE_LIMIT, Answer, Upstream
from slopguard.registries.interface import FileStream, ProjectNotFound
from slopguard.registries.once import Once
from slopguard.registries.pypi.page import ProjectPage
from slopguard.registries.pypi.parse import ACCEPT, HTML_TYPE, PLAIN_HTML, parse_page
from slopguard.registries.shelf import Sought
from slopguard.registries.supply import Supply
from slopguard.registries.wanted import Wanted

D = TypeVar("D")

NO_FILE = "the index lists no such file"
NO_PROJECT = "the index has no such package"


class PyPIRegistry:
    """A `Registry` of `ProjectPage`; pages are remembered (see `once`).

    Args:
        index: which one.
        upstream: the client for it; closed by whoever made it.
        supply: what it shares with other registries; something of its own by default.
    """

    def __init__(self, index: Index, upstream: Upstream, supply: Supply | None = None) -> None:
        self.index = index
        self._upstream = upstream
        self._supply = supply or Supply()
        self._asked: Once[str, None] = Once((ProjectNotFound,))
        self._linked: Once[str, ProjectPage] = Once((ProjectNotFound,))

    async def names(self) -> AsyncIterator[bytes]:
        """The index's root page in HTML, as it came."""
        accept = f"{HTML_TYPE}, {PLAIN_HTML};q=0.5"
        answer = await self._upstream.document(_rooted(self.index.url), accept, PAGE_LIMIT)
        return _once(answer.body)

    async def project(self, name: NormalizedName) -> ProjectPage:
        """The project's page; see `Registry.project`."""
        if self.index.kind is IndexKind.FIND_LINKS:
            return await self._linked.get(name, lambda: self._on_links(name))
        url = f"{_rooted(self.index.url)}{quote(name, safe='')}/"
        return await self._heard(Sought(url, ACCEPT, PAGE_LIMIT, partial(_parsed, name), name), name)

    async def _heard(self, sought: Sought[D], name: NormalizedName) -> D:
        """A document of which the index was heard in this session."""
        await self._asked.get(sought.url, lambda: self._supply.ask(self._upstream, sought, name))
        return await self._supply.documents.get(self._upstream, sought, HEARD)

    async def _on_links(self, name: NormalizedName) -> ProjectPage:
        """What a page of links to files of many projects holds for one of them."""
        answer, source = await self._heard(Sought(self.index.url, ACCEPT, PAGE_LIMIT, _whole, "links of all"), name)
        page = parse_page(name, answer.body, answer.content_type, answer.url, links=True, source=source)
        if not page.files:
            raise ProjectNotFound(NO_PROJECT)
        return page

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """One file, or the `.metadata` of one; see `Registry.file` and `files`."""
        wanted = wanted_file(await self.project(name), filename)
        asked = wanted_range(filename, byte_range)
        return await fetch(self._upstream, wanted, byte_range=asked, head=head, depot=self._supply.depot)

    async def close(self) -> None:
        """Stop what is under way."""
        await self._asked.close()
        await self._linked.close()


def _parsed(name: NormalizedName, answer: Answer, source: str) -> ProjectPage:
    return parse_page(name, answer.body, answer.content_type, answer.url, source=source)


def _whole(answer: Answer, source: str) -> tuple[Answer, str]:
    return answer, source


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
