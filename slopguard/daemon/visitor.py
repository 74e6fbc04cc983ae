"""One command that has proven itself: what it asks, one thing after the other, and the session that it has.

Invariants: the session lives as long as the connection; when that breaks, at whatever point, the session is closed and
what is left of it is written to the ledger; a command that does not read loses its connection, and holds up nobody.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from slopguard.daemon import frames, wire
from slopguard.daemon.answers import answers_out
from slopguard.daemon.doorway import frame
from slopguard.daemon.hosted import Seated
from slopguard.daemon.interface import Closed, Opening
from slopguard.daemon.leases import Leases
from slopguard.daemon.plain import Garbled, decode, encode
from slopguard.daemon.questions import Answers, Questions
from slopguard.daemon.trim import account, trimmed
from slopguard.errors import SlopguardError
from slopguard.indexes import Credentials, Index
from slopguard.model import Ecosystem, Request, Verdict

UNREAD = 8 << 20
"""Bytes that wait for a command to read them, at most."""
KEYRING = 120.0
"""Seconds that a command's keyring may take; it may ask a person."""

log = logging.getLogger("slopguard.daemon")


class Unwilling(Exception):
    """This daemon will not do that; the command can do it itself."""


class House(Protocol):
    """What a visitor may ask of the daemon as a whole."""

    leases: Leases

    async def seat(self, opening: Opening) -> Seated:
        """Open a session.

        Raises:
            Unwilling: it is not for this daemon.
        """
        ...

    async def weigh(self, questions: Questions, wanted: Callable[[], bool]) -> Answers:
        """Answer what a hook asks.

        Args:
            wanted: whether it still waits for the answer.

        Raises:
            Unwilling: it is not for this daemon.
        """
        ...

    def state(self) -> wire.State:
        """What there is to say about it."""
        ...

    def drain(self) -> None:
        """Take no new session from now on, and end with the last one."""
        ...

    def emptied(self) -> None:
        """A session has ended."""
        ...


