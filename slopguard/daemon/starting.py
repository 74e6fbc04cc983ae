"""Finding the daemon of a home, or starting one, while the command does its own work; light.

Invariants: whatever is wrong with the daemon, or with the place where it would be, is no fault of the command, which
then hosts itself; every wait is bounded; of any number of commands that find none, one starts it and the others wait
for it; a daemon of another version is told to give way or is left alone, never used.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path
from time import monotonic, sleep

from slopguard import __version__
from slopguard.daemon import frames
from slopguard.daemon.client import Remote
from slopguard.daemon.link import Link, NoDaemon, Stuck
from slopguard.daemon.near import OFF, VARIABLE
from slopguard.daemon.places import Address, Places, whereabouts
from slopguard.errors import SlopguardError

IDLE = 15 * 60.0
"""Seconds without a session after which a daemon ends."""
ANSWER = 3.0
"""Seconds that a daemon may take to prove itself."""
START = 10.0
"""Seconds that a daemon may take from nothing to its first session."""
LOOK = 0.02
"""Seconds between two looks for the daemon that another command is starting."""
HANDED_ON = ("HOME", "SLOPGUARD_HOME", "PATH", "LANG", "LC_ALL", "LC_CTYPE")
"""All that a daemon gets of its starter's environment, beside those that begin with
`HANDED_ON_PREFIXES`: no credentials and no proxies, which each session brings, and nothing that loads code."""
HANDED_ON_PREFIXES = ("XDG_", "COVERAGE_", "COV_CORE_")


class Hopeless(Exception):
    """No daemon can be had for this command."""


def begin(home: Path, env: Mapping[str, str]) -> Starting:
    """Look for the daemon of a home and start one where there plainly is none; returns at once.

    Args:
        env: the command's environment; `SLOPGUARD_DAEMON` counts.
    """
    starting = Starting(home, env)
    starting.begin()
    return starting


def leave(home: Path, env: Mapping[str, str]) -> None:
    """See that there is a daemon for whoever comes next; nobody waits for it."""
    Starting(home, env).leave()


def idle_of(env: Mapping[str, str]) -> float:
    """Seconds without a session after which a daemon started here ends; 0 where none is wanted."""
    said = env.get(VARIABLE, "").strip().lower()
    if said == OFF:
        return 0.0
    try:
        seconds = float(said)
    except ValueError:
        return IDLE
    return max(seconds, 0.0) if isfinite(seconds) else IDLE


class Starting:
    """The way to the daemon of a home; made by `begin`."""

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self._places, self._env = Places(home), env
        self._idle = idle_of(env) if sys.platform != "win32" else 0.0
        self._until = monotonic() + START
        self._started: int | None = None
        """The pipe on which the daemon that was started here says that it is ready."""
        self._tried = False

    def begin(self) -> None:
        """See `slopguard.daemon.starting.begin`."""
        try:
            if self._idle and self._places.find() is None:
                self._start()
        except Hopeless:
            self._idle = 0.0

    @property
    def hopeless(self) -> bool:
        """Whether it is known already that the command has to host itself."""
        return not self._idle

    def finish(self) -> Remote | None:
        """The daemon as a host; `None` where the command has to host itself."""
        try:
            return Remote(self._dial, self._linked()) if self._idle else None
        except Hopeless:
            return None
        finally:
            if self._started is not None:
                os.close(self._started)

    def leave(self) -> None:
        """See `slopguard.daemon.starting.leave`."""
        try:
            if not self._idle:
                return
            found = self._places.find()
            link = self._linked_to(found[0]) if found is not None and self._usable(found[0]) else None
            if link is None:
                self._start()
            else:
                link.close()
        except Hopeless:
            return
        finally:
            if self._started is not None:
                os.close(self._started)

    def _dial(self) -> Link:
        """A connection to the daemon.

        Raises:
            NoDaemon: there is none now.
        """
        return Link.dial(self._places, ANSWER)

    def _linked(self) -> Link:
        """The first connection, waited for.

        Raises:
            Hopeless: none can be had in time.
        """
        while True:
            found = self._places.find()
            if found is not None and self._usable(found[0]) and (link := self._linked_to(found[0])) is not None:
                return link
            self._start()
            self._wait()

    def _linked_to(self, address: Address) -> Link | None:
        """A connection to the daemon with this address; one that does not fit is told to give way.

        Raises:
            Hopeless: it does not answer.
        """
        try:
            link = self._dial()
        except Stuck:
            raise Hopeless from None
        except NoDaemon:
            return None  # it was killed, or ends: another is started
        if link.who == address.who and self._fits(address):
            return link
        with suppress(SlopguardError, NoDaemon), link:
            if link.who == address.who:  # else one was started just now, and its address is to be read
                link.until = monotonic() + ANSWER
                link.ask("drain")
        return None

    def _usable(self, address: Address) -> bool:
        """Whether a daemon is one for this command, or may be replaced by one that is.

        One elsewhere, or of a newer version, is left alone as long as it lives, which the lock tells: the machine may
        have been switched off under it.

        Raises:
            Hopeless: it must be left alone.
        """
        newer = address.version != __version__ and not older(address.version, __version__)
        if address.where == whereabouts()[0] and address.protocol <= frames.PROTOCOL and not newer:
            return True
        self._start()
        if self._started is None:
            raise Hopeless
        return False

    def _fits(self, address: Address) -> bool:
        same = (address.version, address.protocol) == (__version__, frames.PROTOCOL)
        return same and address.restricted <= whereabouts()[1]

    def _start(self) -> None:
        """Start a daemon, unless somebody is at it.

        Raises:
            Hopeless: that cannot be done here, or was done already and is no use.
        """
        if self._started is not None:
            return
        if not self._places.prepare():
            raise Hopeless
        try:
            lock = self._places.hold()
        except OSError:
            raise Hopeless from None
        if lock is None:
            return
        if self._tried:
            os.close(lock)
            raise Hopeless  # it was started and is gone: something ends it
        self._tried = True
        try:
            self._started = spawned(self._places, self._idle, lock, self._env)
        except OSError:
            raise Hopeless from None
        finally:
            os.close(lock)

    def _wait(self) -> None:
        """Until there may be news.

        Raises:
            Hopeless: the daemon that was started cannot serve, or it takes too long.
        """
        left = self._until - monotonic()
        if left <= 0:
            raise Hopeless
        if self._started is None:
            sleep(min(LOOK, left))
            return
        if not select.select([self._started], [], [], left)[0] or not os.read(self._started, 1):
            raise Hopeless
        os.close(self._started)
        self._started = None


def spawned(places: Places, idle: float, lock: int, env: Mapping[str, str]) -> int:
    """Start a daemon that takes over the lock; the pipe on which it says that it is ready.

    Raises:
        OSError: no process can be had.
    """
    reading, writing = os.pipe()
    said = ("--home", str(places.home), "--idle", str(idle), "--lock", str(lock), "--ready", str(writing))
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "slopguard.daemon", *said, "--version", __version__],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={k: v for k, v in env.items() if k in HANDED_ON or k.startswith(HANDED_ON_PREFIXES)},
            cwd="/",
            pass_fds=(lock, writing),
            start_new_session=True,
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    process.returncode = 0  # nobody waits for it: it outlives this command
    return reading


def older(version: str, than: str) -> bool:
    """Whether a version came before another; one that cannot be read did not."""
    from packaging.version import InvalidVersion, Version  # only where versions differ: start-up is a feature

    try:
        return Version(version) < Version(than)
    except InvalidVersion:
        return False
