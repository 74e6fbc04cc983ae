"""Who hosts a command's session: the daemon of its home, or the command itself where none can be had; light.

Invariant: a session that could not begin on the daemon, for whatever reason that is the daemon's, begins here instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Self

from slopguard.config import Settings
from slopguard.daemon import ahead, starting
from slopguard.daemon.client import Remote
from slopguard.daemon.interface import Host, Hosted, Opening
from slopguard.daemon.link import NoDaemon


def begin(settings: Settings, env: Mapping[str, str]) -> Hosting:
    """Prepare for a session while the command does its own work; returns at once.

    Args:
        env: the command's environment; `SLOPGUARD_DAEMON` counts here.

    Returns:
        a context manager that gives the host, and holds what it needs.
    """
    begun = starting.begin(settings.home, env)
    if begun.hopeless:
        ahead.start()
    return Hosting(settings, begun)


class Hosting(ExitStack):
    """A `Host`: the daemon, or from the moment on that it does not help, this process; made by `begin`."""

    def __init__(self, settings: Settings, begun: starting.Starting) -> None:
        super().__init__()
        self._settings, self._begun = settings, begun
        self._remote: Remote | None = None
        self._inside: Host | None = None

    def __enter__(self) -> Self:
        self._remote = self._begun.finish()
        if self._remote is not None:
            self.callback(self._remote.close)
        return super().__enter__()

    @contextmanager
    def open(self, opening: Opening) -> Iterator[Hosted]:
        """A session; see `Host.open`."""
        with ExitStack() as stack:
            yield self._opened(opening, stack)

    def _opened(self, opening: Opening, stack: ExitStack) -> Hosted:
        if self._remote is not None:
            try:
                return stack.enter_context(self._remote.open(opening))
            except NoDaemon:
                self._remote = None
        if self._inside is None:
            from slopguard.daemon.inside import Inside  # heavy: only where it is needed

            self._inside = self.enter_context(Inside(self._settings))
        return stack.enter_context(self._inside.open(opening))
