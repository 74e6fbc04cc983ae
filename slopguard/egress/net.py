"""The net around one guarded command: a thread of its own with the proxy, the environment, and the ports for Landlock.

    with Net(hosts, env, allow=settings.net_allow, enforce=settings.net_enforce, gate=address.base) as net:
        child.run(argv, net.environment(launch.env), cwd, confined=net.ports)
    for line in net.lines(): ...

The port is there at once, the proxy behind it when somebody first connects: most installs never do, and what it is made
of takes longer to import than many an install.

Invariants: a net that cannot be had is an error before the client starts; `learn`, `refusals` and `lines` may be used
from any thread, and `refusals` after the end as well.
"""

from __future__ import annotations

import secrets
import select
import socket
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from slopguard.egress import environment, landlock
from slopguard.egress.hosts import LOOPBACK, Refused
from slopguard.errors import EnvironmentFailed

if TYPE_CHECKING:
    from slopguard.egress.proxy import Proxy

USER = "slopguard"
"""The user in the net's URL; the secret is what counts."""
BACKLOG = 128
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
        kept: the ports on loopback that are refused at that moment, whatever is allowed; called by the net's thread.
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
        kept: Callable[[], Collection[int]] = tuple,
        enforce: bool = True,
        gate: str | None = None,
        proxy: str | None = None,
        no_proxy: str = "",
        observe: bool = False,
    ) -> None:
        self._refused = Refused(hosts, allow, kept)
        self._own = (env, proxy, no_proxy)
        self._observe = observe
        self._secret = secrets.token_urlsafe(24)
        self._port = 0
        self._enforce = enforce and not observe
        self._gate = urlsplit(gate).port if gate else None
        self._counts: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()
        self._listening = socket.socket()
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="slopguard-net", daemon=True)
        self.record: environment.Record = {}

    def __enter__(self) -> Self:
        try:
            self._listening.bind(("127.0.0.1", 0))
            self._listening.listen(BACKLOG)
        except OSError as error:
            for held in (self._listening, self._wake, self._woken):
                held.close()
            raise EnvironmentFailed("no port can be had on this machine's loopback address") from error
        self._port = self._listening.getsockname()[1]
        self._refused.close_off(LOOPBACK, self._port)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wake.close()  # the other end becomes readable, and says so whoever looks at it
        self._thread.join()

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """A client's environment under the net; `record` then holds what `egress.environment.uncovered` undoes."""
        under, self.record = environment.covered(env, f"http://{USER}:{self._secret}@127.0.0.1:{self._port}")
        return under

    @property
    def ports(self) -> tuple[int, ...] | None:
        """What a confined client may connect to; `None` where it is not confined: no Landlock, or not wanted."""
        if not self._enforce or not landlock.available():
            return None
        return tuple(filter(None, (self._gate, self._port)))

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

    def _proxy_of(self) -> Proxy:
        from slopguard.egress.proxy import Proxy
        from slopguard.egress.upstream import Upstream

        return Proxy(self._refused, Upstream(*self._own), self._told, secret=self._secret, observe=self._observe)

    def _run(self) -> None:
        """Wait for a connection or the end; only a connection is worth an event loop."""
        with self._listening as listening, self._woken as woken:
            if listening not in select.select([listening, woken], [], [])[0]:
                return
            from slopguard.egress import serving  # asyncio and all that: few installs connect to anything

            serving.serve(listening, woken, self._proxy_of)
