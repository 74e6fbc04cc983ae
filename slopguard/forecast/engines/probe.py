"""Ask a server what it is and what it does: a handful of short requests, each for one question.

Invariants: only the server that was named is asked; what it says of itself is held against what it does; a question
that is not answered leaves "undetermined", and the others are asked all the same.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from slopguard.errors import UpstreamError, UsageError
from slopguard.forecast.campaign import wire
from slopguard.forecast.campaign.openai import Key, Manners
from slopguard.forecast.engines import counters, logprobs
from slopguard.forecast.engines.counters import Counters, Traffic
from slopguard.forecast.engines.identify import Identity, by_answer, identify
from slopguard.forecast.engines.logprobs import LogProbs, Trust
from slopguard.forecast.engines.probed import Agreement, OptOut, Probed, SchemaSupport, Speculating
from slopguard.forecast.engines.server import EngineServer
from slopguard.forecast.engines.speculation import Source, Speculation, possible
from slopguard.forecast.engines.table import Engine

TOKENS = 24
"""Of the short request: enough for several drafts."""
LONGEST = 900.0
"""Seconds for all questions: some two hundred tokens."""
MOST = 16
"""Completions of one request that are tried."""
STEPS = 6
"""Questions, for a progress bar."""
PROMPT = "Name twenty well-known Python packages, separated by commas."
SCHEMA = {
    "type": "object",
    "properties": {"safe": {"enum": ["yes", "no"]}},
    "required": ["safe"],
    "additionalProperties": False,
}
_SCHEMA_TOKENS = 96
_SEED = 7
_REREAD = 5
_SOON = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, its JSON, and what the counters did meanwhile."""

    status: int
    body: Mapping[str, object]
    before: Counters | None = None
    after: Counters | None = None

    @property
    def generated(self) -> int:
        """Tokens of it, as the server says; -1 where it does not."""
        usage = self.body.get("usage")
        count = usage.get("completion_tokens") if isinstance(usage, dict) else None
        return count if isinstance(count, int) and not isinstance(count, bool) else -1

    @property
    def choice(self) -> object:
        """The first completion; `None` without any."""
        choices = self.body.get("choices")
        return choices[0] if isinstance(choices, list) and choices else None


def probe(
    url: str,
    model: str | None = None,
    draft: str | None = None,
    *,
    remote: bool = False,
    key: Key | None = None,
    step: Callable[[], None] = lambda: None,
) -> Probed:
    """Ask the server at `url`.

    Args:
        model: which of its models; may be left out where it has one.
        draft: the drafter to name, on servers whose requests name one.
        remote: it may be on another machine.
        step: called after each of the `STEPS` questions.

    Raises:
        UsageError: the address is none, or another machine's without leave; the model must be named.
        UpstreamError: it cannot be reached, answers no chat completion, or takes longer than `LONGEST`.
    """

    async def opened() -> Probed:
        async with asyncio.timeout(LONGEST), EngineServer(url, Manners(remote=remote, tries=2), key) as server:
            return await asked(server, model, draft, step)

    try:
        return asyncio.run(opened())
    except TimeoutError:
        raise UpstreamError("the server took too long over a few short requests", "See whether it is busy") from None


async def asked(
    server: EngineServer,
    wanted: str | None = None,
    draft: str | None = None,
    step: Callable[[], None] = lambda: None,
) -> Probed:
    """Ask a server that is open already; as `probe`."""
    identity = await identify(server)
    drafting = _drafting(identity.engine, draft)
    asker = Asker(server, identity.engine, _chosen(identity, wanted))
    step()
    answer = await asker.ask(TOKENS, {**identity.engine.asking, **drafting, **identity.engine.logprobs})
    if answer.status != 200:  # some refuse to be asked for log-probabilities
        answer = await asker.ask(TOKENS, {**identity.engine.asking, **drafting})
    if answer.status != 200 or answer.choice is None:
        raise UpstreamError("the server answers no chat completion", "See what it logs, and --model")
    engine = asker.engine = by_answer(identity.engine, answer.body)
    told, agreement = _record(engine, answer)
    again = identity if identity.configured != "on" else await _once_more(server, identity)
    verdict = _speculating(told, agreement, again.configured)
    step()
    largest, more = await asker.largest(identity.slots)
    step()
    schema = await asker.schema()
    step()
    opt_out = await asker.opt_out(verdict)
    step()
    judged = logprobs.judged(answer.choice)
    if judged.trust is Trust.NONE and engine.logprobs != identity.engine.logprobs:
        judged = await asker.logprobs()
    step()
    return Probed(
        engine,
        identity.build,
        asker.model,
        verdict,
        again.configured,
        told,
        agreement,
        judged,
        largest,
        more,
        schema,
        opt_out,
        again.flags,
    )


async def _once_more(server: EngineServer, known: Identity) -> Identity:
    """What a server is, after a request: its slots tell more then; what is known already, should it fail."""
    try:
        return await identify(server)
    except UpstreamError:
        return known


