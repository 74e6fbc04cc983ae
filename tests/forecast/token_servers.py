"""Servers on loopback that speak tokens in the shapes of vLLM and SGLang, as those are documented, with known chances.

Neither engine can be had here. What they answer is made of one small chain: each token's successor depends on it alone,
at the temperature that is asked for. Whether the real engines send what is documented, only they can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from random import Random
from typing import Any

from aiohttp import web

from tests.forecast.engine_servers import Body, Engine

FIRST, TOKENS = 500, 24
QUESTION = (7, 8, FIRST)
"""The tokens of every message: the template's, and one of the chain."""
LIKELY = (0.75, 0.18, 0.0637)
"""Three tokens share most of the chance, as behind most texts; the others have about 0.0003 each."""
DRAFTED = (0.5, 0.3, 0.15)
"""What the drafter takes them for."""
MOST = {"vllm": 20, "sglang": 1_000}
TOO_FEW, CERTAIN, NOTHING, NO_LIST = "few", "certain", "nothing", "none"


def chances(last: int, temperature: float = 1.0, likely: tuple[float, ...] = LIKELY) -> dict[int, float]:
    """What may follow a token."""
    rest = (1.0 - sum(likely)) / (TOKENS - len(likely))
    raised = [chance ** (1.0 / temperature) for chance in (*likely, *[rest] * (TOKENS - len(likely)))]
    place = 5 * (last - FIRST) if FIRST <= last < FIRST + TOKENS else 0
    return {FIRST + (place + at) % TOKENS: each / sum(raised) for at, each in enumerate(raised)}


def spelled(tokens: list[int]) -> str:
    """Their text."""
    return "".join(f" w{token}" for token in tokens)


