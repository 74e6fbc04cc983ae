"""Who hosts a command's session: the daemon of its home, or the command itself where none can be had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from slopguard.config import Settings
from slopguard.daemon.interface import Host


@contextmanager
def host(settings: Settings, env: Mapping[str, str]) -> Iterator[Host]:
    """A host, for as long as the block runs.

    Args:
        env: the command's environment; `SLOPGUARD_DAEMON` counts here.

    Raises:
        EnvironmentFailed: none can be had.
    """
    from slopguard.daemon.inside import Inside  # heavy: only where it is needed

    with Inside(settings) as inside:
        yield inside
