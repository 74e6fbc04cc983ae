"""The client of one upstream index: what is sent where, how long it may take, how much it may be.

Invariants:

* Credentials go to the index's own origin only. Once a redirect has left it they are not sent again, not even back
  there. They are in no error, log line or `repr`.
* https never becomes http. A file elsewhere than on its index's origin is https (or plain loopback to loopback) and
  has a hash. Addresses are checked by `addresses.GuardedResolver`. At most `REDIRECTS` redirects, each checked.
* A connection is made as the caller's own `surroundings` say and shared only with callers of the same ones.
* A validator goes only where the document that it stands for came from, with the same credentials; a 304 counts only
  as the answer to one. Offline, nothing is sent at all.
* A document arrives whole, within the time-out and the size limit (counted after decompression), or not at all.
* Every failure is `UpstreamError`, `UpstreamAuth` or `ProjectNotFound`, in our own words.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from slopguard import __version__
from slopguard.errors import UpstreamAuth, UpstreamError
from slopguard.indexes import Index, origin, without_credentials
from slopguard.registries.addresses import GuardedResolver, literal
from slopguard.registries.bodies import whole
from slopguard.registries.connections import CONNECTIONS, IDLE, Connection, Connections, Trust
from slopguard.registries.interface import Declined, ProjectNotFound, Rejected, Unasked
from slopguard.registries.login import Login
from slopguard.registries.surroundings import Surroundings, proxy_for, tls_context, tls_identity
from slopguard.registries.validity import SILENT, Known, Validity, wait

PAGE_LIMIT = 64 * 2**20
PACKUMENT_LIMIT = 256 * 2**20
REDIRECTS = 5
SLOWEST = 1024
"""Bytes a second below which a file counts as stalled, once it has taken longer than the time-out."""

LEGAL = "%/:=&?~#+!$,;'@()*[]"
"""Signs that a URL may hold and that are sent as they came."""

OFFLINE = "slopguard is offline, and has not fetched this before"
"""What is said instead of asking."""

FORMS = (400, 406, 415)
"""What a registry answers that does not know the form asked for."""
FAILURES = (aiohttp.ClientError, OSError, ValueError)
"""What a broken connection or an impossible URL looks like here; each becomes an `UpstreamError`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole document.

    Args:
        body: its bytes, decompressed.
        content_type: as it came.
        url: where it was finally found.
        validity: how long it stays good.
        login: stands for the credentials that it was asked for with, empty for none (`Login.mark`).
    """

    body: bytes
    content_type: str
    url: str
    validity: Validity = SILENT
    login: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """A response, and what it answers.

    Args:
        response: open, of status 2xx, or 304 to a conditional request.
        login: as in `Answer`.
    """

    response: aiohttp.ClientResponse
    login: str


class Upstream:
    """An HTTP client for one index; an async context manager, connections are made when first needed.

    Args:
        index: whose origin, credentials, CA bundle and proxy count.
        timeout: seconds that one document may take; for files, seconds without progress.
        resolver: asks for addresses; the system's by default.
        surroundings: the caller's; by default this process is the caller.
        connections: shared with others; its own by default.
        offline: nothing is sent.
    """

    def __init__(
        self,
        index: Index,
        timeout: float,
        resolver: AbstractResolver | None = None,
        *,
        surroundings: Surroundings | None = None,
        connections: Connections | None = None,
        offline: bool = False,
    ) -> None:
        self.index = index
        self.offline = offline
        self.login = Login(index)
        self._timeout = timeout
        self._origin = origin(index.url)
        self._resolver = resolver
        self._around = Surroundings.of(os.environ) if surroundings is None else surroundings
        self._shared, self._connections = connections is not None, Connections() if connections is None else connections
        self._connection: Connection | None = None
        self._users = 0
        proxy = (index.proxy, index.no_proxy)
        self.way = (self._origin[1], proxy, *tls_identity(index), *self._around.identity, resolver)
        """Stands for how connections are made: what is asked in another way may be answered by somebody else."""

    def hold(self) -> None:
        """One more user; each is to leave the context manager."""
        self._users += 1

    async def __aenter__(self) -> Self:
        self.hold()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._users -= 1
        if self._users > 0 or self._connection is None:
            return
        self._connection = None
        await self._connections.give_back(self.way)
        if not self._shared:
            await self._connections.close()

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
        answer = await self.asked(url, accept, limit)
        assert isinstance(answer, Answer)
        return answer

    async def asked(self, url: str, accept: str, limit: int, known: Known | None = None) -> Answer | Validity:
        """The same for a document that may be held already: how long it stays good, if `known` is still it."""
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        with translated():
            async with asyncio.timeout(self._timeout), self._reached("GET", url, headers, known=known) as reached:
                response = reached.response
                validity = Validity.of(_listed(response.headers))
                if response.status == 304:
                    return validity
                if response.status != 200:
                    raise UpstreamError(f"the index answered with status {response.status}")
                body = await whole(response, limit)
                kind = response.headers.get("Content-Type", "")
                return Answer(body, kind, str(response.url), validity, reached.login)

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
        async with self._reached(method, url, headers, hashed=hashed, body=body) as reached:
            yield reached.response

    @asynccontextmanager
    async def _reached(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        hashed: bool | None = None,
        body: bytes | None = None,
        known: Known | None = None,
    ) -> AsyncIterator[Reached]:
        """As `opened`; 304 is an answer too where `known` was asked about."""
        if self.offline:
            raise Unasked(OFFLINE)
        trusted, login = True, ""
        for _ in range(REDIRECTS + 1):
            here = origin(url)
            trusted = trusted and here == self._origin
            await self._check(url, hashed)
            sent = {"User-Agent": f"slopguard/{__version__}", **headers}
            if trusted:
                login, sent = self.login.mark, {**sent, **self.login.header}
            conditions = known.headers if known and (known.url, known.login) == (url, login) else {}
            sent |= conditions
            response = await self._send(method, url, sent, body)
            try:
                if response.status == 401 and trusted and await self.login.renewed(sent.get("Authorization")):
                    continue
                target = response.headers.get("Location") if response.status in (301, 302, 303, 307, 308) else None
                if target is None:
                    if response.status != 304 or not conditions:
                        _check_status(response.status, response.headers.get("Retry-After"))
                    yield Reached(response, login)
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
        await self._connected().resolver.check_literal(host)
        if hashed is None or (scheme, host, port) == self._origin:
            return
        if scheme != "https" and not (_loopback(host) and _loopback(self._origin[1]) and self._origin[0] == "http"):
            raise UpstreamError("the index offers a file over plain http on another host; that is not fetched")
        if not hashed:
            raise UpstreamError("the index offers a file without a hash on another host; that is not fetched")

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._connections.take(self.way, self._connect)
        return self._connection

    def _connect(self) -> Connection:
        resolver = GuardedResolver(self._origin[1], self._resolver)
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, resolver=resolver, keepalive_timeout=IDLE)
        http = aiohttp.ClientSession(
            connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )
        return Connection(http, resolver)

    async def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> aiohttp.ClientResponse:
        """One request; a reading one is tried again once when the connection was lost before an answer came."""
        connection, proxy = self._connected(), proxy_for(self.index, url, self._around)
        if proxy:
            connection.resolver.exempt.add((urlsplit(proxy).hostname or "").lower())
        trust: Trust = True
        if url.startswith("https:") or (proxy or "").startswith("https:"):
            whose = (*tls_identity(self.index), *self._around.authority)
            trust = await self._connections.trust(whose, partial(tls_context, self.index, self._around))
        patience = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=self._timeout)
        target = URL(
            quote(url, safe=LEGAL), encoded=True
        )  # what is escaped stays as it is: signed URLs break otherwise
        for last in (method not in ("GET", "HEAD"), True):
            try:
                return await connection.http.request(
                    method,
                    target,
                    headers=headers,
                    data=body,
                    allow_redirects=False,
                    proxy=proxy,
                    timeout=patience,
                    ssl=trust,
                )
            except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                if last:
                    raise
        raise AssertionError("unreachable")


def _listed(headers: CIMultiDictProxy[str]) -> Mapping[str, str]:
    """The headers of an answer; what several lines say about caching, in one (RFC 9110, section 5.3)."""
    listed = CIMultiDict(headers)
    listed["Cache-Control"] = ", ".join(headers.getall("Cache-Control", ()))
    return listed


def _check_status(status: int, later: str | None) -> None:
    if status in (401, 403):
        raise UpstreamAuth("the index refused the credentials that your client is configured with")
    if status in (404, 410):
        raise ProjectNotFound("the index has no such package")
    if not 200 <= status < 300:
        raise (Declined if status in FORMS else Rejected)(status, wait(later))


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