@dataclass
class TokenServer(Engine):
    """One such server.

    Args:
        engine: whose shapes: `vllm` or `sglang`.
        wrong: a draft is kept this often at least, however unlikely the model finds it; 0: by rejection sampling.
        lies: what its log-probabilities are instead of chances.
        shift: added to the numbers of the tokens that it tells, not to those of its text.
        mixed: its text is that of another answer to the same.
        cut: tokens that are missing at the end of its answers.
        endless: tells far more of everything than was asked for.
        lacks: paths that it does not have.
        lacking: the status of these; with 200 what comes is no JSON object.
        asked: bodies of requests by path.
    """

    engine: str = "vllm"
    wrong: float = 0.0
    lies: str = ""
    shift: int = 0
    mixed: bool = False
    cut: int = 0
    endless: bool = False
    lacks: frozenset[str] = frozenset()
    lacking: int = 404
    asked: dict[str, list[Body]] = field(default_factory=dict)

    async def _answer(self, request: web.Request) -> web.Response:
        if request.method != "POST" or request.path == self.chat:
            return await super()._answer(request)
        body = await request.json()
        self.asked.setdefault(request.path, []).append(body)
        if request.path in self.lacks:
            return web.json_response(["not here"], status=self.lacking)
        return web.json_response(self._said(request.path, body))

    def _said(self, path: str, body: Body) -> Mapping[str, Any]:
        if path == "/tokenize":
            assert body["messages"][0]["role"] == "user"
            return {"tokens": [*QUESTION], "count": len(QUESTION), "max_model_len": 4096}
        if path == "/detokenize":
            return {"prompt" if self.engine == "vllm" else "text": spelled(body["tokens"])}
        assert path == ("/v1/completions" if self.engine == "vllm" else "/generate")
        return self._vllm(body) if self.engine == "vllm" else self._sglang(body)

    def _vllm(self, body: Body) -> Mapping[str, Any]:
        uncut(body)
        tokens = self._drawn(body["prompt"], body["max_tokens"], body["seed"], body["temperature"])
        choice: dict[str, Any] = {"index": 0, "logprobs": None, **self._told("token_ids", tokens, body["seed"])}
        if "logprobs" in body and self.lies != NO_LIST:
            assert body["logprobs"] <= MOST["vllm"]
            named = "token_id:{}" if body["return_tokens_as_token_ids"] else " w{}"
            listed = self._listed(body["prompt"], body["logprobs"], body["temperature"])
            top = {named.format(token): chance for token, chance in listed}
            choice["logprobs"] = {"tokens": [], "token_logprobs": [], "top_logprobs": [top]}
        return {"choices": [choice], "usage": {"completion_tokens": len(tokens)}}

    def _sglang(self, body: Body) -> Mapping[str, Any]:
        sampling = body["sampling_params"]
        uncut(sampling)
        tokens = self._drawn(
            body["input_ids"], sampling["max_new_tokens"], sampling["sampling_seed"], sampling["temperature"]
        )
        meta: dict[str, Any] = {"completion_tokens": len(tokens)}
        if body.get("return_logprob") and self.lies != NO_LIST:
            listed = self._listed(body["input_ids"], body["top_logprobs_num"], sampling["temperature"])
            meta["output_top_logprobs"] = [[[chance, token, None] for token, chance in listed]]
        return {"meta_info": meta, **self._told("output_ids", tokens, sampling["sampling_seed"])}

    def _told(self, key: str, tokens: list[int], seed: int) -> Mapping[str, Any]:
        """An answer as text and by its tokens."""
        text = self._drawn([FIRST], len(tokens), seed, 1.0) if self.mixed else tokens
        return {"text": spelled(text), key: [token + self.shift for token in tokens]}

    def _drawn(self, start: list[int], count: int, seed: int, temperature: float) -> list[int]:
        """An answer; all tokens but the first are drafted."""
        random = Random(f"{seed}/{start}")
        tokens: list[int] = []
        for place in range(count * 1_000 if self.endless else count):
            last = tokens[-1] if tokens else start[-1]
            tokens.append(
                self._checked(last, temperature, random) if place else one(chances(last, temperature), random)
            )
        return tokens[: count - self.cut] if self.cut and count > 1 else tokens

    def _checked(self, last: int, temperature: float, random: Random) -> int:
        """A draft, or what is drawn in its place: of what the drafter gave too little (rejection sampling)."""
        may, drafted = chances(last, temperature), chances(last, temperature, DRAFTED)
        draft = one(drafted, random)
        if random.random() < max(may[draft] / drafted[draft], self.wrong):
            return draft
        return one({token: max(0.0, chance - drafted[token]) for token, chance in may.items()}, random)

    def _listed(self, start: list[int], most: int, temperature: float) -> list[tuple[int, float]]:
        """Log-probabilities of the likeliest tokens, the likeliest first."""
        may = sorted(chances(start[-1], temperature).items(), key=lambda each: -each[1])[:most]
        if self.endless:
            return [(token, -20.0) for token in range(100_000)]
        if self.lies == CERTAIN:
            return [(token, 0.0) for token, _ in may]
        if self.lies == NOTHING:
            return []
        return [(token, log(chance)) for token, chance in may[: 3 if self.lies == TOO_FEW else most]]


def one(may: Mapping[int, float], random: Random) -> int:
    """A token, drawn by its chances."""
    return random.choices([*may], [*may.values()])[0]


def uncut(sampling: Body) -> None:
    """Make sure that a request leaves nothing to the model's own defaults, which cut distributions off."""
    assert (sampling["top_p"], sampling["top_k"], sampling["min_p"]) == (1.0, -1, 0.0)
    assert sampling["repetition_penalty"] == 1.0
    assert sampling["ignore_eos"] is True


def server(engine: str, **more: Any) -> TokenServer:
    """One that is known for what it is."""
    pages = {"vllm": {"/version": {"version": "0.99"}}, "sglang": {"/server_info": {"version": "0.99"}}}
    return TokenServer(engine, pages[engine], engine=engine, **more)
