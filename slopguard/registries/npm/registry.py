"""One npm registry over HTTP.

Invariant: packuments are fetched in full, because only that form carries dates; unless the abbreviated form will do
(`Supply.before`), its last change lies further back than any date that matters, and nobody has asked for the full one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit, urlunsplit

from slopguard.errors import UpstreamError
from slopguard.indexes import Index
from slopguard.model import NormalizedName
from slopguard.registries.bodies import whole
from slopguard.registries.documents import HEARD
from slopguard.registries.files import fetch
from slopguard.registries.http import PACKUMENT_LIMIT, PAGE_LIMIT, Answer, Upstream, translated
from slopguard.registries.interface import Declined, FileStream, ProjectNotFound, Unasked
from slopguard.registries.npm.names import quoted
from slopguard.registries.npm.packument import CORGI_TYPE, FULL_TYPE, Packument, parse_packument
from slopguard.registries.once import Once
from slopguard.registries.shelf import Sought
from slopguard.registries.supply import Supply
from slopguard.registries.wanted import Wanted

SERVICE = "-/"
"""Where a registry keeps what is not a package: ping, search, audit."""


SHORT = f"{CORGI_TYPE}; q=1.0, {FULL_TYPE}; q=0.8, */*"
"""What npm itself sends; a registry that knows no abbreviated form answers with the full one."""
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
        self._asked: Once[tuple[str, str], None] = Once((ProjectNotFound,))
        self._before: dict[NormalizedName, datetime | None] = {}

    async def names(self) -> AsyncIterator[bytes]:
        """Npm registries have no list of names.

        Raises:
            ProjectNotFound: always.
        """
        raise ProjectNotFound("an npm registry has no list of names")

    def whole(self, name: NormalizedName) -> None:
        """From now on nothing but the full document of this name will do."""
        self._before[name] = None

    async def project(self, name: NormalizedName) -> Packument:
        """The package's document, full or abbreviated; see `Registry.project`."""
        if self._upstream.offline:  # whichever was fetched before
            try:
                return await self._document(name, FULL_TYPE)
            except Unasked:
                if (found := await self._short(name)) is None:
                    raise
                return found
        return await self._short(name) or await self._document(name, FULL_TYPE)

    async def _short(self, name: NormalizedName) -> Packument | None:
        """The abbreviated document, if it will do; asked for no more once it does not."""
        if name not in self._before:
            full = self._sought(name, FULL_TYPE)
            at_hand = self._supply.fresh(self._upstream, full, name)
            self._before[name] = None if at_hand else self._supply.before(name)
        if (before := self._before[name]) is None:
            return None
        try:
            found = await self._document(name, SHORT)
        except Declined:
            found = None
        if found is not None and found.versions and _old(found, before):
            return found if self._before[name] is not None else None
        self.whole(name)
        return None

    async def _document(self, name: NormalizedName, accept: str) -> Packument:
        sought = self._sought(name, accept)
        await self._asked.get((name, accept), lambda: self._supply.ask(self._upstream, sought, name))
        return await self._supply.documents.get(self._upstream, sought, HEARD)

    def _sought(self, name: NormalizedName, accept: str) -> Sought[Packument]:
        parse = partial(_parsed if accept == FULL_TYPE else _short, name)
        return Sought(self._root + quoted(name), accept, PACKUMENT_LIMIT, parse, name)

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


def _old(document: Packument, before: datetime) -> bool:
    """Whether what the document says of dates is enough: all of them, or that nothing has changed since long ago."""
    if not document.short:
        return document.facts().dated
    return document.changed is not None and document.changed <= before


def _parsed(name: NormalizedName, answer: Answer, source: str) -> Packument:
    kind = _kind(answer)
    if "json" not in kind and kind not in UNTYPED:
        raise UpstreamError("the registry answered with something that is not a package document")
    return parse_packument(name, answer.body, source)


def _short(name: NormalizedName, answer: Answer, source: str) -> Packument:
    """The answer to a question for the abbreviated form; what is no package document in either form has no versions."""
    try:
        if _kind(answer) != CORGI_TYPE:
            return _parsed(name, answer, source)
        return parse_packument(name, answer.body, source, short=True)
    except UpstreamError:
        return Packument(name, {}, short=True)


def _kind(answer: Answer) -> str:
    return answer.content_type.partition(";")[0].strip().lower()
