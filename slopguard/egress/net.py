"""The net around one guarded command: a thread of its own with the proxy, the environment, and the ports for Landlock.

    with Net(hosts, env, allow=settings.net_allow, enforce=settings.net_enforce, gate=address.base) as net:
        child.run(argv, net.environment(launch.env), cwd, confined=net.ports)
    for line in net.lines(): ...

Invariants: a net that cannot be had is an error before the client starts; `learn`, `refusals` and `lines` may be used
from any thread, and `refusals` after the end as well.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from slopguard.egress import environment, landlock
from slopguard.egress.hosts import Refused
from slopguard.egress.proxy import Proxy
from slopguard.egress.upstream import Upstream
from slopguard.errors import EnvironmentFailed

DISTINCT = 100
"""So many hosts are remembered; a script that tries more is not worth more lines."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A place that something tried to reach past the gate, and how often."""

    host: str
    port: int
    count: int


class Net:
    """A context manager; see the module.

    Args:
        hosts: URLs or hosts of what is refused: the session's indexes, the built-in defaults of clients, the origins
            that lock files record.
        env: the environment as it was before, for the user's own proxies.
        allow: host patterns that a person allowed.
        enforce: use Landlock where there is one.
        gate: the gate's base URL, which stays reachable.
        proxy: the client's own proxy setting, which it would take before the environment's; `no_proxy` beside it.
        observe: refuse nothing, and remember what would have been.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        env: Mapping[str, str],
        *,
        allow: Iterable[str] = (),
        enforce: bool = True,
        gate: str | None = None,
        proxy: str | None = None,
        no_proxy: str = "",
        observe: bool = False,
    ) -> None:
        self._refused = Refused(hosts, allow)
        self._proxy = Proxy(self._refused, Upstream(env, proxy, no_proxy), self._told, observe=observe)
        self._enforce = enforce and not observe
        self._gate = urlsplit(gate).port if gate else None
        self._counts: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()
        self._ready: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, name="slopguard-net", daemon=True)
        self._stop: asyncio.Event | None = None
        self.record: environment.Record = {}

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._ready.result()
        except OSError as error:
            raise EnvironmentFailed("no port can be had on this machine's loopback address") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._stop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed already: nothing is left to stop
            self._ready.result().call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """A client's environment under the net; `record` then holds what `egress.environment.uncovered` undoes."""
        under, self.record = environment.covered(env, self._proxy.url)
        return under

    @property
    def ports(self) -> tuple[int, ...] | None:
        """What a confined client may connect to; `None` where it is not confined: no Landlock, or not wanted."""
        if not self._enforce or not landlock.available():
            return None
        return tuple(filter(None, (self._gate, self._proxy.port)))

    def learn(self, where: str) -> None:
        """Refuse a further host (or that of a URL) from now on: one that an index says its files are at."""
        self._refused.add(where)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What was refused so far, in the order in which it was first tried."""
        with self._lock:
            return tuple(Refusal(host, port, count) for (host, port), count in self._counts.items())

    def lines(self) -> list[str]:
        """One line for each place that was refused."""
        return [
            f"slopguard: something that ran during the install was kept from {each.host}:{each.port}, which is past "
            f'the guard. If that is meant, a person may add to slopguard.toml: [net] allow = ["{each.host}"]'
            for each in self.refusals
        ]

    def _told(self, host: str, port: int) -> None:
        with self._lock:
            if (host, port) in self._counts or len(self._counts) < DISTINCT:
                self._counts[host, port] = self._counts.get((host, port), 0) + 1

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_Loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # handed to the thread that waits in __enter__, which raises it
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        await self._proxy.start()
        self._ready.set_result(asyncio.get_running_loop())
        try:
            await self._stop.wait()
        finally:
            await self._proxy.stop()


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose look-ups of names keep nobody waiting at its end: they run in threads that nobody joins."""

    async def getaddrinfo(self, *args: Any, **options: Any) -> Any:
        """See `asyncio.loop.getaddrinfo`."""
        found = self.create_future()

        def done(set_: Any, value: Any) -> None:
            if not found.done():
                set_(value)

        def look_up() -> None:
            outcome: tuple[Any, Any]
            try:
                outcome = found.set_result, socket.getaddrinfo(*args, **options)
            except Exception as error:
                outcome = found.set_exception, error
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self.call_soon_threadsafe(done, *outcome)

        threading.Thread(target=look_up, name="slopguard-look-up", daemon=True).start()
        return await found
