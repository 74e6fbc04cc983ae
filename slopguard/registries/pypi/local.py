"""A PyPI index on disk: a `file://` Simple API tree, a `--find-links` folder, or an HTML page of links.

Invariants: a request never forms a path; it picks a file that the page lists. A listed file counts only if it lies,
after symbolic links, beneath the folder of the links, or beneath the parent of a Simple API root (the usual place for
`files/` beside `simple/`). There are no upload dates here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

from slopguard.errors import UpstreamError
from slopguard.indexes import Index, IndexKind
from slopguard.model import NormalizedName
from slopguard.registries.bodies import PIECE
from slopguard.registries.files import checked, fetch, primed, wanted_range
from slopguard.registries.http import Upstream
from slopguard.registries.interface import FileStream, ProjectNotFound
from slopguard.registries.once import Once
from slopguard.registries.pypi.page import PageFile, ProjectPage, Spelling, build
from slopguard.registries.pypi.parse import parse_html
from slopguard.registries.pypi.registry import NO_FILE, NO_PROJECT, wanted_file
from slopguard.registries.supply import Supply
from slopguard.registries.wanted import FILE_TYPE, Check, nothing

UNREADABLE = "the index on disk cannot be read"


class LocalRegistry:
    """A `Registry` of `ProjectPage` over a `file://` index.

    Args:
        index: which one.
        upstream: for links to https that a page on disk may hold.
        supply: what it shares with other registries; the files of such links may be held.
    """

    def __init__(self, index: Index, upstream: Upstream, supply: Supply | None = None) -> None:
        self.index = index
        self._upstream = upstream
        self._depot = supply.depot if supply is not None else None
        self._root = path_of(index.url)
        self._pages: Once[str, ProjectPage] = Once((ProjectNotFound,))

    async def names(self) -> AsyncIterator[bytes]:
        """An HTML page of the folders beneath a Simple API root."""
        pages = await asyncio.to_thread(lambda: sorted(self._root.glob("*/index.html")))
        return _links([page.parent.name for page in pages])

    async def project(self, name: NormalizedName) -> ProjectPage:
        """The project's page; see `Registry.project`."""
        return await self._pages.get(name, lambda: asyncio.to_thread(page_of, self.index, name))

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """One file from disk (ranges are ignored: the whole file comes), or from where the page on disk points."""
        wanted = wanted_file(await self.project(name), filename)
        if urlsplit(wanted.url).scheme != "file":
            asked = wanted_range(filename, byte_range)
            return await fetch(self._upstream, wanted, byte_range=asked, head=head, depot=self._depot)
        path = await asyncio.to_thread(self._allowed, wanted.url)
        headers = {"Content-Length": str(path.stat().st_size), "Content-Type": FILE_TYPE}
        chunks = nothing() if head else await primed(checked(_read(path), Check(wanted)))
        return FileStream(200, headers, chunks)

    def _allowed(self, url: str) -> Path:
        """The path of a listed file, links followed, if it lies where this index keeps files."""
        try:
            path, root = path_of(url).resolve(strict=True), self._root.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            raise ProjectNotFound(NO_FILE) from None
        home = root if root.is_dir() and self.index.kind is IndexKind.FIND_LINKS else root.parent
        if not path.is_relative_to(home) or not path.is_file():
            raise ProjectNotFound(NO_FILE)
        return path

    async def close(self) -> None:
        """Stop what is under way."""
        await self._pages.close()


def page_of(index: Index, name: NormalizedName) -> ProjectPage:
    """The page of one project, read from disk.

    Raises:
        ProjectNotFound: the index has no such project.
        UpstreamError: it cannot be read.
    """
    root, links = path_of(index.url), index.kind is IndexKind.FIND_LINKS
    try:
        if links and root.is_dir():
            page = build(name, _folder(root, Spelling(name)))
        else:
            document = root if links else root / name / "index.html"
            page = parse_html(name, document.read_bytes(), document.resolve().as_uri())
    except (FileNotFoundError, NotADirectoryError):
        raise ProjectNotFound(NO_PROJECT) from None
    except OSError:
        raise UpstreamError(UNREADABLE) from None
    if links and not page.files:
        raise ProjectNotFound(NO_PROJECT)
    return page


def offers(index: Index, name: NormalizedName) -> bool:
    """Whether an index on disk may hold a project; one that cannot be read may."""
    try:
        page_of(index, name)
    except ProjectNotFound:
        return False
    except UpstreamError:
        return True
    return True


def path_of(url: str) -> Path:
    """The path of a `file://` URL (or of a plain path).

    Raises:
        UpstreamError: it names another machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost"):
        raise UpstreamError("a file:// index must be on this machine")
    return Path(url2pathname(parts.path) if parts.scheme else unquote(url))


def _folder(folder: Path, spelling: Spelling) -> Iterator[PageFile | None]:
    for path in sorted(folder.iterdir()):
        version = spelling.of(path.name) if path.is_file() else None
        url = (folder.resolve() / path.name).as_uri()
        yield None if version is None else PageFile(filename=path.name, url=url, version=version)


async def _read(path: Path) -> AsyncIterator[bytes]:
    try:
        with await asyncio.to_thread(path.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
    except OSError:
        raise UpstreamError(UNREADABLE) from None


async def _links(names: list[str]) -> AsyncIterator[bytes]:
    rows = "".join(f'<a href="{quote(name)}/">{quote(name)}</a><br>\n' for name in names)
    yield f"<!DOCTYPE html>\n<html><body>\n{rows}</body></html>\n".encode()
