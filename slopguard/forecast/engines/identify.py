"""Which engine a server is, and of which build.

Invariant: pure but for the requests it makes; what a server says of itself is used only as `names.shown` gives it, and
without the key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from slopguard.forecast.engines.server import LISTED, EngineServer
from slopguard.forecast.engines.table import ENGINES, LM_STUDIO, MLX_LM, MLX_VLM, OLLAMA, OTHER, Engine, by_owner
from slopguard.names import shown

_LONGEST_BUILD = 64
_META = ("n_params", "size", "n_vocab", "n_ctx", "ftype")
_INFO = ("model_ftype", "speculative_algorithm", "speculative_num_steps", "speculative_num_draft_tokens")
_LONGEST_MARK = 200
_MLX = re.compile(r"\d+\.\d+\S*-\d+\.\d+\S*-macOS\S*")
"""MLX-LM's fingerprint: its version, that of MLX, the system (read)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server is.

    Args:
        build: as it says; "" if it does not.
        configured: the kind of speculation it says it is set up for; "" for none, `None` if it does not say.
        slots: requests it can work on at once, if it says.
        models: what it serves.
        flags: what else it says that changes what it does or which model it is.
    """

    engine: Engine
    build: str = ""
    configured: str | None = None
    slots: int | None = None
    models: tuple[str, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)


async def identify(server: EngineServer) -> Identity:
    """Ask a server what it is; nothing is generated.

    Raises:
        UpstreamError: it cannot be reached, or does not list its models.
    """
    models = await server.models()
    listed = await server.told(LISTED)
    engine = by_owner(_owner(listed)) or await _by_looks(server)
    build, info = "", {}
    for path, key in engine.looks:
        found = await server.told(path)
        if isinstance(found, dict) and isinstance(found.get(key), str):
            build, info = shown(server.hidden(found[key]), _LONGEST_BUILD), found
            break
    configured, slots = await _configured(server, engine, info)
    told = _flags(listed, info) | {"speculative.types": configured, "total_slots": slots}
    flags = {key: shown(server.hidden(str(value))) for key, value in sorted(told.items()) if value not in (None, "")}
    return Identity(engine, build, configured, slots, models, flags)


def by_answer(engine: Engine, answer: Mapping[str, object]) -> Engine:
    """The engine, should an answer show what its lists do not."""
    if engine is not OTHER:
        return engine
    timings, mark = answer.get("timings"), answer.get("system_fingerprint")
    if isinstance(timings, dict) and "draft_kind" in timings:
        return MLX_VLM
    if isinstance(mark, str) and len(mark) <= _LONGEST_MARK and _MLX.match(mark):
        return MLX_LM
    return OLLAMA if mark == "fp_ollama" else engine


async def _by_looks(server: EngineServer) -> Engine:
    """The engine by what only it answers, where its models do not name it."""
    for engine in ENGINES.values():
        for path, key in engine.looks:
            found = await server.told(path)
            if isinstance(found, dict) and isinstance(found.get(key), str) and _fits(engine, found):
                return engine
    found = await server.told("/api/v0/models")  # a list without an owner
    return LM_STUDIO if isinstance(found, dict) and isinstance(found.get("data"), list) else OTHER


def _fits(engine: Engine, found: Mapping[str, object]) -> bool:
    """`/version` is anybody's: vLLM's says nothing but the version."""
    return engine.key != "vllm" or set(found) == {"version"}


def _owner(listed: object) -> object:
    data = listed.get("data") if isinstance(listed, dict) else None
    first = data[0] if isinstance(data, list) and data else None
    return first.get("owned_by") if isinstance(first, dict) else None


def _flags(listed: object, info: Mapping[str, object]) -> dict[str, object]:
    """What tells this server from another one of the same build: which model, which settings."""
    data = listed.get("data") if isinstance(listed, dict) else None
    meta = data[0].get("meta") if isinstance(data, list) and data and isinstance(data[0], dict) else None
    told = {key: meta.get(key) for key in _META} if isinstance(meta, dict) else {}
    told |= {key: info.get(key) for key in _INFO}
    return {key: value for key, value in told.items() if isinstance(value, str | int)}


async def _configured(
    server: EngineServer, engine: Engine, info: Mapping[str, object]
) -> tuple[str | None, int | None]:
    """What the server is set up for: llama.cpp by its slots (seen), SGLang by its settings (read)."""
    if engine.key == "sglang" and "speculative_algorithm" in info:
        said = info["speculative_algorithm"]
        return (shown(server.hidden(said or "")) if isinstance(said, str | None) else None), None
    if engine.key != "llama.cpp":
        return None, None
    count = info.get("total_slots")
    slots = count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else None
    told = await server.told("/slots")
    if not isinstance(told, list) or not told or not all(isinstance(slot, dict) for slot in told):
        return None, slots
    said = [slot.get("speculative") for slot in told]
    if not any(each is True for each in said):
        return "" if all(each is False for each in said) else None, slots
    kinds = {shown(server.hidden(_kind(slot))) for slot in told} - {""}
    return next(iter(sorted(kinds)), "on"), slots


def _kind(slot: Mapping[str, object]) -> str:
    """What kind of speculation a slot says; it does so from its first request on."""
    said = slot.get("params")
    kind = said.get("speculative.types") if isinstance(said, dict) else None
    return kind if isinstance(kind, str) and kind != "none" else ""
