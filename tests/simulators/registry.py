"""What both simulated registries share: life cycle, faults, dates and the questions a test asks of the log."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from tests.simulators.server import Answer, Break, Fault, LoopbackServer, Seen

NOW = datetime.now(UTC).replace(microsecond=0)
"""One "now" for a test run: ages are counted back from here."""


def ago(days: float = 0, hours: float = 0) -> datetime:
    """The moment this long before the test run began."""
    return NOW - timedelta(days=days, hours=hours)


def stamp(moment: datetime) -> str:
    """RFC 3339 with milliseconds and `Z`, as registries write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Registry:
    """A loopback registry: a context manager that serves until it is left.

    Args:
        markers: folder where packages leave a trace when built, imported or run.
        credentials: the one accepted `Authorization` value (`server.basic(...)`, `"Bearer ..."`).
        tls: serve https.
        elsewhere: serve files from a second origin, as the real registries do.
        below: the folder under which everything lies (`/api/npm/main`), as on servers that hold many registries.
    """

    def __init__(
        self,
        *,
        markers: Path | None = None,
        credentials: str | None = None,
        tls: ssl.SSLContext | None = None,
        elsewhere: bool = False,
        below: str = "",
    ) -> None:
        self.markers = markers
        self.below = below
        self.server = LoopbackServer(self._inside, credentials=credentials, tls=tls)
        self.files = LoopbackServer(self._inside, tls=tls) if elsewhere else self.server

    def _inside(self, seen: Seen, body: bytes) -> Answer:
        if not seen.path.startswith(f"{self.below}/"):
            return Answer(404, b"nothing here", "text/plain")
        return self.respond(replace(seen, path=seen.path.removeprefix(self.below)), body)

    def respond(self, seen: Seen, body: bytes) -> Answer:
        """The answer to one request."""
        raise NotImplementedError

    @property
    def requests(self) -> list[Seen]:
        """Every request so far, files included."""
        return self.server.requests if self.files is self.server else self.server.requests + self.files.requests

    def forget(self) -> None:
        """Empty the request log and mend every fault."""
        for server in (self.server, self.files):
            server.requests.clear()
            server.faults.clear()

    def fail(self, path: str, kind: Break, *, status: int = 500, to: str = "") -> None:
        """Break every answer whose path matches the glob `path`, on both origins."""
        for server in {self.server, self.files}:
            server.faults.insert(0, Fault(path, kind, status, to))

    def mend(self) -> None:
        """Take every fault away."""
        self.server.faults.clear()
        self.files.faults.clear()

    def asked(self, wanted: Callable[[Seen], bool]) -> list[str]:
        """The paths, below `below`, of the requests for which `wanted` holds."""
        found = (replace(seen, path=seen.path.removeprefix(self.below)) for seen in self.requests)
        return [seen.path for seen in found if wanted(seen)]

    def close(self) -> None:
        """Stop serving; connections are refused from now on."""
        for server in {self.server, self.files}:
            if not server.closing.is_set():
                server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
