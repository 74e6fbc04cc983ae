"""Pages and packuments shared by sessions: asked for once, by all who wait for them, and asked about again in time.

Invariants:

* A document that may be too old is used only after its upstream was asked again; what a session may take unasked is
  for it to say (`Stance`). A 304 without a copy of ours is an error, a 200 replaces what was held.
* "No such project" and failures are never kept here. Offline, any age will do, and nobody is asked.
* Who wants an answer of its own, or may yet send other credentials, does not share a request with anybody; the others
  share one with those who would take the same unasked, as what is held here may answer it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from slopguard import cache
from slopguard.registries.http import OFFLINE, Upstream
from slopguard.registries.interface import ProjectNotFound, Unasked
from slopguard.registries.shelf import MEMORY, Copy, Shelf, Sought
from slopguard.registries.validity import Validity

D = TypeVar("D")

FRESH = 600.0
"""Seconds that a document may be used without asking, at most; the upstream may say fewer."""
STALE = 3600.0
"""Seconds that one whose content decides nothing may be used while it is asked about."""


@dataclass(frozen=True, slots=True)
class Stance:
    """What a session may take unasked.

    Args:
        patient: a document within its `max-age`: a version that it lacks would be too young anyway.
        settled: one somewhat older, too, while it is asked about: its name stands whatever the document says.
        heard: any: this session has asked already.
    """

    patient: bool = False
    settled: bool = False
    heard: bool = False


ASK = Stance()
HEARD = Stance(heard=True)


@dataclass(frozen=True, slots=True)
class _Errand(Generic[D]):
    """One question: who asks, for what, with which credentials (`login`), and what the answer is called."""

    upstream: Upstream
    sought: Sought[D]
    stance: Stance
    login: str
    name: str


class Documents:
    """The documents of one event loop; see `Shelf` for the arguments."""

    def __init__(
        self,
        disk: cache.Documents | None = None,
        key: bytes = b"",
        *,
        limit: int = MEMORY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._shelf = Shelf(disk, key, limit, clock)
        self._flights: dict[Hashable, asyncio.Task[Copy[Any]]] = {}

    async def get(self, upstream: Upstream, sought: Sought[D], stance: Stance = ASK) -> D:
        """A document that is as new as the stance wants it.

        Raises:
            ProjectNotFound, UpstreamAuth, UpstreamError: as `Upstream.document`; also if it cannot be parsed.
        """
        errand = self._errand(upstream, sought, stance)
        copy: Copy[D] | None = self._shelf.recent(errand.name)
        if copy is None or not self._usable(copy, errand):
            copy = await self._together(errand)
        return copy.document

    def fresh(self, upstream: Upstream, sought: Sought[D], stance: Stance) -> bool:
        """Whether a document is in memory that need not be asked about."""
        errand = self._errand(upstream, sought, stance)
        copy = self._shelf.recent(errand.name)
        return copy is not None and self._current(copy, stance)

    async def quiet(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.gather(*self._flights.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop what is under way, and finish writing what came."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        await self._shelf.close()

    def _errand(self, upstream: Upstream, sought: Sought[D], stance: Stance) -> _Errand[D]:
        login = upstream.login.mark
        return _Errand(upstream, sought, stance, login, self._shelf.name(upstream, sought, login))

    def _usable(self, copy: Copy[D], errand: _Errand[D]) -> bool:
        """Whether a copy will do; it is asked about behind the back of who uses it, if it is a little too old."""
        stance, age = errand.stance, self._shelf.clock() - copy.about.asked
        if stance.heard or errand.upstream.offline or self._current(copy, stance):
            return True
        if not (stance.settled and copy.about.max_age != 0 and 0 <= age < STALE):
            return False
        key = ("renewed", errand.name)
        if key not in self._flights:
            self._start(key, errand.upstream, lambda: self._asked(errand, copy))
        return True

    def _current(self, copy: Copy[Any], stance: Stance) -> bool:
        return stance.patient and 0 <= self._shelf.clock() - copy.about.asked < min(copy.about.max_age or 0, FRESH)

    async def _together(self, errand: _Errand[D]) -> Copy[D]:
        shared = errand.stance.patient and errand.upstream.login.settled
        key = (errand.name, errand.stance, None if shared else id(errand.upstream))
        if key not in self._flights:
            self._start(key, errand.upstream, lambda: self._found(errand))
        return cast("Copy[D]", await asyncio.shield(self._flights[key]))

    def _start(self, key: Hashable, upstream: Upstream, make: Callable[[], Awaitable[Copy[D]]]) -> None:
        async def flight() -> Copy[D]:
            async with upstream:  # whoever asked may be gone before the answer is here
                return await make()

        def landed(done: asyncio.Task[Copy[D]]) -> None:
            self._flights.pop(key, None)
            if not done.cancelled():
                done.exception()  # maybe nobody waits for it any more

        task = self._flights[key] = asyncio.ensure_future(flight())
        task.add_done_callback(landed)

    async def _found(self, errand: _Errand[D]) -> Copy[D]:
        copy: Copy[D] | None = self._shelf.recent(errand.name) or await self._shelf.read(errand.name, errand.sought)
        if copy is not None and self._usable(copy, errand):
            return copy
        if not errand.upstream.offline:
            return await self._asked(errand, copy)
        if await errand.upstream.login.renewed(None):  # it may have been fetched with what the client's keyring holds
            other = self._errand(errand.upstream, errand.sought, errand.stance)
            copy = await self._shelf.read(other.name, errand.sought)
        if copy is None:
            raise Unasked(OFFLINE)
        return copy

    async def _asked(self, errand: _Errand[D], copy: Copy[D] | None) -> Copy[D]:
        """Ask the upstream; about the copy, if there is one."""
        upstream, sought = errand.upstream, errand.sought
        known = copy.known(errand.login) if copy is not None else None
        try:
            answer = await upstream.asked(sought.url, sought.accept, sought.limit, known)
        except ProjectNotFound:
            if copy is not None:
                await self._shelf.gone(errand.name, copy)
            raise
        if isinstance(answer, Validity):
            assert copy is not None  # who was asked nothing cannot say that nothing has changed
            return self._shelf.vouched(errand.name, copy, answer)
        made = await self._shelf.made(answer, sought, copy)
        self._shelf.keep(self._shelf.name(upstream, sought, answer.login), made, answer)
        return made
