"""The daemon of one `SLOPGUARD_HOME`: a gate, a control port, and the sessions of whoever may read its key.

Invariants: it serves the one home it was started for; it starts no program for anybody (`timer` starts the radar's own
poll), and writes nothing outside that home but what the settings of its own account say; its address stands in the
folder only while it takes new sessions, and it holds the lock as long; it ends by itself when it is idle, told to, or
when its place is gone or another's.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from slopguard import __version__, config
from slopguard.config import Settings
from slopguard.daemon import frames, hosted, weighing, wire
from slopguard.daemon.doorway import Doorway
from slopguard.daemon.interface import Opening
from slopguard.daemon.leases import IDLE, Leases
from slopguard.daemon.memory import tidied
from slopguard.daemon.places import Address, Places, whereabouts
from slopguard.daemon.proof import KEY_BYTES
from slopguard.daemon.questions import Answers, Questions
from slopguard.daemon.timer import Timer
from slopguard.daemon.visitor import Unwilling, Visitor
from slopguard.errors import SlopguardError
from slopguard.gate.ports import preferred_port
from slopguard.gate.server import Gate
from slopguard.registries.shared import Shared
from slopguard.store.db import Database

LOOPBACK = "127.0.0.1"
LOOK = 2.0
"""Seconds between two looks at whether its place is still its own."""
GRACE = 60.0
"""Seconds that sessions have to end by themselves when the machine asks it to end."""
SETTLE = 1.0
"""Seconds after the last session, until what it needed is given back."""
MOST_QUESTIONS = 20_000
"""Questions of one call of an agent's tool; whoever has more answers them itself."""
THREADS = 64
"""Threads for what takes long; a keyring that asks a person holds one."""

