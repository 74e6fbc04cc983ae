"""A webhook on loopback: what was posted to it, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

from tests.simulators.server import Answer, LoopbackServer, Seen


class Hooked:
    """Takes what is posted; `status` is what it answers, `to` where it redirects."""

    def __init__(self) -> None:
        self.status, self.to = 200, ""
        self.bodies: list[bytes] = []
        self.headers: list[Mapping[str, str]] = []
        self._server = LoopbackServer(self._respond)

    def _respond(self, seen: Seen, body: bytes) -> Answer:
        self.bodies.append(body)
        self.headers.append(seen.headers)
        return Answer(self.status, b"", headers={"Location": self.to} if self.to else {})

    @property
    def url(self) -> str:
        return f"{self._server.origin}/alarms"

    @property
    def posted(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.close()
