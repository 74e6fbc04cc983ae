"""The daemon's timer: a poll of the radar every so often, where the settings of the account or the machine say so.

The daemon hosts sessions and starts nothing for any of them; this is the one program that it starts, for nobody's
command. Invariants: it is this slopguard's own `watch poll`, with the words that stand here, in a process of its own,
in the root folder; its environment is made here, of the daemon's own places and a PATH that no caller chose; no session
can cause one, name one, or hear of one; a poll that runs is not joined by a second one (`radar.alone`), and goes on
when the daemon ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from slopguard import config
from slopguard.config import Settings
from slopguard.daemon.starting import HANDED_ON, HANDED_ON_PREFIXES
from slopguard.errors import SlopguardError
from slopguard.radar.alone import last_began

LOOK = 30.0
"""Seconds between two looks at whether a poll is due."""
FIRST = 2.0
"""Seconds after its start until the daemon looks for the first time: whoever started it comes first."""
PROGRAMS = ("/usr/local/bin", "/opt/homebrew/bin", "/usr/bin", "/bin")
"""Where a poll looks for the clients that it asks for their indexes, beside slopguard's own environment."""

log = logging.getLogger("slopguard.daemon")


class Timer:
    """Starts polls for one home.

    Args:
        settings: gives the settings in force, of no project.
        start: starts a process and gives something that says whether it has ended (`subprocess.Popen`).
        clock: seconds since 1970.
    """

    def __init__(
        self,
        home: Path,
        settings: Callable[[], Settings] | None = None,
        start: Callable[[Path, float], subprocess.Popen[bytes]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._home, self._clock = home, clock
        self._settings = settings or _of_the_account
        self._start = start or started
        self._running: subprocess.Popen[bytes] | None = None
        self._tried = float("-inf")

    async def run(self) -> None:
        """Look for ever whether a poll is due."""
        await asyncio.sleep(FIRST)
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(LOOK)

    def look(self) -> None:
        """Start a poll if one is due."""
        if self._running is not None:
            if self._running.poll() is None:
                return
            log.info("the poll has ended with %d", self._running.returncode)
            self._running = None
        every = self._every()
        if every is None or not self._due(every):
            return
        self._tried = self._clock()
        with suppress(OSError):
            self._running = self._start(self._home, every)
            log.info("a poll has begun, process %d", self._running.pid)

    def _every(self) -> float | None:
        try:
            return self._settings().radar.every
        except SlopguardError:
            return None

    def _due(self, every: float) -> bool:
        """Whether the last poll began long enough ago, or in the future; one that failed to start is one."""
        now, last = self._clock(), last_began(self._home)
        return not any(0 <= now - moment < every for moment in (self._tried, last) if moment is not None)


def started(home: Path, every: float) -> subprocess.Popen[bytes]:
    """Start a poll that nobody waits for.

    Raises:
        OSError: no process can be had.
    """
    return subprocess.Popen(
        command(every),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(home, os.environ),
        cwd="/",
        start_new_session=True,
    )


def command(every: float) -> tuple[str, ...]:
    """The poll's command line: it is to end before the next one is due."""
    return sys.executable, "-P", "-m", "slopguard", "watch", "poll", "--unattended", "--max-time", f"{every:.0f}s"


def environment(home: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The poll's environment: where the account's settings and data lie, and a PATH of the system's.

    Args:
        env: the daemon's own.
    """
    kept = {key: value for key, value in env.items() if key in HANDED_ON or key.startswith(HANDED_ON_PREFIXES)}
    places = os.pathsep.join((str(Path(sys.executable).parent), *PROGRAMS))
    return {**kept, "SLOPGUARD_HOME": str(home), "SLOPGUARD_DAEMON": "off", "PATH": places}


def _of_the_account() -> Settings:
    return config.load(Path("/"), os.environ, terminal=False)
