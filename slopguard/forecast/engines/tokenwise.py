"""Tokens by their numbers: how an engine is asked to go on from them, and what it says of the chances of the next one.

Requests switch off all that cuts a distribution off, as a server's own defaults may not. Chances are asked for at
temperature 1, where log-probabilities before and after the sampler's work are the same: engines differ in which they
give. Invariants: pure; what is no distribution is `NoData`, never certainty; no more is kept than was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import exp, isnan
from typing import Any

from slopguard.forecast.campaign.interface import Nonsense

Tokens = tuple[int, ...]
Answer = Mapping[str, Any]

LEAST = 20
"""Tokens that have a chance at all: every model has more, so fewer are a list that was cut short."""
WHOLE = 0.999
"""The share of the chance that a list must hold before what is not in it may be left out."""
LONGEST = 16_384
"""Tokens that a request may begin with."""
_WIDEST = 256
"""Characters of one token."""
_MORE = 1.01
"""More than all chance, beyond what rounding explains."""
_IDS = 2**31

REFUSED = "The server refuses requests by tokens, which telling two distributions apart needs"
NO_TOKENS = "The server does not tell the tokens of its answers"
LENGTH = "The server's answers do not have as many tokens as were asked for"
OTHER_SHAPE = "A server's answers to requests by tokens are not as they should be"
OTHER_TEXT = "The server's tokens are not those of its text"
NO_CHANCES = "The plain server tells no chances of tokens by their numbers"
EMPTY = "The plain server's log-probabilities are zero, empty or cut short"
IMPOSSIBLE = "The plain server's log-probabilities are no chances"


class NoData(Nonsense):
    """A server's answers say nothing of its distribution; the message is one of the sentences above."""


@dataclass(frozen=True, slots=True)
class Going:
    """What a server is asked to go on from.

    Args:
        start: tokens of the template, the question, and the answer so far.
        count: tokens wanted.
        listed: likeliest tokens whose chances are wanted; 0 for none.
    """

    model: str
    start: Tokens
    count: int
    seed: int
    temperature: float
    listed: int = 0


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer as tokens and as text.

    Args:
        ended: its last token is the end, of which nothing stands in the text.
    """

    tokens: Tokens
    text: str
    ended: bool = False

    @property
    def written(self) -> Tokens:
        """The tokens that the text is made of."""
        return self.tokens[:-1] if self.ended else self.tokens


@dataclass(frozen=True, slots=True)
class Tokenwise:
    """How one engine speaks tokens.

    Args:
        opening: from a message to the tokens that an answer goes on from, by the server's template: paths in turn, each
            with its request, made of the model and what the path before answered (first: the message).
        path: where answers are asked for.
        asking: the request.
        said: tokens and text in an answer.
        chances: pairs of a token and its log-probability, for the first token of an answer.
        text: the key of what `/detokenize` answers.
        listed: tokens whose chances can be asked for.
        whole: an answer has all the tokens that were asked for, as the end of a text does not end it.
        ended: whether the last token of an answer is the end of the text.
    """

    opening: tuple[tuple[str, Callable[[str, Any], dict[str, object]]], ...]
    path: str
    asking: Callable[[Going], dict[str, object]]
    said: Callable[[Answer], tuple[object, object]]
    chances: Callable[[Answer], Iterable[tuple[object, object]]]
    text: str
    listed: int
    whole: bool = True
    ended: Callable[[Answer], bool] = lambda answer: False

    def spoken(self, answer: Answer, count: int) -> Spoken:
        """What was answered.

        Raises:
            NoData: it is not told by tokens, or is not as long as was asked for.
        """
        try:
            said, text = self.said(answer)
        except (LookupError, TypeError, AttributeError):
            raise NoData(NO_TOKENS) from None
        tokens = numbers(said)
        if len(tokens) > count or (self.whole and len(tokens) < count):
            raise NoData(LENGTH)
        if not isinstance(text, str) or len(text) > _WIDEST * count:
            raise NoData(OTHER_TEXT)
        return Spoken(tokens, text, self.ended(answer))

    def exact(self, answer: Answer) -> dict[int, float]:
        """The chances of the first token of an answer at temperature 1; those that are not listed share the rest.

        Raises:
            NoData: there are none in it, or they are none.
        """
        try:
            pairs = list(islice(self.chances(answer), self.listed + 2))
            found = {_token(token): _chance(value) for token, value in pairs}
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError):
            raise NoData(NO_CHANCES) from None
        exact = {token: chance for token, chance in found.items() if chance > 0.0}
        total = sum(exact.values())
        if total > _MORE or len(pairs) > self.listed + 1:
            raise NoData(IMPOSSIBLE)
        if len(exact) < LEAST or (len(exact) < self.listed and total < WHOLE):
            raise NoData(EMPTY)
        return exact


def numbers(said: object) -> Tokens:
    """Tokens as a server sent them.

    Raises:
        NoData: they are none, or too many.
    """
    if not isinstance(said, list) or len(said) > LONGEST:
        raise NoData(NO_TOKENS)
    try:
        return tuple(map(_token, said))
    except ValueError:
        raise NoData(NO_TOKENS) from None


def same(whole: str, text: str) -> bool:
    """Whether a text is how its tokens are spelled behind others; a character that is not whole yet is left out."""
    said = text.strip("\ufffd")
    return bool(said) and whole.rstrip("\ufffd").endswith(said)


def _token(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _IDS:
        raise ValueError("no token")
    return value


def _chance(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or isnan(value):
        raise ValueError("no log-probability")
    return exp(min(value, 1.0))  # of what is too much no more than that is needed


def _messages(model: str, message: str) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": message}]}


def _templated(model: str, before: Answer) -> dict[str, object]:
    return {"content": before.get("prompt"), "add_special": True, "parse_special": True}


def _llama(going: Going) -> dict[str, object]:
    body: dict[str, object] = {
        "prompt": going.start,
        "n_predict": going.count,
        "seed": going.seed,
        "temperature": going.temperature,
        "samplers": ["temperature"],
        "repeat_penalty": 1.0,
        "return_tokens": True,
        "stream": False,
    }
    return body | ({"n_probs": going.listed} if going.listed else {})


_UNCUT: Mapping[str, object] = {
    "top_p": 1.0,
    "top_k": -1,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "ignore_eos": True,
    "skip_special_tokens": False,
}
"""Both of vLLM and SGLang take these from a model's `generation_config.json` where a request leaves them out."""


