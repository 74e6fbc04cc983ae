"""The two servers of a bench, or of a router: opened, and what they are.

Invariants: what is measured, and what a table is bound to, is what the server says of itself; a server that says little
is bound by little, which results show.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from slopguard.errors import ConfigError, UpstreamError, UsageError
from slopguard.forecast.campaign import wire
from slopguard.forecast.campaign.near import Address
from slopguard.forecast.campaign.openai import Key, Manners, label
from slopguard.forecast.engines.identify import by_answer, identify
from slopguard.forecast.engines.server import LISTED, EngineServer
from slopguard.forecast.engines.table import LLAMA, Engine
from slopguard.forecast.measuring.arm import Arm
from slopguard.forecast.measuring.bench import Pair
from slopguard.forecast.measuring.model import Identity
from slopguard.names import shown

_OF_MODEL = ("n_params", "size", "n_vocab", "n_ctx_train", "max_model_len")
"""What servers say of a model beside its name: another file of the same name is another model."""
_LONGEST = 100
SPECULATION, NO_KIND = "speculation", "none"
"""The flag that tells the kind of speculation a server is set up for, and what it is of a plain one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The servers that a person named.

    Args:
        mtp: the address of the speculating server.
        plain: of the plain one; `None`: the same server, where a request can opt out.
        model: what it is called on both; may be left out where each has one.
        manners: how they are asked; its `remote` says whether they may be on another machine.
    """

    mtp: str
    plain: str | None = None
    model: str | None = None
    manners: Manners = field(default_factory=Manners)
    key: Key | None = None


@asynccontextmanager
async def opened(wanted: Wanted) -> AsyncIterator[Pair]:
    """Both servers, open.

    Raises:
        UsageError: an address is none, or another machine's without leave; there is no plain server, and this engine
            knows no opting out; the model must be named.
        UpstreamError: a server cannot be reached.
    """
    async with AsyncExitStack() as stack:

        async def of(url: str) -> tuple[Arm, Identity]:
            server = await stack.enter_async_context(EngineServer(url, wanted.manners, wanted.key))
            return await _arm(server, wanted.model)

        other, identity = await of(wanted.mtp)
        if wanted.plain is not None:
            plain, plain_identity = await of(wanted.plain)
            yield Pair(plain, other, plain_identity, identity)
            return
        without = other.engine.without
        if without is None:
            hint = "Start the same model without speculation, and name it: --plain URL"
            raise UsageError("this server cannot be asked to answer without speculation", hint)
        plain_identity = replace(identity, flags={**identity.flags, "opt-out": "request"})
        yield Pair(replace(other, fields=without), other, plain_identity, identity, one=True)


async def _arm(server: EngineServer, wanted: str | None) -> tuple[Arm, Identity]:
    found = await identify(server)
    model = _named(wanted, found.models)
    engine = await _engine(server, found.engine, model)
    again = await identify(server)  # its slots tell how they speculate once they were used
    flags = await _flags(server, engine, model)
    if again.configured is not None:
        flags[SPECULATION] = again.configured or NO_KIND
    return Arm(server, model, engine), Identity(engine.key, model, found.build, flags)


def _named(wanted: str | None, listed: Sequence[str]) -> str:
    """The model that is meant, as the server calls it.

    Raises:
        UsageError: the server does not have it, or has several and none is named.
    """
    names = ", ".join(shown(each) for each in listed[:5]) or "none"
    if wanted is None and len(listed) != 1:
        raise UsageError("a server has several models, or none", f"Name one with --model. It has: {names}")
    found = [each for each in listed if wanted in (None, each, label(each))]
    if listed and not found:  # llama.cpp would answer by any name, and tell nothing of the model
        raise UsageError("a server does not have the model that --model names", f"It has: {names}")
    model = found[0] if found else str(wanted)
    if not wire.usable(model):
        raise UsageError("--model takes the name of a model", "See what the server lists")
    return model


async def _engine(server: EngineServer, engine: Engine, model: str) -> Engine:
    """The engine, after one short request that warms it up and may tell more.

    Raises:
        UpstreamError: it answers none.
    """
    body = wire.request(model, "Name ten well-known packages.", 1, 1, 0.0, None, 16) | dict(engine.asking)
    status, data = await server.post(engine.chat, body)
    if status != 200:
        raise UpstreamError("a server answers no chat completion", "See what it logs, and --model")
    return by_answer(engine, wire.decoded(data))


async def _flags(server: EngineServer, engine: Engine, model: str) -> dict[str, str]:
    """What changes how fast, and what, a server speculates; as far as it says."""
    flags = {key: str(value) for key, value in (await _of_model(server, model)).items()}
    if engine.key == LLAMA.key:
        slots = await server.told("/slots")
        told = slots if isinstance(slots, list) else []
        flags["slots"] = str(len(told)) if told else "unknown"
        for slot in told:
            params = slot.get("params") if isinstance(slot, dict) else None
            said = params if isinstance(params, dict) else {}
            flags |= {key: shown(str(value), _LONGEST) for key, value in said.items() if key.startswith("speculative.")}
    return flags


async def _of_model(server: EngineServer, model: str) -> Mapping[str, object]:
    listed = await server.told(LISTED)
    data = listed.get("data") if isinstance(listed, dict) else None
    for each in data if isinstance(data, list) else ():
        if isinstance(each, dict) and each.get("id") == model:
            meta = each.get("meta")
            said = {**(meta if isinstance(meta, dict) else {}), **each}
            return {key: said[key] for key in _OF_MODEL if isinstance(said.get(key), int)}
    return {}


def comparable(wanted: Wanted, pair: Pair) -> None:
    """Make sure, before hours are spent, that there is something to compare.

    Raises:
        UsageError: both addresses are one server's, or the plain server says that it speculates.
    """
    if wanted.plain is not None and Address.of(wanted.plain) == Address.of(wanted.mtp):
        raise UsageError(
            "--mtp and --plain are one server", "Start the same model twice: the other with no speculation"
        )
    if pair.plain_identity.flags.get(SPECULATION, NO_KIND) != NO_KIND and not pair.one:
        raise UsageError("the server that --plain names speculates, too", "Start it again with: --no-speculation")


def unchanged(before: Pair, after: Pair) -> None:
    """Make sure that what was measured is what was there at the end.

    Raises:
        ConfigError: a server was replaced by another meanwhile.
    """
    same = (before.plain_identity, before.other_identity) == (after.plain_identity, after.other_identity)
    if not same:
        raise ConfigError("a server was replaced by another while it was measured", "Measure again, without --resume")
