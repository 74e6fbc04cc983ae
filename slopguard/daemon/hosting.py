"""Who hosts a command's session: the daemon of its home, or the command itself where none can be had; light.

Invariant: a session that could not begin on the daemon, for whatever reason that is the daemon's, begins here instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from slopguard.config import Settings
from slopguard.daemon import starting
from slopguard.daemon.client import Remote
from slopguard.daemon.interface import Host, Hosted, Opening
from slopguard.daemon.link import NoDaemon
from slopguard.daemon.starting import Starting


def begin(settings: Settings, env: Mapping[str, str]) -> Starting:
    """Look for a daemon, and start one where there plainly is none, while the command does its own work.

    Args:
        env: the command's environment; `SLOPGUARD_DAEMON` counts here.
    """
    if not starting.idle_of(env):
        from slopguard.daemon import ahead

        ahead.start()
    return starting.begin(settings.home, env)


@contextmanager
def host(settings: Settings, env: Mapping[str, str], begun: Starting | None = None) -> Iterator[Host]:
    """A host, for as long as the block runs.

    Args:
        env: the command's environment; `SLOPGUARD_DAEMON` counts here.
        begun: what `begin` gave.
    """
    with _Either(settings, (begun or begin(settings, env)).finish()) as either:
        yield either


class _Either(ExitStack):
    """The daemon, or from the moment on that it does not help, this process."""

    def __init__(self, settings: Settings, remote: Remote | None) -> None:
        super().__init__()
        self._settings, self._remote = settings, remote
        self._inside: Host | None = None
        if remote is not None:
            self.callback(remote.close)

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
