"""The gate for synchronous callers: one thread, one event loop, closed without a trace.

Invariant: every public method may be called from the thread that entered the context manager only; what it returns
is safe to read there.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Coroutine, Iterable
from types import TracebackType
from typing import Any, Self, TypeVar

from slopguard.clients.interface import GateAddress
from slopguard.gate.server import Gate
from slopguard.gate.session import Session
from slopguard.gate.upstream import upstream_url
from slopguard.gate.verdicts import judge_all
from slopguard.model import Ecosystem, Request, Verdict
from slopguard.registries.shared import Shared

T = TypeVar("T")


class GateThread:
    """A context manager that runs a `Gate` on an event loop of its own.

    Args:
        host: the loopback address to listen on.
        port: the port to try first; 0 or a taken port gives any free one.
        shared: what its sessions share, by default in memory only; closed with the gate.

    Raises:
        EnvironmentFailed: on entry, when no port on `host` can be had.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, shared: Shared | None = None) -> None:
        self._host, self._port = host, port
        self._shared = shared or Shared()
        self.gate = Gate(self._shared)
        self._ready: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, name="slopguard-gate", daemon=True)
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop, stop = self._ready.result(), self._stop
        assert stop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed already: nothing is left to stop
            loop.call_soon_threadsafe(stop.set)
        self._thread.join()

    def open(self, session: Session) -> GateAddress:
        """Let `session` in and say where it listens."""
        return self.call(self.gate.open(session))

    def close(self, session: Session) -> None:
        """Write what is left of `session` to the ledger and shut its upstream connections."""
        self.call(self.gate.close(session))

    def judge(self, session: Session, requests: Iterable[Request]) -> list[Verdict]:
        """Verdicts for `requests`, in their order, recorded in the ledger before they are returned.

        Facts come from the session's own indexes, asked concurrently; an index that does not answer gives an
        `unchecked` verdict, never an error.

        Raises:
            StoreError: the ledger cannot be written.
        """
        return self.call(judge_all(session, tuple(requests)))

    def upstream_url(self, session: Session, ecosystem: Ecosystem, key: str, name: str, filename: str) -> str | None:
        """Where a file that this gate serves really comes from (see `slopguard.gate.upstream`)."""
        return self.call(upstream_url(session, ecosystem, key, name, filename))

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the gate's event loop and give its result."""
        return asyncio.run_coroutine_threadsafe(work, self._ready.result()).result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # handed to the thread that waits in __enter__, which raises it
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        await self.gate.start(self._host, self._port)
        self._ready.set_result(asyncio.get_running_loop())
        try:
            await self._stop.wait()
        finally:
            await self.gate.stop()
            await self._shared.close()
