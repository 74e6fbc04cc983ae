"""One model of a server, as campaigns ask it, with what was drafted for each answer.

Invariants: a request asks the server to tell where it must be asked; opting out is asked for only where the table knows
how, and whether it was heeded is read from the answer, never assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slopguard.forecast.campaign import wire
from slopguard.forecast.campaign.interface import Sampled
from slopguard.forecast.campaign.openai import OpenAIModel
from slopguard.forecast.engines.server import EngineServer
from slopguard.forecast.engines.speculation import Speculation, possible
from slopguard.forecast.engines.table import Engine


@dataclass(frozen=True, slots=True)
class Told:
    """An answer with its record.

    Args:
        heeded: with opting out asked for: whether nothing was drafted; `None` where the server does not tell, or
            nothing was asked for.
    """

    sampled: Sampled
    speculation: Speculation
    heeded: bool | None = None


class EngineModel(OpenAIModel):
    """A model of a server whose engine is known (`interface.Sampler`).

    Args:
        server: where it is.
        model: what it is called there.
        engine: what the server is.
        plain: ask not to speculate, where the engine can be asked.
        draft: the drafter to name, where requests name one.
    """

    def __init__(
        self, server: EngineServer, model: str, engine: Engine, *, plain: bool = False, draft: str | None = None
    ) -> None:
        super().__init__(server, model)
        self.engine = engine
        self.plain = plain
        self.draft = draft
        self._wire = server

    async def told(
        self,
        prompt: str,
        n: int,
        seed: int,
        temperature: float,
        schema: Mapping[str, object] | None = None,
        longest: int = 512,
    ) -> Told:
        """As `sample`, with the record of what was drafted."""
        sampled = await self.sample(prompt, n, seed, temperature, schema, longest)
        found = possible(self.engine.speculation(sampled.details), n * longest)
        asked = self.plain and self.engine.without is not None
        return Told(sampled, found, not found.active if asked and found.known else None)

    async def _chat(
        self,
        prompt: str,
        n: int,
        seed: int,
        temperature: float,
        schema: Mapping[str, object] | None,
        longest: int,
    ) -> tuple[int, bytes]:
        body = wire.request(self._model, prompt, n, seed, temperature, schema, longest) | dict(self.engine.asking)
        if self.plain and self.engine.without is not None:
            body |= dict(self.engine.without)
        elif self.draft is not None and self.engine.drafter is not None:
            body[self.engine.drafter] = self.draft
        return await self._wire.post(self.engine.chat, body)
