"""The paces of all hosts of a poll, and requests that keep them.

Invariant: one host has one pace, however many indexes and feeds lie on it, and whatever redirects lead to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import aiohttp

from slopguard.errors import UpstreamAuth, UpstreamError
from slopguard.indexes import Index, origin
from slopguard.radar.pace import Clock, Pace, Why
from slopguard.registries.http import Upstream
from slopguard.registries.interface import ProjectNotFound, Rejected

T = TypeVar("T")

NO_HEAD = (400, 405, 406, 501)
"""What hosts answer that do not take HEAD requests."""
BUSY = (429, 503)
"""Statuses by which a host says that it has too much to do."""


class Paces:
    """The paces of a poll, by host.

    Args:
        rate: requests a second to each host.
        patience: the longest wait in seconds that is waited out.
        waits: seconds for which hosts asked, in an earlier poll, to be left alone from now on.
    """

    def __init__(
        self,
        rate: float,
        patience: float = 300.0,
        waits: Mapping[str, float] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._rate, self._patience, self._clock = rate, patience, clock
        self._waits = dict(waits or {})
        self.known: dict[str, Pace] = {}

    def of(self, url: str) -> Pace:
        """The pace of the host of a URL."""
        host = host_of(url)
        if host not in self.known:
            pace = self.known[host] = Pace(self._rate, self._patience, self._clock)
            if (wait := self._waits.get(host, 0.0)) > 0:
                pace.stop(Why.BUSY, wait)
        return self.known[host]

    def sent(self, url: str) -> None:
        """A request left for this URL."""
        self.of(url).sent()

    def stopped(self) -> dict[str, Pace]:
        """The hosts that are left alone."""
        return {host: pace for host, pace in self.known.items() if pace.stopped}


class Counted(Upstream):
    """An `Upstream` of which each request counts at the pace of the host that it goes to: redirects lead to any.

    Args:
        paces: of this poll.
        more: as for `Upstream`.
    """

    def __init__(self, paces: Paces, index: Index, timeout: float, **more: Any) -> None:
        super().__init__(index, timeout, **more)
        self._paces = paces

    async def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> aiohttp.ClientResponse:
        self._paces.sent(url)
        return await super()._send(method, url, headers, body)


def host_of(url: str) -> str:
    """The host of a URL with its port, as it is shown and remembered."""
    _, host, port = origin(url)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def paced(pace: Pace, ask: Callable[[], Awaitable[T]], *, head: bool = False) -> T:
    """One request in its turn.

    Args:
        ask: sends it; its errors are told to the pace and raised.
        head: it is a HEAD request, which a host need not take.

    Raises:
        Stopped: the host is left alone.
    """
    turn = await pace.turn()
    try:
        found = await ask()
    except UpstreamError as error:
        if not (head and isinstance(error, Rejected) and error.status in NO_HEAD):
            pace.failed(turn, *_reason(error))
        raise
    except ProjectNotFound:
        pace.heard()
        raise
    pace.heard()
    return found


def _reason(error: UpstreamError) -> tuple[Why, float | None]:
    if isinstance(error, UpstreamAuth):
        return Why.AUTH, None
    if isinstance(error, Rejected):
        return (Why.BUSY, error.wait) if error.status in BUSY else (Why.DOWN, None)
    return Why.DOWN, None
