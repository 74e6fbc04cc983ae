"""Who knocks at the control port: nobody gets past it, or learns anything, without the daemon's key.

Invariants: a caller that has not proven itself costs a bounded number of bytes and seconds, and there is a bounded
number of them: when one more comes, the one that has waited longest goes, since a real command needs milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from slopguard.daemon import frames, proof
from slopguard.daemon.plain import Garbled

UNPROVEN = 64
"""Callers that have not proven themselves, at once."""
PATIENCE = 3.0
"""Seconds that one of them may take for all it has to say."""

Admitted = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Doorway:
    """Lets callers in that hold the key.

    Args:
        key: the daemon's.
        who: what its proof stands for.
        admitted: what is done with a caller that has proven itself, until it hangs up.
    """

    def __init__(self, key: bytes, who: proof.Who, admitted: Admitted) -> None:
        self._key, self._who, self._admitted = key, who, admitted
        self._waiting: dict[asyncio.StreamWriter, None] = {}

    async def knock(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One caller, from its first byte to its last."""
        try:
            if await self._proven(reader, writer):
                await self._admitted(reader, writer)
        except (OSError, Garbled, asyncio.IncompleteReadError):
            return  # it went away, or speaks another language
        finally:
            writer.transport.abort()

    async def _proven(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if len(self._waiting) >= UNPROVEN:
            next(iter(self._waiting)).transport.abort()
        self._waiting[writer] = None
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._challenge(reader, writer)
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(writer, None)

    async def _challenge(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        greeting = await frame(reader, frames.LONGEST_GREETING)
        theirs, mine = greeting.get("nonce"), proof.nonce()
        if greeting.get("slopguard") != proof.GREETING or not isinstance(theirs, str) or not proof.is_nonce(theirs):
            return False
        who = self._who
        said = proof.proof(self._key, proof.DAEMON, theirs, mine, who)
        about = {"version": who.version, "protocol": who.protocol, "pid": who.pid, "gate": who.gate}
        writer.write(frames.pack({"nonce": mine, "proof": said, **about}))
        await writer.drain()
        answer = await frame(reader, frames.LONGEST_GREETING)
        return proof.proven(answer.get("proof"), self._key, proof.COMMAND, theirs, mine, who)


async def frame(reader: asyncio.StreamReader, limit: int) -> dict[str, object]:
    """The next frame.

    Raises:
        Garbled: it is too long, or no JSON object.
        asyncio.IncompleteReadError: the other side hung up.
    """
    size = frames.length(await reader.readexactly(frames.HEAD), limit)
    data = await reader.readexactly(size)
    return await asyncio.to_thread(frames.unpack, data) if size > LARGE else frames.unpack(data)


LARGE = 256 << 10
"""Bytes from which JSON is read beside the event loop."""
