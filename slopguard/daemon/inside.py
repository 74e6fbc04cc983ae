"""The host in a command's own process: a gate on a thread, for where no daemon can be had or none is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from slopguard.clients.interface import GateAddress
from slopguard.config import Settings
from slopguard.daemon.hosted import Seated, seat
from slopguard.daemon.interface import Closed, Hosted, Opening
from slopguard.gate.ports import preferred_port
from slopguard.gate.thread import GateThread
from slopguard.model import Ecosystem, Request, Verdict
from slopguard.registries.shared import Shared


class Inside:
    """A `Host`, and a context manager: its gate listens while the block runs.

    Args:
        settings: whose home says which port is tried first.
    """

    def __init__(self, settings: Settings) -> None:
        self._thread = GateThread(port=preferred_port(settings.home), shared=Shared.kept(settings))

    def __enter__(self) -> Self:
        self._thread.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.__exit__(kind, error, trace)

    @contextmanager
    def open(self, opening: Opening) -> Iterator[Hosted]:
        """A session on this gate; see `Host.open`."""
        seated = self._thread.call(seat(self._thread.gate, opening))
        try:
            yield _Near(self._thread, seated)
        finally:
            self._thread.call(seated.leave())


class _Near:
    """A session of this process as a command sees it."""

    def __init__(self, thread: GateThread, seated: Seated) -> None:
        self._thread, self._seated = thread, seated

    @property
    def address(self) -> GateAddress:
        return self._seated.address

    @property
    def notes(self) -> tuple[str, ...]:
        return self._seated.notes

    @property
    def verdicts(self) -> Sequence[Verdict]:
        return self._seated.verdicts

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        return self._thread.call(self._seated.judge(requests))

    def upstream_url(self, ecosystem: Ecosystem, key: str, name: str, filename: str) -> str | None:
        return self._thread.call(self._seated.upstream_url(ecosystem, key, name, filename))

    def tell(self, learn: Callable[[str], None]) -> None:
        self._seated.learned.tell(learn)

    def lost(self, then: Callable[[], None]) -> None:
        """The host is this process."""

    def close(self) -> Closed:
        return self._thread.call(self._seated.close())

    def installed(self) -> bool:
        return self._thread.call(self._seated.installed())
