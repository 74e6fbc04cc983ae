"""The sessions of a served gate: one for each caller, from settings, lists and policy as they are now.

A session judges a name once and holds an index's documents for ten minutes. So that no version is handed out which came
after its name was judged, a session lasts for less than that; then the caller gets the next one, and what was under way
in the old one ends there. Invariants: a caller whose login differs has a session of its own; when settings or lists
change, no request that comes later is answered by what was before; at most `MOST` sessions are open, and one that was
asked for very many names ends sooner.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from os import urandom
from pathlib import Path

from slopguard.config import Settings
from slopguard.errors import SlopguardError
from slopguard.gate.server import Gate
from slopguard.gate.session import Session, make_session
from slopguard.indexes import Credentials, Index
from slopguard.lists.places import place
from slopguard.locked import LockedSet
from slopguard.model import Door
from slopguard.registries.once import REMEMBERED
from slopguard.serve import metrics
from slopguard.serve.hearing import CountingJudge, HeardVerdicts, PassingJournal, Refusals
from slopguard.serve.indexes import served, with_login
from slopguard.serve.learned import Required, SharedArrivals
from slopguard.serve.options import Options, settings_of
from slopguard.serve.tokens import Caller

LASTS = REMEMBERED - 60
"""Seconds in which a session takes requests."""
MOST = 256
"""Sessions of one worker at once."""
NAMES, NAMES_OF_ONE = 16_384, 4096
"""Names that the sessions of one worker hold together, and one of them: each takes some 16 KiB."""
ANEW = 3600
"""Seconds after which lists and policy are read again although nothing seems to have changed."""
DOOR = "serve"


@dataclass(slots=True)
class Era:
    """Everything that is the same for all callers until something changes.

    Args:
        mark: stands for the files that the lists come from.
    """

    settings: Settings
    judge: CountingJudge
    indexes: tuple[Index, ...]
    mark: tuple[object, ...]
    since: float = field(default_factory=time.monotonic)
    open: int = 0
    over: bool = False


@dataclass(slots=True)
class Seat:
    """An open session and who is in it."""

    session: Session
    verdicts: HeardVerdicts
    era: Era
    since: float
    inside: int = 0
    over: bool = False

    @property
    def ended(self) -> bool:
        """Whether whoever comes next gets another."""
        return time.monotonic() - self.since > LASTS or self.verdicts.names > NAMES_OF_ONE


def era(options: Options, env: Mapping[str, str]) -> Era:
    """Settings, lists, policy and indexes as they are now.

    Raises:
        SlopguardError: one of them cannot be used.
    """
    settings = settings_of(options, env)
    mark = _mark(settings)
    indexes = served(settings, options.clients, env)
    judge = CountingJudge.open(settings, LockedSet())
    assert isinstance(judge, CountingJudge)
    return Era(settings, judge, indexes, mark)


class Hall:
    """The sessions of one worker.

    Args:
        gate: hosts them; it need not listen.
        begun: how things are now.
        required: what all workers know of requirements.
        refusals: on which connections something was refused.
    """

    def __init__(self, gate: Gate, begun: Era, required: Required, refusals: Refusals) -> None:
        self.era = begun
        self._gate, self._required, self._refusals = gate, required, refusals
        self._seats: dict[tuple[str, ...], Seat] = {}
        self._lock = asyncio.Lock()
        self._key = urandom(32)

    @asynccontextmanager
    async def seat(self, caller: Caller) -> AsyncIterator[Session]:
        """The caller's session, open at least until the block is left."""
        key = (caller.name, caller.actor.value, caller.token, self._hidden(caller.login))
        async with self._lock:
            seat = self._seats.get(key)
            if seat is None or seat.era is not self.era or seat.ended:
                await self._leave(key)
                seat = self._seats[key] = await self._opened(caller)
            else:
                self._seats[key] = self._seats.pop(key)  # the one that came last stands last
            seat.inside += 1
            await self._make_room()
        try:
            yield seat.session
        finally:
            seat.inside -= 1
            await self._done(seat)

    async def renew(self, begun: Era) -> None:
        """From now on everybody gets sessions of another era."""
        async with self._lock:
            before, self.era = self.era, begun
            for key in list(self._seats):
                await self._leave(key)
            before.over = True
            await self._closed(before)

    async def tidy(self) -> None:
        """Close what has ended: sessions whose time is over, and names that count no more."""
        async with self._lock:
            for key, seat in list(self._seats.items()):
                if seat.ended:
                    await self._leave(key)
        self._required.prune()

    async def close(self) -> None:
        """Write everything down and close it."""
        async with self._lock:
            for seat in self._seats.values():
                seat.inside = 0
            for key in list(self._seats):
                await self._leave(key)
            self.era.over = True
            await self._closed(self.era)
        self._required.close()

    async def _opened(self, caller: Caller) -> Seat:
        now = self.era
        door = Door(DOOR, f"token:{caller.name}" if caller.name else "", _day_of(caller))
        indexes = with_login(now.indexes, now.settings, caller.login)
        session = make_session(now.settings, now.judge, indexes, door, None, caller.actor)
        session.journal = PassingJournal(self._refusals)
        session.arrivals = SharedArrivals(self._required, caller.name)
        verdicts = HeardVerdicts(session, self._refusals)
        await self._gate.open(session, verdicts)
        now.open += 1
        metrics.SESSIONS.inc()
        return Seat(session, verdicts, now, time.monotonic())

    async def _make_room(self) -> None:
        names = sum(seat.verdicts.names for seat in self._seats.values())
        for key, seat in list(self._seats.items()):
            if len(self._seats) <= MOST and names <= NAMES:
                return
            if not seat.inside:
                names -= seat.verdicts.names
                await self._leave(key)

    async def _leave(self, key: tuple[str, ...]) -> None:
        """Nobody else comes into a session; it closes as soon as it is empty."""
        seat = self._seats.pop(key, None)
        if seat is not None:
            seat.over = True
            await self._done(seat)

    async def _done(self, seat: Seat) -> None:
        if not seat.over or seat.inside or seat.session is None:
            return
        seat.over = False  # it is closed once
        await self._gate.close(seat.session)
        metrics.SESSIONS.dec()
        seat.era.open -= 1
        await self._closed(seat.era)

    async def _closed(self, era: Era) -> None:
        if era.over and not era.open:
            era.over = False
            with suppress(SlopguardError):  # counts of repeats alone are lost
                await asyncio.to_thread(era.judge.close)

    def _hidden(self, login: Credentials | None) -> str:
        """Stands for a login; the login itself is kept nowhere but in its session."""
        if login is None:
            return ""
        text = f"{login.scheme}\0{login.username}\0{login.secret}"
        return blake2b(text.encode("utf-8", "surrogatepass"), key=self._key).hexdigest()


def changed(now: Era, options: Options, env: Mapping[str, str]) -> bool:
    """Whether settings or lists are others than those of an era, or it has lasted long enough.

    Raises:
        ConfigError: a settings file is malformed, or would loosen.
    """
    settings = settings_of(options, env)
    return settings != now.settings or _mark(settings) != now.mark or time.monotonic() - now.since > ANEW


def _mark(settings: Settings) -> tuple[object, ...]:
    """The state of the files of the lists, and of what a person let through."""
    files = [place(settings, source).pack for source in settings.list_sources]
    files += [settings.user / "released"] if settings.user else []
    return tuple(_state(path) for path in files)


def _state(path: Path) -> tuple[int, ...]:
    try:
        about = path.stat()
    except OSError:
        return ()
    return about.st_mtime_ns, about.st_ino, about.st_size


def _day_of(caller: Caller) -> str:
    """The same in all workers for one day: one decision has one id and one row, however many sessions give it."""
    day = datetime.now(UTC).date().isoformat()
    return sha256(f"{caller.name}\0{caller.token}\0{day}".encode()).hexdigest()[:16]
