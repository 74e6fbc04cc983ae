"""The client of one upstream index: what is sent where, how long it may take, how much it may be.

Invariants:

* Credentials go to the index's own origin only. Once a redirect has left it they are not sent again, not even back
  there. They are in no error, log line or `repr`.
* https never becomes http. A file elsewhere than on its index's origin is https (or plain loopback to loopback) and
  has a hash. Addresses are checked by `addresses.GuardedResolver`. At most `REDIRECTS` redirects, each checked.
* A document arrives whole, within the time-out and the size limit (counted after decompression), or not at all.
* Every failure is `UpstreamError`, `UpstreamAuth` or `ProjectNotFound`, in our own words.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from slopguard import __version__
from slopguard.errors import UpstreamAuth, UpstreamError
from slopguard.indexes import Index, origin, without_credentials
from slopguard.registries.addresses import GuardedResolver, literal
from slopguard.registries.interface import ProjectNotFound
from slopguard.registries.login import Login

PAGE_LIMIT = 64 * 2**20
PACKUMENT_LIMIT = 256 * 2**20
REDIRECTS = 5
CONNECTIONS = 64
PIECE = 64 * 2**10
SLOWEST = 1024
"""Bytes a second below which a file counts as stalled, once it has taken longer than the time-out."""

LEGAL = "%/:=&?~#+!$,;'@()*[]"
"""Signs that a URL may hold and that are sent as they came."""

FAILURES = (aiohttp.ClientError, OSError, ValueError)
"""What a broken connection or an impossible URL looks like here; each becomes an `UpstreamError`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole document: its bytes (decompressed), content type and final URL."""

    body: bytes
    content_type: str
    url: str


def tls_context(index: Index) -> ssl.SSLContext | bool:
    """The TLS settings for an index: a CA bundle of its own replaces the system's, an extra one adds to it.

    Without one, OpenSSL's defaults count, `SSL_CERT_FILE` and `SSL_CERT_DIR` included; aiohttp has read them already.

    Returns:
        a context, or `True` for aiohttp's own, which verifies against those defaults.

    Raises:
        UpstreamError: a file cannot be read.
    """
    bundle = index.ca_file
    if index.verify and not (bundle or index.ca_text or index.ca_extra or index.own_cert):
        return True
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, **_bundle(bundle), cadata=index.ca_text)
        if index.ca_extra:
            context.load_verify_locations(**_bundle(index.ca_extra))
        if index.own_cert:
            context.load_cert_chain(*index.own_cert, password=lambda: "")  # never a prompt
    except (OSError, ssl.SSLError):
        raise UpstreamError("a certificate file that your client is configured with cannot be read") from None
    if not index.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _bundle(place: Path | None) -> dict[str, str]:
    """A CA bundle as `ssl` wants it named: a folder, a file, or none."""
    return {} if place is None else {"capath" if place.is_dir() else "cafile": str(place)}


def proxy_for(index: Index, url: str) -> str | None:
    """The proxy for a URL: the index's own setting, else the environment's; loopback is never proxied."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return None
    if index.proxy is not None:
        return None if _spared(host, index.no_proxy) else index.proxy or None
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _spared(host: str, listed: str) -> bool:
    """Whether a list such as `corp.example, .local, *` names a host or a domain above it."""
    domains = [part.strip().lower().lstrip("*").lstrip(".") for part in listed.split(",") if part.strip()]
    return any(domain in ("", host) or host.endswith(f".{domain}") for domain in domains)


