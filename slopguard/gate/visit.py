"""One request that has shown its session's secret: what every route handler is given."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from slopguard.gate.rendered import Rendered
from slopguard.gate.session import Session
from slopguard.gate.verdicts import Verdicts
from slopguard.indexes import Index
from slopguard.model import NormalizedName
from slopguard.names import normalize


@dataclass(frozen=True, slots=True)
class Visit:
    """A request inside a session, on the route of one index.

    Args:
        request: as it came in.
        session: the session it belongs to.
        verdicts: that session's.
        index: the index whose route was asked.
        path: what follows the route's prefix, still percent-encoded.
        rendered: what the gate keeps of documents that were sent.
    """

    request: web.Request
    session: Session
    verdicts: Verdicts
    index: Index
    path: str
    rendered: Rendered

    @property
    def reads(self) -> bool:
        """Whether the request only reads."""
        return self.request.method in ("GET", "HEAD")

    def named(self, raw: str) -> NormalizedName:
        """The name that `raw` spells.

        Raises:
            BadName: it is none.
        """
        return normalize(self.index.ecosystem, raw)


WRITES = "slopguard: this is a gate for installing; run publishing and login commands without slopguard"
"""The answer to anything that would write: such commands go straight to the registry."""
