"""The engines that serve models: what each is known by, where it tells what, and whether a request can opt out.

`Shape.SEEN`: a real server of that kind was seen to send it, in the tests of this project. `Shape.READ`: it stands in
the engine's source or documentation and was never seen on the wire here; a probe says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slopguard.forecast.engines import speculation, tokenwise
from slopguard.forecast.engines.speculation import Speculation
from slopguard.forecast.engines.tokenwise import Tokenwise

CHAT = "/v1/chat/completions"


class Shape(StrEnum):
    """How sure what stands in the table is."""

    SEEN = "seen"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Names:
    """What an engine's counters are called in its metrics; `steps` and `position` where it has them."""

    generated: str
    drafted: str
    accepted: str
    steps: str
    position: str
    busy: str


@dataclass(frozen=True, slots=True)
class Engine:
    """One kind of server.

    Args:
        key: how it is called in results.
        title: how it is called for people.
        shape: how sure the rest is.
        owner: `owned_by` of its models, if it says one.
        looks: paths that tell the build, with the key that holds it.
        told: how the record is found in an answer.
        chat: where completions are asked for.
        asking: what to add to a request so that it tells.
        drafter: the field of a request that names its drafter, where requests name one.
        without: what to add so that a request is not speculated; `None`: there is nothing.
        tries: what people believe to opt out, where nothing does: sent to show that it is ignored.
        names: its counters; `None`: it has none.
        logprobs: what to add to a request for log-probabilities.
        tokenwise: how it goes on from tokens, and tells the chances of the next one; `None`: no way is known.
    """

    key: str
    title: str
    shape: Shape = Shape.READ
    owner: str | None = None
    looks: tuple[tuple[str, str], ...] = ()
    told: Callable[[str, Mapping[str, object]], Speculation] = speculation.of_nothing
    chat: str = CHAT
    asking: Mapping[str, object] = field(default_factory=dict)
    drafter: str | None = None
    without: Mapping[str, object] | None = None
    tries: Mapping[str, object] = field(default_factory=dict)
    names: Names | None = None
    logprobs: Mapping[str, object] = field(default_factory=lambda: {"logprobs": True, "top_logprobs": 5})
    tokenwise: Tokenwise | None = None

    def speculation(self, details: Mapping[str, object]) -> Speculation:
        """The record in what came with an answer."""
        return self.told(self.key, details)


LLAMA = Engine(
    "llama.cpp",
    "llama.cpp",
    Shape.SEEN,
    owner="llamacpp",
    looks=(("/props", "build_info"),),
    told=speculation.of_timings,
    tries={"speculative.n_max": 0, "speculative.type": "none", "speculative": False},
    names=Names(
        "llamacpp:tokens_predicted_total",
        "llamacpp:spec_decode_num_draft_tokens_total",
        "llamacpp:spec_decode_num_accepted_tokens_total",
        "llamacpp:spec_decode_num_drafts_total",
        "llamacpp:spec_decode_num_accepted_tokens_per_pos_total",
        "llamacpp:requests_processing",
    ),
    tokenwise=tokenwise.LLAMA,
)
VLLM = Engine(
    "vllm",
    "vLLM",
    owner="vllm",
    looks=(("/version", "version"),),
    told=speculation.of_metrics,
    tries={"disable_spec_decode": True},
    names=Names(
        "vllm:generation_tokens_total",
        "vllm:spec_decode_num_draft_tokens_total",
        "vllm:spec_decode_num_accepted_tokens_total",
        "vllm:spec_decode_num_drafts_total",
        "vllm:spec_decode_num_accepted_tokens_per_pos_total",
        "vllm:num_requests_running",
    ),
    tokenwise=tokenwise.VLLM,
)
SGLANG = Engine(
    "sglang",
    "SGLang",
    owner="sglang",
    looks=(("/server_info", "version"), ("/get_server_info", "version")),
    told=speculation.of_sglext,
    asking={"return_spec_tokens_details": True},
    tokenwise=tokenwise.SGLANG,
)
OLLAMA = Engine(
    "ollama",
    "Ollama",
    owner="library",
    looks=(("/api/version", "version"),),
    # works in its own interface (/api/chat) only: its chat completions know no options and leave them out
    tries={"options": {"draft_num_predict": 0}},
)
LM_STUDIO = Engine(
    "lm-studio",
    "LM Studio",
    owner="organization_owner",
    told=speculation.of_stats,
    chat="/api/v0/chat/completions",  # the counts are not in /v1
    drafter="draft_model",
    without={},
)
MLX_VLM = Engine("mlx-vlm", "mlx-vlm", told=speculation.of_timings)
MLX_LM = Engine("mlx-lm", "MLX-LM", drafter="draft_model", without={"draft_model": None}, logprobs={"logprobs": 5})
OTHER = Engine("other", "a server that speaks OpenAI's interface")

ENGINES: dict[str, Engine] = {
    engine.key: engine for engine in (LLAMA, VLLM, SGLANG, OLLAMA, LM_STUDIO, MLX_VLM, MLX_LM, OTHER)
}
"""By key."""


def by_owner(owner: object) -> Engine | None:
    """The engine whose models say that they belong to `owner`."""
    found = [engine for engine in ENGINES.values() if engine.owner and engine.owner == owner]
    return found[0] if found else None