class Upstream:
    """An HTTP client for one index; an async context manager, connections are made when first needed.

    Args:
        index: whose origin, credentials, CA bundle and proxy count.
        timeout: seconds that one document may take; for files, seconds without progress.
        resolver: asks for addresses; the system's by default.
    """

    def __init__(self, index: Index, timeout: float, resolver: AbstractResolver | None = None) -> None:
        self.index = index
        self._timeout = timeout
        self._origin = origin(index.url)
        self._login = Login(index)
        self._asked_resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._resolver: GuardedResolver | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        self._session = None

    @property
    def timeout(self) -> float:
        """Seconds that one document may take, or a file may stand still."""
        return self._timeout

    async def document(self, url: str, accept: str, limit: int) -> Answer:
        """A whole document.

        Args:
            accept: the `Accept` header.
            limit: bytes it may have after decompression.

        Raises:
            ProjectNotFound: 404 or 410.
            UpstreamAuth: 401 or 403.
            UpstreamError: anything else but a complete 200 within the time-out.
        """
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        with translated():
            async with asyncio.timeout(self._timeout), self.opened("GET", url, headers) as response:
                if response.status != 200:
                    raise UpstreamError(f"the index answered with status {response.status}")
                body = await whole(response, limit)
                return Answer(body, response.headers.get("Content-Type", ""), str(response.url))

    @asynccontextmanager
    async def opened(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        hashed: bool | None = None,
        body: bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An open response of status 2xx, after redirects, each of them checked.

        Args:
            hashed: for a file: whether a hash for it is known; `None` for documents.

        Raises:
            ProjectNotFound, UpstreamAuth, UpstreamError: as for `document`.
        """
        trusted = True
        for _ in range(REDIRECTS + 1):
            here = origin(url)
            trusted = trusted and here == self._origin
            await self._check(url, hashed)
            sent = {"User-Agent": f"slopguard/{__version__}", **headers, **(self._login.header if trusted else {})}
            response = await self._send(method, url, sent, body)
            try:
                if response.status == 401 and trusted and await self._login.renewed(sent.get("Authorization")):
                    continue
                target = response.headers.get("Location") if response.status in (301, 302, 303, 307, 308) else None
                if target is None:
                    _check_status(response.status)
                    yield response
                    return
            finally:
                response.release()  # closes the connection if the body was not read to its end
            url = self._redirected(url, target)
        raise UpstreamError("the index redirects in circles")

    def _redirected(self, url: str, target: str) -> str:
        try:
            found = without_credentials(urljoin(url, target))
            secure = origin(url)[0] == "https" and origin(found)[0] != "https"
        except ValueError:
            raise UpstreamError("the index redirects to something that is no address") from None
        if secure:
            raise UpstreamError("the index redirects from https to http; that is not followed")
        return found

    async def _check(self, url: str, hashed: bool | None) -> None:
        """Refuse an address that this index may not send us to."""
        scheme, host, port = origin(url)
        if scheme not in ("http", "https") or not host:
            raise UpstreamError("the index points to an address that is not http or https")
        self._connected()
        assert self._resolver is not None
        await self._resolver.check_literal(host)
        if hashed is None or (scheme, host, port) == self._origin:
            return
        if scheme != "https" and not (_loopback(host) and _loopback(self._origin[1]) and self._origin[0] == "http"):
            raise UpstreamError("the index offers a file over plain http on another host; that is not fetched")
        if not hashed:
            raise UpstreamError("the index offers a file without a hash on another host; that is not fetched")

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._resolver = GuardedResolver(self._origin[1], self._asked_resolver)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS, ssl=tls_context(self.index), resolver=self._resolver, force_close=False
                ),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=self._timeout),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    async def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> aiohttp.ClientResponse:
        """One request; a reading one is tried again once when the connection was lost before an answer came."""
        session, proxy = self._connected(), proxy_for(self.index, url)
        if proxy and self._resolver:
            self._resolver.exempt.add((urlsplit(proxy).hostname or "").lower())
        target = URL(
            quote(url, safe=LEGAL), encoded=True
        )  # what is escaped stays as it is: signed URLs break otherwise
        for last in (method not in ("GET", "HEAD"), True):
            try:
                return await session.request(
                    method, target, headers=headers, data=body, allow_redirects=False, proxy=proxy
                )
            except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                if last:
                    raise
        raise AssertionError("unreachable")


def _check_status(status: int) -> None:
    if status in (401, 403):
        raise UpstreamAuth("the index refused the credentials that your client is configured with")
    if status in (404, 410):
        raise ProjectNotFound("the index has no such package")
    if not 200 <= status < 300:
        raise UpstreamError(f"the index answered with status {status}")


def _loopback(host: str) -> bool:
    return host in ("localhost", "::1") or (host.startswith("127.") and literal(host) is not None)


@contextmanager
def translated() -> Iterator[None]:
    """Turns what goes wrong on the network into `UpstreamError`, in our own words."""
    try:
        yield
    except TimeoutError:
        raise UpstreamError("the index did not answer in time") from None
    except (ssl.SSLError, aiohttp.ClientSSLError):
        raise UpstreamError("the index did not prove its identity (TLS)") from None
    except aiohttp.ClientConnectorError:
        raise UpstreamError("the index cannot be reached") from None
    except FAILURES:
        raise UpstreamError("the connection to the index broke") from None


async def whole(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, decompressed piece by piece so that a bomb is noticed at the limit and not after it."""
    gunzip = _decompressor(response.headers.get("Content-Encoding", ""))
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_chunked(PIECE):
        for out in _inflated(gunzip, piece) if gunzip else (piece,):
            size += len(out)
            if size > limit:
                raise UpstreamError("the index sent more than a document can be")
            pieces.append(out)
    if gunzip and (not gunzip.eof or gunzip.unused_data):
        raise UpstreamError("the index sent half of a document")
    return b"".join(pieces)


def _inflated(gunzip: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    try:
        out = gunzip.decompress(piece, PIECE)
        while out:
            yield out
            out = gunzip.decompress(gunzip.unconsumed_tail, PIECE)
    except zlib.error:
        raise UpstreamError("the index sent a document that is broken") from None


def _decompressor(encoding: str) -> zlib._Decompress | None:
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
    raise UpstreamError("the index sent a document in an encoding nobody asked for")
