"""One npm registry over HTTP. Packuments are always fetched in full, because only that form carries dates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from functools import partial
from urllib.parse import urlsplit, urlunsplit

from slopguard.errors import UpstreamError
from slopguard.indexes import Index
from slopguard.model import NormalizedName
from slopguard.registries.bodies import whole
from slopguard.registries.documents import HEARD
from slopguard.registries.files import fetch
from slopguard.registries.http import PACKUMENT_LIMIT, PAGE_LIMIT, Answer, Upstream, translated
from slopguard.registries.interface import FileStream, ProjectNotFound
from slopguard.registries.npm.names import quoted
from slopguard.registries.npm.packument import FULL_TYPE, Packument, parse_packument
from slopguard.registries.once import Once
from slopguard.registries.shelf import Sought
from slopguard.registries.supply import Supply
from slopguard.registries.wanted import Wanted

SERVICE = "-/"
"""Where a registry keeps what is not a package: ping, search, audit."""


UNTYPED = frozenset({"", "text/plain", "application/octet-stream"})
"""Types that static mirrors give to JSON."""


class NpmRegistry:
    """A `Registry` of `Packument`; documents are remembered (see `once`).

    Args:
        index: which one.
        upstream: the client for it; closed by whoever made it.
        supply: what it shares with other registries; something of its own by default.
    """

    def __init__(self, index: Index, upstream: Upstream, supply: Supply | None = None) -> None:
        self.index = index
        self._upstream = upstream
        self._root = index.url if index.url.endswith("/") else f"{index.url}/"
        self._supply = supply or Supply()
        self._asked: Once[str, None] = Once((ProjectNotFound,))

    async def names(self) -> AsyncIterator[bytes]:
        """Npm registries have no list of names.

        Raises:
            ProjectNotFound: always.
        """
        raise ProjectNotFound("an npm registry has no list of names")

    async def project(self, name: NormalizedName) -> Packument:
        """The package's full document; see `Registry.project`."""
        sought = Sought(self._root + quoted(name), FULL_TYPE, PACKUMENT_LIMIT, partial(_parsed, name), name)
        await self._asked.get(name, lambda: self._supply.ask(self._upstream, sought, name))
        return await self._supply.documents.get(self._upstream, sought, HEARD)

    async def file(
        self, name: NormalizedName, filename: str, *, byte_range: str | None = None, head: bool = False
    ) -> FileStream:
        """One tarball, by our name for it or the upstream's. Ranges are ignored: the whole, verified file comes."""
        version = (await self.project(name)).file(filename)
        if version is None:
            raise ProjectNotFound("the registry lists no such file")
        wanted = Wanted(self._upgraded(version.tarball), version.hashes)
        return await fetch(self._upstream, wanted, head=head, depot=self._supply.depot)

    def _upgraded(self, url: str) -> str:
        """An http tarball URL on an https registry's own host is asked for over https, as its TLS proxy means it."""
        own, parts = urlsplit(self._root), urlsplit(url)
        if own.scheme == "https" and parts.scheme == "http" and parts.hostname == own.hostname:
            return urlunsplit(parts._replace(scheme="https", netloc=own.netloc))
        return url

    async def service(
        self, path: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A read passed on to the registry's service paths (`-/ping`, `-/v1/search?...`, `-/npm/v1/security/...`).

        Args:
            path: below the registry's root, query included; must begin with `-/`.
            method: GET, or POST for audit queries.
            body: at most what the caller accepted.
            headers: passed on as given (content type and encoding); credentials are ours to add.

        Raises:
            UpstreamError: not a service path, or no usable answer; `ProjectNotFound`, `UpstreamAuth` as elsewhere.
        """
        if not path.startswith(SERVICE) or "/../" in f"/{path}/" or method not in ("GET", "POST"):
            raise UpstreamError("only reads of a registry's service paths are passed on")
        sent = {"Accept": FULL_TYPE, "Accept-Encoding": "gzip", **(headers or {})}
        with translated():
            async with AsyncExitStack() as stack:
                response = await stack.enter_async_context(
                    self._upstream.opened(method, self._root + path, sent, body=body)
                )
                content = await whole(response, PAGE_LIMIT)
                return Answer(content, response.headers.get("Content-Type", FULL_TYPE), str(response.url))

    async def close(self) -> None:
        """Stop what is under way."""
        await self._asked.close()


def _parsed(name: NormalizedName, answer: Answer, source: str) -> Packument:
    kind = answer.content_type.partition(";")[0].strip().lower()
    if "json" not in kind and kind not in UNTYPED:
        raise UpstreamError("the registry answered with something that is not a package document")
    return parse_packument(name, answer.body, source)
