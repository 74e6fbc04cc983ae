"""A sampler that sends each request to the speculating or the plain server, by a table and by what responses say.

Invariants: without a table that holds, with a slice that is not known, undetermined or demoted, a request goes to the
plain server; a speculating server that fails is left alone and its requests go to the plain one, which gives the same
answers; where one server was asked not to speculate, the answer is looked at, and one that was drafted all the same is
counted, never believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from slopguard.errors import UpstreamError
from slopguard.forecast.campaign.interface import Sampled, Sampler
from slopguard.forecast.engines.speculation import Speculation
from slopguard.forecast.measuring.model import JSON_SLICE
from slopguard.forecast.routing.live import Live
from slopguard.forecast.routing.table import Table

CODE_SLICE = "code"
PATIENCE = 3
"""Failures in a row after which the speculating server is left alone."""
MARKS = ("system_fingerprint", "model")
"""What answers say of the server behind them: its build (llama.cpp), its model."""

SliceOf = Callable[[str, Mapping[str, object] | None], str | None]
"""The slice of a request, by its prompt and its schema; `None`: not known."""
Read = Callable[[Mapping[str, object]], Speculation]
"""What the details of an answer say of drafts (`engines.table.Engine.speculation`)."""


def of_campaign(prompt: str, schema: Mapping[str, object] | None) -> str | None:
    """The slice of a campaign's request: it asks for JSON with a schema, and for code without."""
    return CODE_SLICE if schema is None else JSON_SLICE


@dataclass(slots=True)
class Count:
    """How the requests of one slice went.

    Args:
        speculated, plain: requests that were sent there.
        ignored: requests that were to go without speculation and were drafted all the same.
        failed: requests that the speculating server failed and the plain one answered.
    """

    speculated: int = 0
    plain: int = 0
    ignored: int = 0
    failed: int = 0


class Router:
    """One model on two servers (`campaign.interface.Sampler`).

    Args:
        speculating, plain: the model on each.
        table: what was measured of them; `None`: nothing that holds.
        read: what an answer of the speculating server says of drafts.
        of: the slice of a request.
        concurrency: requests that will be under way at most; what the table is asked for.
    """

    def __init__(
        self,
        speculating: Sampler,
        plain: Sampler,
        table: Table | None,
        read: Read,
        of: SliceOf = of_campaign,
        concurrency: int = 1,
    ) -> None:
        self._speculating, self._plain, self._table = speculating, plain, table
        self._read, self._of, self._concurrency = read, of, concurrency
        self._marks: dict[tuple[str, str], object] = {}
        self._failures = 0
        self.live: dict[str, Live] = defaultdict(Live)
        self.counts: dict[str, Count] = defaultdict(Count)

    @property
    def model(self) -> str:
        """What it is called: the same on both."""
        return self._plain.model

    @property
    def routing(self) -> bool:
        """Whether anything can go to the speculating server."""
        return self._table is not None

    async def sample(
        self,
        prompt: str,
        n: int,
        seed: int,
        temperature: float,
        schema: Mapping[str, object] | None = None,
        longest: int = 512,
    ) -> Sampled:
        """Completions of a prompt; see `Sampler.sample`."""
        kind = self._of(prompt, schema)
        count = self.counts[kind or ""]
        if kind is not None and self.speculates(kind, temperature):
            found = await self._speculated(kind, (prompt, n, seed, temperature, schema, longest))
            if found is not None:
                return found
        count.plain += 1
        found = await self._plain.sample(prompt, n, seed, temperature, schema, longest)
        self._same("plain", found.details)
        count.ignored += self._read(found.details).active
        return found

    def speculates(self, kind: str, temperature: float) -> bool:
        """Whether the next request of a slice goes to the speculating server; a demoted slice's probes are counted."""
        if self._table is None or not self._table.speculates(kind, temperature, self._concurrency):
            return False
        live = self.live[kind]
        return not live.demoted or live.probing()

    async def _speculated(
        self, kind: str, asked: tuple[str, int, int, float, Mapping[str, object] | None, int]
    ) -> Sampled | None:
        """The speculating server's answer; `None` if it gives none."""
        count = self.counts[kind]
        try:
            found = await self._speculating.sample(*asked)
        except UpstreamError:
            count.failed += 1
            self._failures += 1
            if self._failures >= PATIENCE:
                self._table = None
            return None
        self._failures = 0
        count.speculated += 1
        told = self._read(found.details)
        if told.known:
            self.live[kind].seen(told.drafted, told.accepted)
        self._same("speculating", found.details)
        return found

    def _same(self, which: str, details: Mapping[str, object]) -> None:
        """Void the table should a server be of another build or model from one answer to the next."""
        for key in MARKS:
            mark = details.get(key)
            if mark is not None and self._marks.setdefault((which, key), mark) != mark:
                self._table = None
