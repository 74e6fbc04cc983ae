"""The sessions of a running gate as a host keeps them: opened from what a command handed over, closed with an account.

Invariants: each session has a judge of its own, which reads lists, policy and database anew (three milliseconds): what
a person released, denied or changed a moment ago counts; what leads up to an open session and goes wrong leaves
nothing open; every method runs in the gate's event loop, and what takes long runs beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from slopguard.clients.interface import GateAddress
from slopguard.daemon import suggested
from slopguard.daemon.interface import Closed, Opening
from slopguard.gate.server import Gate
from slopguard.gate.session import Session, make_session
from slopguard.gate.upstream import upstream_url
from slopguard.gate.verdicts import judge_all
from slopguard.indexes import origin
from slopguard.judge import Judge
from slopguard.lists.loading import refresh
from slopguard.locked import LockedSet
from slopguard.model import Door, Ecosystem, NormalizedName, Request, Verdict

BRIEF = frozenset({"pnpm", "pnpx", "bun", "bunx"})
"""Clients that install from abbreviated packuments. What a lock file holds with its digest, all fetch without any."""


class Learned:
    """Where files of a session's packages are, one address of each origin, for whoever wants to know."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str, int], str] = {}
        self._tell: Callable[[str], None] | None = None

    def add(self, place: str) -> None:
        """Take note of an address."""
        try:
            here = origin(place)
        except ValueError:  # no address: nothing is fetched from there
            return
        if here not in self._places:
            self._places[here] = place
            if self._tell is not None:
                self._tell(place)

    def tell(self, learn: Callable[[str], None]) -> None:
        """Call `learn` for what is known and for what will be."""
        self._tell = learn
        for place in tuple(self._places.values()):
            learn(place)


@dataclass(slots=True)
class Seated:
    """One open session; see `slopguard.daemon.interface.Hosted`, whose methods these are.

    Args:
        door: who came, in the session of the hook that saw it first if one did.
        notes: lines that a person should read.
        verdicts: on what was asked when it was opened.
    """

    gate: Gate
    opening: Opening
    session: Session
    door: Door
    address: GateAddress
    notes: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    learned: Learned = field(default_factory=Learned)
    _judged: list[Verdict] = field(default_factory=list)

    async def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        """Verdicts in the order of `requests`; those that refuse are in the ledger before they are returned."""
        for name in _read_in_full(requests) if self.door.name not in BRIEF else ():
            self.session.upstreams.whole(name)
        found = await judge_all(self.session, requests)
        self._judged += found
        return found

    async def upstream_url(self, ecosystem: Ecosystem, key: str, name: str, filename: str) -> str | None:
        """Where a file that the gate serves really comes from."""
        return await upstream_url(self.session, ecosystem, key, name, filename)

    async def close(self) -> Closed:
        """Let nobody in any more, write what is left to the ledger, and say what happened."""
        await self.gate.close(self.session)
        journal = self.session.journal
        return Closed(journal.refusals, journal.notes, journal.failures)

    async def installed(self) -> bool:
        """Note that the command ended well; whether that could be noted."""
        judged = tuple(self._judged)
        return await asyncio.to_thread(suggested.installed, self.opening, self.session.judge, self.door, judged)

    async def leave(self) -> None:
        """Free everything, closed or not."""
        try:
            await self.gate.close(self.session)
        finally:
            await asyncio.to_thread(self.session.judge.close)


def _read_in_full(requests: Iterable[Request]) -> set[NormalizedName]:
    """The npm names whose documents the client will read, as no lock file says what to fetch."""
    asked = [request for request in requests if request.ecosystem is Ecosystem.NPM and request.name is not None]
    locked = {request.name for request in asked if request.digests}
    return {request.name for request in asked if request.name is not None} - locked


async def seat(gate: Gate, opening: Opening) -> Seated:
    """Open a session in a running gate and judge what its command asks first.

    Raises:
        SlopguardError: lists, policy or database cannot be had, or the ledger cannot be written.
    """
    arrived, judge, door = await asyncio.to_thread(_prepared, opening)
    try:
        settings, env = opening.settings, opening.env
        session = make_session(settings, judge, opening.indexes, door, opening.typed, settings.actor, env)
        seated = Seated(gate, opening, session, door, await gate.open(session), (*arrived, *judge.notes))
    except BaseException:
        judge.close()
        raise
    session.learn = seated.learned.add
    try:
        seated.verdicts = tuple(await seated.judge(opening.requests))
    except BaseException:
        await seated.leave()
        raise
    return seated


def _prepared(opening: Opening) -> tuple[tuple[str, ...], Judge, Door]:
    """What the lists bring when they are fetched anew, the judge, and the door."""
    settings = opening.settings
    arrived = refresh(settings)
    judge = Judge.open(settings, LockedSet.of(settings))
    try:
        return arrived, judge, suggested.door(opening, judge)
    except BaseException:
        judge.close()
        raise
