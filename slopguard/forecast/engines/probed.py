"""What a probe found out about a server: for people, and for programs.

Invariants: every finding has a word for "not found out"; nothing in it was written by a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slopguard.forecast.engines.logprobs import LogProbs, Trust
from slopguard.forecast.engines.speculation import Speculation
from slopguard.forecast.engines.table import Engine


class Speculating(StrEnum):
    """Whether a server speculates."""

    ON = "on"
    """It was seen to draft."""
    OFF = "off"
    """It says of a request that nothing was drafted, or that it is not set up for it."""
    UNDETERMINED = "undetermined"


class Agreement(StrEnum):
    """Whether its counters say of a request what its answer said."""

    AGREE = "agree"
    DIFFER = "differ"
    FOREIGN = "foreign-traffic"
    """Somebody else used it meanwhile: nothing can be said."""
    SILENT = "no-counters"


class SchemaSupport(StrEnum):
    """Whether answers can be held to a JSON schema."""

    HELD = "held"
    IGNORED = "ignored"
    REFUSED = "refused"
    UNDETERMINED = "undetermined"


class OptOut(StrEnum):
    """Whether one request can go without speculation."""

    HONOURED = "honoured"
    IGNORED = "ignored"
    """The server answered as if nothing had been asked, and drafted."""
    REFUSED = "refused"
    NEEDLESS = "needless"
    """It does not speculate."""
    UNKNOWN_WAY = "no-way-known"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Probed:
    """One server.

    Args:
        build: as it says itself; "" if it does not.
        model: which was asked.
        configured: as `identify.Identity.configured`.
        short: what was drafted for one short request.
        largest_n: completions that one request may ask for; `more`: at least that many.
        flags: what else it says of its model and its settings.
    """

    engine: Engine
    build: str
    model: str
    speculating: Speculating
    configured: str | None
    short: Speculation
    counters: Agreement
    logprobs: LogProbs = field(default_factory=lambda: LogProbs(Trust.NONE))
    largest_n: int | None = None
    more: bool = False
    schema: SchemaSupport = SchemaSupport.UNDETERMINED
    opt_out: OptOut = OptOut.UNDETERMINED
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def on(self) -> bool | None:
        """Whether it speculates; `None` where that did not become clear."""
        return {Speculating.ON: True, Speculating.OFF: False}.get(self.speculating)

    @property
    def code(self) -> int:
        """The exit code: 4 where it was not found out whether the server speculates."""
        return 4 if self.speculating is Speculating.UNDETERMINED else 0


def as_json(found: Probed) -> dict[str, object]:
    """For programs (schema `slopguard/probe/1`)."""
    short = found.short
    return {
        "engine": found.engine.key,
        "shape": found.engine.shape.value,
        "build": found.build or None,
        "model": found.model,
        "speculation": {
            "verdict": found.speculating.value,
            "configured": found.configured,
            "drafted": short.drafted if short.known else None,
            "accepted": short.accepted if short.known else None,
            "steps": short.steps,
            "histogram": short.histogram,
            "source": short.source.value,
            "counters": found.counters.value,
        },
        "logprobs": {
            "verdict": found.logprobs.trust.value,
            "tokens": found.logprobs.tokens,
            "empty": found.logprobs.empty,
        },
        "largest_n": {"value": found.largest_n, "at_least": found.more},
        "schema_support": found.schema.value,
        "opt_out": found.opt_out.value,
        "flags": dict(found.flags),
    }


_LOGPROBS = {
    Trust.REAL: "can be used",
    Trust.EMPTY: "not to be trusted: they are there, but hold nothing (all zero, no alternatives)",
    Trust.NONE: "none",
    Trust.UNDETERMINED: "undetermined: the answer was too short",
}
_SCHEMA = {
    SchemaSupport.HELD: "answers keep to it",
    SchemaSupport.IGNORED: "ignored: the answer did not keep to it",
    SchemaSupport.REFUSED: "refused",
    SchemaSupport.UNDETERMINED: "undetermined",
}
_OPT_OUT = {
    OptOut.HONOURED: "works: a request can go without speculation",
    OptOut.IGNORED: "ignored: the server drafted all the same. A plain answer needs a second server",
    OptOut.REFUSED: "refused. A plain answer needs a second server",
    OptOut.NEEDLESS: "not needed",
    OptOut.UNKNOWN_WAY: "no way known. A plain answer needs a second server",
    OptOut.UNDETERMINED: "undetermined: the server does not tell what it drafted",
}
_COUNTERS = {
    Agreement.AGREE: "agree with the answer",
    Agreement.DIFFER: "say something else than the answer; do not rely on either",
    Agreement.FOREIGN: "undetermined: somebody else used the server meanwhile",
    Agreement.SILENT: "none, or not shown",
}


def lines(found: Probed) -> list[str]:
    """For people."""
    sure = "" if found.engine.shape == "seen" else " (what it sends is known from its documentation only)"
    many = "unknown" if found.largest_n is None else f"{'at least ' if found.more else ''}{found.largest_n}"
    return [
        f"engine        {found.engine.title}{sure}",
        f"build         {found.build or 'not told'}",
        f"model         {found.model}",
        f"speculation   {_speculation(found)}",
        f"counters      {_COUNTERS[found.counters]}",
        f"logprobs      {_LOGPROBS[found.logprobs.trust]}",
        f"completions   {many} in one request",
        f"schema        {_SCHEMA[found.schema]}",
        f"opting out    {_OPT_OUT[found.opt_out]}",
    ]


def _speculation(found: Probed) -> str:
    short, kind = found.short, f" ({found.configured})" if found.configured not in (None, "", "on") else ""
    if found.speculating is Speculating.ON:
        return f"on{kind}: {short.accepted} of {short.drafted} drafted tokens accepted in one short request"
    if found.speculating is Speculating.OFF:
        return "off: a plain server"
    if found.counters is Agreement.DIFFER:
        return "undetermined: the answer and the counters contradict each other"
    if found.configured:
        return f"undetermined: set up{kind}, but nothing was seen to be drafted"
    return "undetermined: the server does not tell what it drafts"
