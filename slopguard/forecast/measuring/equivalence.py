"""Whether what a speculating server samples is what the plain one would sample, on servers that hide their chances.

The speculating server answers one text again and again; behind each start of an answer that came often enough the plain
server tells the exact chances of the next token, at one token a request, which is never speculated. The first token of
an answer is not speculated either and is left out. Both speak llama.cpp's own interface, as chances of every token and
tokens by their numbers are needed. Invariants: no text is kept, only tokens and counts; all that cuts a distribution
off is switched off on both sides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from slopguard.errors import UpstreamError
from slopguard.forecast.campaign import wire
from slopguard.forecast.campaign.interface import Nonsense
from slopguard.forecast.engines.table import LLAMA
from slopguard.forecast.measuring.arm import Arm, together
from slopguard.forecast.measuring.figures import Context, Likeness, likeness, tempered

TOKENS = 4
"""Tokens of one sample; the first is not speculated."""
FURTHER = 8
"""Tokens by which each prompt is sampled further into its answer than the one before."""
OFTEN = 150
"""Samples behind a start that is looked at."""
LISTED = 1_000
"""Tokens whose chances are asked for; all of a byte model's, nearly all the chance of another's."""
WHOLE = 0.999
"""The share of the chance that must be listed before it can be told what it is at another temperature."""
_UNCUT: Mapping[str, object] = {
    "samplers": ["temperature"],
    "repeat_penalty": 1.0,
    "stream": False,
}

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """What was sampled behind one start, and its chances, as they are kept between runs.

    Args:
        counts, exact: pairs of a token and how often it came, or its chance.
    """

    counts: tuple[tuple[int, int], ...]
    exact: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """All that was sampled.

    Args:
        places: sampled tokens that may have been drafted.
    """

    places: int
    behind: tuple[Behind, ...]

    def likeness(self, seed: int) -> Likeness:
        """What it says of the two servers."""
        return likeness([Context(dict(each.counts), dict(each.exact)) for each in self.behind], self.places, seed)


def able(plain: Arm, other: Arm) -> bool:
    """Whether both servers speak the interface that this needs."""
    return plain.engine.key == other.engine.key == LLAMA.key


async def drawn(
    plain: Arm, other: Arm, prompts: Sequence[str], samples: int, temperature: float, at_once: int
) -> Drawn:
    """Samples of the speculating server with the plain server's chances.

    Args:
        prompts: what is answered; each by itself.
        samples: of each.
        at_once: requests under way.

    Raises:
        UpstreamError: a server gives no answer.
    """
    found: list[Behind] = []
    places = 0
    for number, prompt in enumerate(prompts):
        start = await _start(plain, prompt, FURTHER * number, temperature)
        drawn = await _samples(other, start, samples, temperature, at_once)
        places += sum(max(0, len(tokens) - 1) for tokens in drawn)
        for prefix, counts in _behind(drawn).items():
            exact = await _chances(plain, (*start, *prefix), temperature)
            if exact:
                found.append(Behind(tuple(sorted(counts.items())), tuple(sorted(exact.items()))))
    return Drawn(places, tuple(found))


def _behind(samples: Sequence[Tokens]) -> dict[Tokens, Counter[int]]:
    """What followed each start of an answer that came often enough."""
    found: dict[Tokens, Counter[int]] = defaultdict(Counter)
    for tokens in samples:
        for place in range(1, len(tokens)):
            found[tokens[:place]][tokens[place]] += 1
    return {prefix: counts for prefix, counts in found.items() if counts.total() >= OFTEN}


async def _start(arm: Arm, prompt: str, further: int, temperature: float) -> Tokens:
    """The tokens of a user's message, as the server's own template puts them, and the beginning of an answer.

    Args:
        further: tokens of the answer: the first ones of it are often the same, whatever is asked.
    """
    said = await _post(arm, "/apply-template", {"messages": [{"role": "user", "content": prompt}]})
    tokens = await _post(arm, "/tokenize", {"content": said.get("prompt"), "add_special": True, "parse_special": True})
    start = _whole(tokens.get("tokens"))
    if not further:
        return start
    body = {"prompt": start, "n_predict": further, "seed": 1, "temperature": temperature, **_UNCUT}
    answer = await _post(arm, "/completion", {**body, "return_tokens": True})
    return start + _whole(answer.get("tokens"))


async def _samples(arm: Arm, start: Tokens, samples: int, temperature: float, at_once: int) -> list[Tokens]:
    found: list[Tokens] = []
    seeds = iter(range(1, samples + 1))

    async def work(seeds: Iterator[int]) -> None:
        for seed in seeds:
            body = {"prompt": start, "n_predict": TOKENS, "seed": seed, "temperature": temperature, **_UNCUT}
            answer = await _post(arm, "/completion", {**body, "return_tokens": True})
            found.append(_whole(answer.get("tokens")))

    await together(work(seeds) for _ in range(at_once))
    return found


async def _chances(arm: Arm, text: Tokens, temperature: float) -> dict[int, float]:
    """The chances of the next token; empty where too little of them is listed."""
    body = {"prompt": text, "n_predict": 1, "n_probs": LISTED, "temperature": 1.0, "seed": 1, **_UNCUT}
    answer = await _post(arm, "/completion", body)
    try:
        top = answer["completion_probabilities"][0]["top_logprobs"]
        exact = {int(each["id"]): exp(float(each["logprob"])) for each in top}
    except (KeyError, IndexError, TypeError, ValueError, OverflowError):
        raise Nonsense("a server's answer has no chances in it") from None
    if temperature == 1.0:
        return exact
    return tempered(exact, temperature) if sum(exact.values()) >= WHOLE else {}


async def _post(arm: Arm, path: str, body: Mapping[str, object]) -> dict[str, Any]:
    status, data = await arm.server.post(path, body)
    if status != 200:
        raise UpstreamError(f"a server answered with status {status}", "See what it logs; --samples 0 goes without")
    return wire.decoded(data)


def _whole(tokens: object) -> Tokens:
    if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
        raise Nonsense("a server's answer has no tokens in it")
    return tuple(tokens)