class Asker:
    """Puts the questions to one model of one server."""

    def __init__(self, server: EngineServer, engine: Engine, model: str) -> None:
        self.server = server
        self.engine = engine
        self.model = model

    async def ask(self, tokens: int, more: Mapping[str, object], n: int = 1, *, count: bool = True) -> Answer:
        """One request, with a reading of the counters before and after.

        Raises:
            UpstreamError: the server gave no usable answer.
        """
        before = await self.server.counters(self.engine) if count else None
        body = wire.request(self.model, PROMPT, n, _SEED, 0.0, None, tokens) | dict(more)
        status, data = await self.server.post(self.engine.chat, body)
        answer = Answer(status, wire.decoded(data) if status == 200 else {}, before)
        if before is None:
            return answer
        for _ in range(_REREAD):  # counters may follow the answer by a moment
            after = await self.server.counters(self.engine)
            if after is None or (not after.busy and after.generated - before.generated >= answer.generated):
                break
            await asyncio.sleep(_SOON)
        return Answer(status, answer.body, before, after)

    async def largest(self, slots: int | None) -> tuple[int, bool]:
        """The largest `n`, and whether it may be more; one came back already."""
        low, high = 1, min(MOST, slots) + 1 if slots else MOST + 1
        while high - low > 1:
            middle = high - 1 if low == 1 and slots else (low + high) // 2
            if await self._several(middle):
                low = middle
            else:
                high = middle
        return low, low == MOST

    async def _several(self, n: int) -> bool:
        try:
            answer = await self.ask(1, {}, n, count=False)
        except UpstreamError:
            return False
        choices = answer.body.get("choices")
        return isinstance(choices, list) and len(choices) == n

    async def schema(self) -> SchemaSupport:
        """Whether an answer keeps to a schema that allows two values only."""
        form = {"name": "answer", "schema": SCHEMA, "strict": True}
        asked = {"response_format": {"type": "json_schema", "json_schema": form}}
        try:
            answer = await self.ask(_SCHEMA_TOKENS, asked, count=False)
        except UpstreamError:
            return SchemaSupport.UNDETERMINED
        if answer.status != 200:
            return SchemaSupport.REFUSED if answer.status < 500 else SchemaSupport.UNDETERMINED
        return SchemaSupport.HELD if _kept(answer.choice) else SchemaSupport.IGNORED

    async def opt_out(self, verdict: Speculating) -> OptOut:
        """Whether a request that is not to be speculated is not: seen by what is drafted for it."""
        if verdict is Speculating.OFF:
            return OptOut.NEEDLESS
        fields = self.engine.without if self.engine.without is not None else self.engine.tries
        if self.engine.without is None and not fields:
            return OptOut.UNKNOWN_WAY
        try:
            answer = await self.ask(TOKENS, {**self.engine.asking, **fields})
        except UpstreamError:
            return OptOut.UNDETERMINED
        if answer.status != 200:
            return OptOut.REFUSED if answer.status < 500 else OptOut.UNDETERMINED
        told, _ = _record(self.engine, answer)
        if not told.known or verdict is not Speculating.ON:
            return OptOut.UNDETERMINED
        return OptOut.IGNORED if told.active else OptOut.HONOURED

    async def logprobs(self) -> LogProbs:
        """Log-probabilities, asked for as the engine wants it."""
        try:
            return logprobs.judged((await self.ask(TOKENS, self.engine.logprobs, count=False)).choice)
        except UpstreamError:
            return LogProbs(Trust.NONE)


def _drafting(engine: Engine, draft: str | None) -> dict[str, object]:
    """The field that names a drafter.

    Raises:
        UsageError: this engine's requests name none.
    """
    if draft is None:
        return {}
    if engine.drafter is None:
        raise UsageError("requests to this server name no drafter", "Leave --draft-model out")
    return {engine.drafter: draft}


def _chosen(identity: Identity, wanted: str | None) -> str:
    if wanted is None and len(identity.models) != 1:
        names = ", ".join(identity.models[:5]) or "none"
        raise UsageError("a server has several models, or none", f"Name one with --model. It has: {names}")
    model = wanted if wanted is not None else identity.models[0]
    if not wire.usable(model):
        raise UsageError("--model takes the name of a model", "See what the server lists")
    return model


def _record(engine: Engine, answer: Answer) -> tuple[Speculation, Agreement]:
    """What was drafted for an answer of `TOKENS`: as the answer says, else as the counters say; and whether they agree.

    It says nothing where one of them tells of drafts and the other of none.
    """
    said = possible(engine.speculation(answer.body), TOKENS)
    traffic, counted = counters.between(engine, answer.before, answer.after, answer.generated)
    counted = possible(counted, TOKENS)
    if traffic is Traffic.FOREIGN:
        return said, Agreement.FOREIGN
    if not counted.known:
        return said, Agreement.SILENT
    if not said.known:
        return counted, Agreement.SILENT
    if (said.drafted, said.accepted) != (counted.drafted, counted.accepted):
        return said if said.active == counted.active else Speculation(engine.key), Agreement.DIFFER
    whole = Speculation(
        engine.key, said.drafted, said.accepted, counted.steps, counted.histogram, source=Source.RESPONSE
    )
    return whole, Agreement.AGREE


def _speculating(told: Speculation, agreement: Agreement, configured: str | None) -> Speculating:
    if told.active:
        return Speculating.ON
    if agreement is not Agreement.DIFFER and (configured == "" or (told.known and not configured)):
        return Speculating.OFF
    return Speculating.UNDETERMINED


def _kept(choice: object) -> bool:
    """Whether a completion keeps to `SCHEMA`."""
    message = choice.get("message") if isinstance(choice, dict) else None
    text = message.get("content") if isinstance(message, dict) else None
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and set(found) == {"safe"} and found["safe"] in ("yes", "no")