def _completions(going: Going) -> dict[str, object]:
    body: dict[str, object] = {
        "model": going.model,
        "prompt": going.start,
        "max_tokens": going.count,
        "seed": going.seed,
        "temperature": going.temperature,
        "return_token_ids": True,
        "stream": False,
        **_UNCUT,
    }
    return body | ({"logprobs": going.listed, "return_tokens_as_token_ids": True} if going.listed else {})


def _generate(going: Going) -> dict[str, object]:
    sampling = {
        "max_new_tokens": going.count,
        "temperature": going.temperature,
        "sampling_seed": going.seed,  # heeded in deterministic mode only, where all samples were the same without
        **_UNCUT,
    }
    body: dict[str, object] = {"input_ids": going.start, "sampling_params": sampling, "stream": False}
    return body | ({"return_logprob": True, "top_logprobs_num": going.listed} if going.listed else {})


def _said_choice(answer: Answer) -> tuple[object, object]:
    choice = answer["choices"][0]
    return choice["token_ids"], choice["text"]


def _top_probabilities(answer: Answer) -> Iterable[tuple[object, object]]:
    top: Sequence[Any] = answer["completion_probabilities"][0]["top_logprobs"]
    return ((each["id"], each["logprob"]) for each in top)


def _top_choice(answer: Answer) -> Iterable[tuple[object, object]]:
    top: Mapping[str, Any] = answer["choices"][0]["logprobs"]["top_logprobs"][0]
    return ((_numbered(key), value) for key, value in top.items())


def _numbered(key: str) -> int:
    mark, _, number = key.partition(":")
    if mark != "token_id":
        raise ValueError("a token by its text: many have the same")
    return int(number)


def _top_meta(answer: Answer) -> Iterable[tuple[object, object]]:
    top: Sequence[Any] = answer["meta_info"]["output_top_logprobs"][0]
    return ((each[1], each[0]) for each in top)


LLAMA = Tokenwise(
    (("/apply-template", _messages), ("/tokenize", _templated)),
    "/completion",
    _llama,
    lambda answer: (answer["tokens"], answer["content"]),
    _top_probabilities,
    "content",
    1_000,  # all tokens of a byte model, nearly all the chance of another's
    whole=False,
    ended=lambda answer: answer.get("stop_type") == "eos",
)
"""llama.cpp (seen)."""
VLLM = Tokenwise(
    (("/tokenize", _messages),),
    "/v1/completions",
    _completions,
    _said_choice,
    _top_choice,
    "prompt",
    20,  # what --max-logprobs allows by default
)
"""vLLM (read)."""
SGLANG = Tokenwise(
    (("/tokenize", _messages),),
    "/generate",
    _generate,
    lambda answer: (answer["output_ids"], answer["text"]),
    _top_meta,
    "text",
    1_000,
)
"""SGLang (read): its own interface, as its completions tell no tokens by their numbers."""
