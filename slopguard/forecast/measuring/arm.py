"""One of the servers that are compared, and the requests of a round to it.

Invariants: a request is sent once and timed as it went: a server that fails fails the round; so many requests are under
way as the cell says, and none is begun when one has failed; what is kept of an answer is its digest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from time import perf_counter
from typing import Any

from slopguard.errors import SlopguardError, UpstreamError
from slopguard.forecast.campaign import wire
from slopguard.forecast.campaign.interface import Sampled
from slopguard.forecast.campaign.prompts import SCHEMA
from slopguard.forecast.engines.server import EngineServer
from slopguard.forecast.engines.table import LLAMA, Engine
from slopguard.forecast.measuring.model import JSON_SLICE, Asked, Burst

_DIGEST = 16
_FRESH: Mapping[str, Mapping[str, object]] = {LLAMA.key: {"cache_prompt": False}}
"""What keeps a server from remembering prompts of the round before: then the second to be asked would be the faster."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a round; both servers get the same.

    Args:
        schema: the answer is held to campaigns' JSON schema.
    """

    prompt: str
    seed: int
    temperature: float
    longest: int
    schema: bool = False


@dataclass(frozen=True, slots=True)
class Arm:
    """A server as it is measured.

    Args:
        server: opened; tried once a request.
        model: what is asked of it.
        engine: what it is.
        fields: further fields of each request: what switches speculation on or off for one.
    """

    server: EngineServer
    model: str
    engine: Engine
    fields: Mapping[str, object] = field(default_factory=dict)

    async def sampled(self, request: Request) -> Sampled:
        """What it answers.

        Raises:
            UpstreamError: it gives no answer.
        """
        body = wire.request(
            self.model, request.prompt, 1, request.seed, request.temperature, _schema(request), request.longest
        )
        extra = {**self.engine.asking, **_FRESH.get(self.engine.key, {}), **self.fields}
        status, data = await self.server.post(self.engine.chat, {**body, **extra})
        if status != 200:
            raise UpstreamError(f"a server answered with status {status}", "See what it logs, and --longest")
        return wire.sampled(data, request.prompt, 1, request.longest, schema=request.schema)

    async def ask(self, request: Request) -> Asked:
        """One request, timed."""
        begun = perf_counter()
        found = await self.sampled(request)
        seconds = perf_counter() - begun
        told = self.engine.speculation(found.details)
        drafts = (told.drafted, told.accepted) if told.known else (None, None)
        return Asked(seconds, found.usage.completion, _digest(found.texts), *drafts)

    async def burst(self, requests: Sequence[Request], concurrency: int) -> Burst:
        """All requests of a round, so many at once.

        Raises:
            UpstreamError: one has no answer.
        """
        found: list[Asked | None] = [None] * len(requests)
        waiting = iter(enumerate(requests))
        begun = perf_counter()
        await together(self._work(waiting, found) for _ in range(min(concurrency, len(requests))))
        return Burst(perf_counter() - begun, tuple(each for each in found if each is not None))

    async def _work(self, waiting: Iterable[tuple[int, Request]], found: list[Asked | None]) -> None:
        for place, request in waiting:
            found[place] = await self.ask(request)


async def together(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """All of it at once; when one part fails the others end.

    Raises:
        SlopguardError: what the first one failed with.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)
    except BaseExceptionGroup as failed:
        found = failed.subgroup(SlopguardError)
        if found is None:
            raise
        raise _first(found) from None


def _first(failed: BaseExceptionGroup[Any]) -> BaseException:
    found: BaseException = failed
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found


def places(number: int, count: int) -> range:
    """Where a round's requests stand among all of a cell, which take the prompts in turn.

    Args:
        number: of the round, from 0.
        count: requests of each.
    """
    return range(number * count, (number + 1) * count)


def requests(
    kind: str, prompts: Sequence[str], number: int, count: int, temperature: float, longest: int
) -> list[Request]:
    """The requests of one round: other prompts and seeds than those of the round before.

    Args:
        kind: the slice.
        prompts: of the slice; taken in turn.
        number: of the round, from 0.
    """
    schema = kind == JSON_SLICE
    return [
        Request(prompts[place % len(prompts)], place + 1, temperature, longest, schema)
        for place in places(number, count)
    ]


def _schema(request: Request) -> Mapping[str, object] | None:
    return SCHEMA if request.schema else None


def _digest(texts: Sequence[str]) -> str:
    """The start of an answer's digest; of one without text, nothing."""
    if not any(text.strip() for text in texts):
        return ""
    return sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
