"""The campaign's client with the paths that tell what a server is and does.

Invariant: everything `campaign.openai` promises holds here, too: requests go where the address says, answers are read
to a limit, nothing of them is quoted.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from slopguard.errors import UpstreamError
from slopguard.forecast.campaign.openai import OpenAIServer
from slopguard.forecast.engines import counters
from slopguard.forecast.engines.counters import Counters
from slopguard.forecast.engines.table import Engine

LISTED = "/v1/models"
SOON = 20.0
"""Seconds for what no model has to compute, all tries together."""


class EngineServer(OpenAIServer):
    """One server of models, asked for more than completions; an async context manager."""

    async def get(self, path: str) -> tuple[int, bytes]:
        """The status and the body of what is at a path.

        Raises:
            UpstreamError: no usable answer came in spite of several tries.
        """
        return await self._asked("GET", path, None)

    async def models(self) -> tuple[str, ...]:
        """As the campaign's client, but soon.

        Raises:
            UpstreamError: it cannot be reached, or does not say soon.
        """
        try:
            async with asyncio.timeout(SOON):
                return await super().models()
        except TimeoutError:
            raise UpstreamError("a server of models did not answer in time", "See whether it is up, and busy") from None

    async def page(self, path: str) -> bytes | None:
        """What is at a path that a server may do without; `None` where nothing usable comes from it soon."""
        try:
            async with asyncio.timeout(SOON):
                status, data = await self.get(path)
        except (UpstreamError, TimeoutError):
            return None
        return data if status == 200 else None

    async def told(self, path: str) -> object:
        """The JSON at a path; `None` where there is nothing usable, or no JSON."""
        data = await self.page(path)
        return None if data is None else _json(data)

    async def post(self, path: str, body: Mapping[str, object]) -> tuple[int, bytes]:
        """The status and the body of an answer.

        Raises:
            UpstreamError: no usable answer came in spite of several tries.
        """
        async with self._room:
            return await self._asked("POST", path, body)

    async def counters(self, engine: Engine) -> Counters | None:
        """A reading of its counters; `None` where it has none, or does not show them."""
        data = None if engine.names is None else await self.page("/metrics")
        return None if data is None else counters.read(data.decode("utf-8", "replace"), engine.names)

    async def healthy(self) -> bool:
        """Whether `/health` says that it is ready (llama.cpp, vLLM, SGLang)."""
        try:
            status, _ = await self.get("/health")
        except UpstreamError:
            return False
        return status == 200


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