class Visitor:
    """A connection of a command.

    Args:
        house: the daemon.
    """

    def __init__(self, house: House, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._house, self._reader, self._writer = house, reader, writer
        self._loop = asyncio.get_running_loop()
        self._seated: Seated | None = None
        self._asked: dict[int, concurrent.futures.Future[Credentials | None]] = {}
        self._numbers = 0
        self._gone = False
        self._does: Mapping[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
            "open": self._open,
            "hook": self._hook,
            "judge": self._judge,
            "upstream": self._upstream,
            "tell": self._tell,
            "close": self._close,
            "installed": self._installed,
            "status": self._status,
            "drain": self._drain,
            "end": self._end,
        }

    async def stay(self) -> None:
        """Serve it until it hangs up."""
        task: asyncio.Task[None] | None = None
        with self._house.leases.connection():
            try:
                while True:
                    said = await frame(self._reader, frames.LONGEST)
                    if "answer" in said:
                        self._answered(said)
                    elif task is not None and not task.done():
                        raise Garbled  # one thing at a time
                    else:
                        task = asyncio.create_task(self._do(said))
            finally:
                await asyncio.shield(self._leave(task))

    async def _leave(self, task: asyncio.Task[None] | None) -> None:
        """Let what is under way end, close the session and free it."""
        self._gone = True
        for future in self._asked.values():
            future.set_result(None)
        self._asked.clear()
        if task is not None:
            await task  # what was judged is written down, whether anybody waits for it or not
        if self._seated is not None:
            try:
                await self._seated.leave()
            except SlopguardError as error:
                log.warning("a session could not be closed: %s", error.code)
            finally:
                self._seated = None
                self._house.leases.closed()
                self._house.emptied()

    async def _do(self, said: dict[str, Any]) -> None:
        """One thing that was asked, and the reply; never raises."""
        try:
            reply = {"done": await self._does[str(said.get("do"))](said)}
        except SlopguardError as error:
            reply = {"failed": encode(SlopguardError, error)}
        except (Unwilling, Garbled, KeyError, TypeError, ValueError):
            reply = {"refused": True}
        except Exception as error:  # the one boundary: what nobody foresaw ends the command in 5, not the daemon
            log.exception("a command could not be served")
            reply = {"failed": encode(SlopguardError, SlopguardError(f"internal fault ({type(error).__name__})"))}
        try:
            self._push(reply)
            await self._writer.drain()
        except (OSError, Garbled):
            self._writer.transport.abort()

    def _push(self, said: dict[str, Any]) -> None:
        """Send, unless nobody reads."""
        if self._gone:
            return
        self._writer.write(frames.pack(said))
        if self._writer.transport.get_write_buffer_size() > UNREAD + frames.LONGEST:
            self._writer.transport.abort()

    async def _open(self, said: dict[str, Any]) -> Any:
        if self._seated is not None or self._house.leases.draining:
            raise Unwilling
        opening = await asyncio.to_thread(decode, Opening, said["opening"])
        indexes = self._asking(opening.indexes, said["asks"])
        self._house.leases.opened()
        try:
            seated = self._seated = await self._house.seat(replace(opening, indexes=indexes))
        except BaseException:
            self._house.leases.closed()
            raise
        opened = encode(wire.Opened, wire.Opened(seated.address, seated.notes))
        return {**opened, "verdicts": await self._told(seated.verdicts, opening.requests)}

    def _asking(self, indexes: tuple[Index, ...], asks: list[int]) -> tuple[Index, ...]:
        """A command's indexes, of which some have a keyring that is asked over there."""
        return tuple(
            replace(index, ask=partial(self._ask, number)) if number in asks else index
            for number, index in enumerate(indexes)
        )

    async def _hook(self, said: dict[str, Any]) -> Any:
        """One call of an agent's tool; there is no session, and it counts as one as long as it takes."""
        if self._seated is not None or self._house.leases.draining:
            raise Unwilling
        questions: Questions = await asyncio.to_thread(decode, Questions, said["questions"])
        if routes := questions.routes:
            routes = replace(routes, indexes=self._asking(routes.indexes, said["asks"]))
            questions = replace(questions, routes=routes)
        self._house.leases.opened()
        try:
            answers = await self._house.weigh(questions, lambda: not self._gone)
        finally:
            self._house.leases.closed()
            if routes:
                self._house.emptied()
        return await asyncio.to_thread(answers_out, answers)

    async def _judge(self, said: dict[str, Any]) -> Any:
        requests = await asyncio.to_thread(decode, tuple[Request, ...], said["requests"])
        return await self._told(await self._session.judge(requests), requests)

    async def _told(self, verdicts: tuple[Verdict, ...] | list[Verdict], requests: tuple[Request, ...]) -> Any:
        return await asyncio.to_thread(lambda: wire.verdicts_out([*map(trimmed, verdicts)], requests))

    async def _upstream(self, said: dict[str, Any]) -> str | None:
        ecosystem, key, name, filename = decode(tuple[Ecosystem, str, str, str], said["of"])
        return await self._session.upstream_url(ecosystem, key, name, filename)

    async def _tell(self, said: dict[str, Any]) -> None:
        self._session.learned.tell(lambda where: self._push({"learn": where}))

    async def _close(self, said: dict[str, Any]) -> Any:
        return encode(Closed, account(await self._session.close()))

    async def _installed(self, said: dict[str, Any]) -> bool:
        return await self._session.installed()

    async def _status(self, said: dict[str, Any]) -> Any:
        return encode(wire.State, self._house.state())

    async def _drain(self, said: dict[str, Any]) -> Any:
        self._house.drain()
        return encode(wire.State, self._house.state())

    async def _end(self, said: dict[str, Any]) -> Any:
        self._house.drain()
        self._loop.call_later(0.1, self._house.leases.stop)  # once this was answered
        return encode(wire.State, self._house.state())

    @property
    def _session(self) -> Seated:
        """The session.

        Raises:
            Unwilling: there is none.
        """
        if self._seated is None:
            raise Unwilling
        return self._seated

    def _ask(self, number: int) -> Credentials | None:
        """What the command's keyring says about one of its indexes; called in a thread, which waits."""
        future: concurrent.futures.Future[Credentials | None] = concurrent.futures.Future()
        self._loop.call_soon_threadsafe(self._question, number, future)
        try:
            return future.result(KEYRING)
        except TimeoutError:
            return None

    def _question(self, number: int, future: concurrent.futures.Future[Credentials | None]) -> None:
        if self._gone:
            future.set_result(None)
            return
        self._numbers += 1
        self._asked[self._numbers] = future
        self._push({"ask": number, "id": self._numbers})

    def _answered(self, said: dict[str, Any]) -> None:
        future = self._asked.pop(int(said["answer"]) if type(said["answer"]) is int else 0, None)
        if future is not None:
            future.set_result(decode(Credentials | None, said.get("credentials")))