log = logging.getLogger("slopguard.daemon")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a daemon is started with.

    Args:
        home: whose it is.
        idle: seconds without a session after which it ends; 0: it does not.
        lock: the descriptor of the lock, held.
        ready: called once, when commands may come.
        control: a listening socket that somebody else holds, for the control port.
        version: of slopguard.
        protocol: how it speaks.
    """

    home: Path
    idle: float
    lock: int
    ready: Callable[[], None] = lambda: None
    control: socket.socket | None = None
    version: str = __version__
    protocol: int = frames.PROTOCOL


class Daemon:
    """See the module's invariants; `run` is all of its life."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._places = Places(terms.home)
        self._settings = replace(config.load(Path("/"), os.environ, terminal=False), home=terms.home)
        self._started = time.time()
        self._lock: int | None = terms.lock
        self._visits: set[asyncio.Task[None]] = set()
        self.leases: Leases

    async def run(self) -> str:
        """Serve until it is over; why it ended.

        Raises:
            EnvironmentFailed: no port can be had.
            OSError: the address cannot be written.
        """
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, "slopguard-daemon"))
        self.leases = Leases(self._terms.idle)
        async with await asyncio.to_thread(Shared.kept, self._settings) as shared:
            self._shared, self._gate = shared, Gate(shared)
            await self._gate.start(port=preferred_port(self._terms.home))
            with kept_open(self._terms.home):
                return await self._serve()

    async def _serve(self) -> str:
        """Serve on the gate that listens already; why that ended."""
        loop = asyncio.get_running_loop()
        try:
            await self._listen()
            self._terms.ready()
            log.info("version %s serves, process %d", self._terms.version, os.getpid())
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._told_to_end)
            beside = [asyncio.create_task(each) for each in (self._look(), Timer(self._terms.home).run())]
            why = await self.leases.over()
            for task in beside:
                task.cancel()
            self.leases.drain()
            self._withdraw(keep=why == IDLE)
            log.info("ended: %s", why)
            return why
        finally:
            await self._close()

    async def _listen(self) -> None:
        """Take a control port, and let everybody know."""
        control = self._terms.control or socket.create_server((LOOPBACK, 0), backlog=128)
        where, restricted = whereabouts()
        key, terms = os.urandom(KEY_BYTES), self._terms
        self._address = Address(
            os.getpid(),
            control.getsockname()[1],
            int(self._gate.base.rpartition(":")[2]),
            terms.version,
            terms.protocol,
            where,
            restricted,
            held=terms.control is not None,
        )
        door = Doorway(key, self._address.who, self._admit)
        self._server = await asyncio.start_server(door.knock, sock=control, start_serving=False)
        self._places.publish(self._address, key)  # before anybody is answered, who may wait at a port that was held
        await self._server.start_serving()

    async def _admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A command that has proven itself."""
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        try:
            await Visitor(self, reader, writer).stay()
        finally:
            self._visits.discard(task)

    async def seat(self, opening: Opening) -> hosted.Seated:
        """Open a session for a command of this home and account.

        Raises:
            Unwilling: it is another's.
            SlopguardError: the session cannot be had.
        """
        return await hosted.seat(self._gate, replace(opening, settings=self._of_ours(opening.settings)))

    async def weigh(self, questions: Questions, wanted: Callable[[], bool]) -> Answers:
        """Answer what a hook of this home and account asks; see `weighing.beside`.

        Raises:
            Unwilling: it is another's, asks more than a call can, or has stopped waiting.
            SlopguardError: the lists or the database cannot be used.
        """
        settings = self._of_ours(questions.settings)
        if sum(len(group.requests) + len(group.mismatched) for group in questions.groups) > MOST_QUESTIONS:
            raise Unwilling
        try:
            return await weighing.beside(replace(questions, settings=settings), self._shared, wanted)
        except TimeoutError:
            raise Unwilling from None

    def _of_ours(self, settings: Settings) -> Settings:
        """The settings of a command of this home and account, its home as we know it.

        Raises:
            Unwilling: they are another's, or want a cache of another size.
        """
        own = self._settings
        if not _same(settings.home, own.home) or (settings.account, settings.user) != (own.account, own.user):
            raise Unwilling
        if settings.cache_bytes != own.cache_bytes:
            self._give_way_to_new_settings()
            raise Unwilling
        return replace(settings, home=own.home)

    def _give_way_to_new_settings(self) -> None:
        """Drain if the account wants another cache by now than the one that was opened at the start."""
        with suppress(SlopguardError):
            if config.load(Path("/"), os.environ, terminal=False).cache_bytes != self._settings.cache_bytes:
                self.drain()

    def state(self) -> wire.State:
        """What there is to say about it."""
        address, leases = self._address, self.leases
        return wire.State(
            address.version,
            address.pid,
            address.port,
            address.gate,
            leases.sessions,
            self._started,
            leases.draining,
            leases.idle,
        )

    def drain(self) -> None:
        """Take no new session from now on, and end with the last one; another daemon may start at once."""
        if not self.leases.draining:
            log.info("drains, %d sessions", self.leases.sessions)
            self._withdraw(keep=False)
            self.leases.drain()

    def emptied(self) -> None:
        """A session has ended; give back what it needed, when nobody needs it."""
        asyncio.get_running_loop().call_later(SETTLE, self._tidy)

    def _tidy(self) -> None:
        if not self.leases.sessions:
            tidied()

    def _told_to_end(self) -> None:
        """By a signal: first politely, the second time at once."""
        if self.leases.draining:
            self.leases.stop()
        self.drain()
        asyncio.get_running_loop().call_later(GRACE, self.leases.stop)

    def _withdraw(self, *, keep: bool) -> None:
        """Give up the place: nobody finds us any more, and another may take it.

        Args:
            keep: the address stays where somebody else holds the port, who starts us again.
        """
        if self._lock is None:
            return
        if not (keep and self._address.held):
            self._places.withdraw(self._address)
        self._server.close()
        os.close(self._lock)
        self._lock = None

    async def _look(self) -> None:
        """Notice that the folder is gone, or another's."""
        while True:
            await asyncio.sleep(LOOK)
            found = self._places.find()
            mine = self._lock is not None and self._places.holds(self._lock)
            if not self.leases.draining and (not mine or found is None or found[0] != self._address):
                log.info("its place is gone")
                self.drain()

    async def _close(self) -> None:
        """End whatever is left, for good."""
        visits = tuple(self._visits)
        for visit in visits:
            visit.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await asyncio.gather(*visits, return_exceptions=True)
                await self._gate.stop()


@contextmanager
def kept_open(home: Path) -> Iterator[None]:
    """The database held open: SQLite tidies up, and waits for the disk, when the last of all connections is closed.

    One that cannot be opened is the error of whoever needs it.
    """
    with ExitStack() as stack:
        with suppress(SlopguardError):
            held = Database(home)
            stack.callback(held.close)
        yield


def _same(one: Path, other: Path) -> bool:
    """Whether two paths name one folder."""
    try:
        return one == other or one.samefile(other)
    except OSError:
        return False
