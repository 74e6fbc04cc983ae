"""The campaign's client with the paths that tell what a server is and does.

Invariant: everything `campaign.openai` promises holds here, too: requests go where the address says, answers are read
to a limit, nothing of them is quoted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from slopguard.errors import UpstreamError
from slopguard.forecast.campaign.openai import OpenAIServer
from slopguard.forecast.engines import counters
from slopguard.forecast.engines.counters import Counters
from slopguard.forecast.engines.table import Engine

LISTED = "/v1/models"


class EngineServer(OpenAIServer):
    """One server of models, asked for more than completions; an async context manager."""

    async def get(self, path: str) -> tuple[int, bytes]:
        """The status and the body of what is at a path.

        Raises:
            UpstreamError: no usable answer came in spite of several tries.
        """
        return await self._asked("GET", path, None)

    async def told(self, path: str) -> object:
        """The JSON at a path; `None` where there is nothing, or no JSON.

        Raises:
            UpstreamError: the server cannot be reached.
        """
        status, data = await self.get(path)
        return _json(data) if status == 200 else None

    async def post(self, path: str, body: Mapping[str, object]) -> tuple[int, bytes]:
        """The status and the body of an answer.

        Raises:
            UpstreamError: no usable answer came in spite of several tries.
        """
        async with self._room:
            return await self._asked("POST", path, body)

    async def counters(self, engine: Engine) -> Counters | None:
        """A reading of its counters; `None` where it has none, or does not show them.

        Raises:
            UpstreamError: the server cannot be reached.
        """
        if engine.names is None:
            return None
        status, data = await self.get("/metrics")
        return counters.read(data.decode("utf-8", "replace"), engine.names) if status == 200 else None

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
