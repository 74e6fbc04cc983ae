"""The net's server: a forward proxy that looks at where a connection leads and at nothing else.

Invariants: it answers on loopback only, and only who knows this run's secret; what is refused never reaches a
resolver; nothing inside a tunnel is read; the number of connections is bounded; no secret and no host is logged.

The secret is demanded although anybody on this machine could connect by themselves: this process hands connections on
to the user's own proxy with the user's credentials, and a stranger shall not borrow those. Every client measured sends
the credentials of a proxy's URL: pip, uv, npm, pnpm, yarn 1 and 4, bun, curl, wget, Node (NODE_USE_ENV_PROXY), Python's
urllib at once, git when it is asked for them. What cannot send them is not passed on.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import ipaddress
import logging
import socket
from collections.abc import Callable

from slopguard.egress import wire
from slopguard.egress.hosts import LOOPBACK, Refused, name_of
from slopguard.egress.net import USER
from slopguard.egress.upstream import Unusable, Upstream

CONNECTIONS = 512
"""More at once are turned away."""

NO_SECRET = "slopguard: this proxy answers only the command it was opened for"  # noqa: S105 (a message, no secret)

log = logging.getLogger(__name__)


def refusal(host: str) -> str:
    """The one line for a refused host."""
    return f"slopguard: no way to {host} past the guard while packages are installed; a person may list it in net.allow"


class Proxy:
    """The server; one event loop runs it.

    Args:
        refused: which hosts are refused.
        upstream: the user's own proxies.
        told: called with host and port of every connection that is refused, or would be.
        secret: what a client must know.
        observe: refuse nothing.
    """

    def __init__(
        self,
        refused: Refused,
        upstream: Upstream,
        told: Callable[[str, int], None],
        *,
        secret: str,
        observe: bool = False,
    ) -> None:
        self._refused, self._upstream, self._told, self._observe = refused, upstream, told, observe
        self._token = base64.b64encode(f"{USER}:{secret}".encode()).decode()
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def start(self, listening: socket.socket) -> None:
        """Serve on a socket that listens already."""
        for host, port in self._upstream.places:
            self._refused.close_off(host, port)
        self._server = await asyncio.start_server(self._taken, sock=listening, limit=wire.HEAD_LIMIT)

    async def stop(self) -> None:
        """End every connection."""
        assert self._server is not None
        self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._server.wait_closed()

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await self._served((reader, writer))
        except (OSError, asyncio.CancelledError):  # who was connected went away, or the net is closed
            pass
        except Exception:  # a fault of ours: the connection ends, so nothing is let through
            log.debug("a connection ended in a fault", exc_info=True)
        finally:
            self._running.discard(task)
            await _closed(writer)

    async def _served(self, client: wire.Stream) -> None:
        """One connection, which serves one request."""
        try:
            if len(self._running) > CONNECTIONS:
                raise wire.Bad(503, "slopguard: too many connections at once")
            head = await wire.read_head(client[0])
            if head:
                await self._passed_on(client, head)
        except wire.Bad as why:
            more = ['Proxy-Authenticate: Basic realm="slopguard"'] if why.status == 407 else []
            client[1].write(wire.answer(why.status, why.line, *more))
            await _drained(client)
        except Unusable:
            line = "slopguard: the proxy of this machine is of a kind that cannot be used here"
            client[1].write(wire.answer(502, line))

    async def _passed_on(self, client: wire.Stream, head: wire.Head) -> None:
        scheme, _, token = head.get("proxy-authorization").partition(" ")
        if scheme.lower() != "basic" or not hmac.compare_digest(token.strip().encode(), self._token.encode()):
            raise wire.Bad(407, NO_SECRET)
        where = wire.place(head)
        self._judge(where.host, where)
        if where.path is None:
            await self._tunnel(client, where)
        else:
            await self._plain(client, head, where)

    def _judge(self, host: str, where: wire.Place) -> None:
        """Stop here if the host is refused."""
        if self._refused.refuses(host, where.port):
            self._told(where.host, where.port)
            if not self._observe:
                raise wire.Bad(403, refusal(where.host))

    async def _tunnel(self, client: wire.Stream, where: wire.Place) -> None:
        server, authorization = await self._connected("https", where)
        try:
            if authorization is not None:
                server[1].write(wire.connect(where, authorization))
                status, _ = await wire.read_status(server[0])
                if not 200 <= status < 300:
                    raise wire.Bad(502, f"slopguard: the proxy of this machine answered {status}")
            client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await wire.joined(client, server)
        finally:
            await _closed(server[1])

    async def _plain(self, client: wire.Stream, head: wire.Head, where: wire.Place) -> None:
        length = head.length
        server, authorization = await self._connected("http", where)
        try:
            server[1].write(wire.request(head, where, authorization))
            await wire.exchanged(client, server, length)
        finally:
            await _closed(server[1])

    async def _connected(self, scheme: str, where: wire.Place) -> tuple[wire.Stream, str | None]:
        """A connection on the way to a place, and what to tell a proxy that it leads to (`None`: it leads to none)."""
        proxy = self._upstream.proxy(scheme, where.host, where.port)
        try:
            async with asyncio.timeout(wire.PATIENCE):
                if proxy:
                    return await proxy.connect(), proxy.authorization
                server = await asyncio.open_connection(where.spelled, where.port, happy_eyeballs_delay=0.25)
        except (OSError, ValueError):  # TimeoutError is one; ValueError: a name that IDNA does not take
            raise wire.Bad(502, f"slopguard: {where.host} cannot be reached") from None
        try:
            self._arrived(server, where)
        except wire.Bad:
            await _closed(server[1])
            raise
        return server, None

    def _arrived(self, server: wire.Stream, where: wire.Place) -> None:
        """A name that leads to loopback is loopback."""
        address = ipaddress.ip_address(server[1].get_extra_info("peername")[0].partition("%")[0])
        if where.host != LOOPBACK and name_of(address) == LOOPBACK:
            self._judge(LOOPBACK, where)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()


async def _drained(client: wire.Stream) -> None:
    """Let a client read an answer before the connection ends, though it may still be sending."""
    with contextlib.suppress(OSError, TimeoutError):
        await client[1].drain()
        client[1].write_eof()
        async with asyncio.timeout(1):
            while await client[0].read(64 << 10):
                pass
