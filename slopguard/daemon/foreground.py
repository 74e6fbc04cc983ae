"""The daemon in a process that somebody else looks after: `slopguard daemon run`, for units and for people.

Invariant: one that runs already gives way; there is never a second one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from time import monotonic, sleep

from slopguard.config import Settings
from slopguard.daemon import activation
from slopguard.daemon.link import Link, NoDaemon
from slopguard.daemon.places import Places
from slopguard.errors import EnvironmentFailed, SlopguardError

PATIENCE = 10.0
"""Seconds that the one before may take to give up its place."""
LOOK = 0.05


def run(settings: Settings, idle: float) -> str:
    """Serve until it is over; why it ended.

    Args:
        idle: seconds without a session after which it ends; 0: it does not.

    Raises:
        ConfigError: the service manager passes something that is no control port.
        EnvironmentFailed: it cannot serve here.
    """
    places = Places(settings.home)
    control = activation.given()
    if not places.prepare():
        raise EnvironmentFailed(f"{places.folder}: cannot be made, or belongs to somebody else", "Check SLOPGUARD_HOME")
    lock = _taken(places)
    os.umask(0o077)
    from slopguard.daemon import life  # heavy

    why = life.live(settings.home, idle, lock, control=control)
    if why is None:
        raise EnvironmentFailed("the daemon cannot serve", f"See {places.log}")
    return why


def _taken(places: Places) -> int:
    """The lock, from whoever has it.

    Raises:
        EnvironmentFailed: whoever has it keeps it, or it cannot be had here.
    """
    until = monotonic() + PATIENCE
    try:
        while (lock := places.hold()) is None:
            if monotonic() > until:
                raise EnvironmentFailed("another daemon keeps its place", "See: slopguard daemon status")
            with suppress(NoDaemon, SlopguardError), Link.dial(places, PATIENCE) as link:
                link.ask("drain")
            sleep(LOOK)
    except OSError:
        raise EnvironmentFailed(f"{places.lock}: cannot be locked", "Check SLOPGUARD_HOME") from None
    return lock
