"""The chat completions interface as it goes over the wire: requests made, answers taken apart.

Invariants: pure; whatever a server sends gives a `Sampled`, a list of models or `Nonsense`; what it says of tokens is
believed only where it can be true.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from slopguard.forecast.campaign.interface import Nonsense, Sampled, Usage
from slopguard.names import shown

PER_TOKEN = 4
"""Characters of a token, about: what is not counted is estimated."""
DENSEST = 24
"""No token is longer than so many characters on average: a server that says so counts wrong."""
_LONGEST_MODEL = 200
_DETAILS = ("timings", "metrics", "system_fingerprint", "sglext", "stats", "model")


def request(
    model: str, prompt: str, n: int, seed: int, temperature: float, schema: Mapping[str, object] | None, longest: int
) -> dict[str, object]:
    """The body of a request."""
    body: dict[str, object] = {
        "model": model,
        "messages": [{"role": "user", "content": prompt}],
        "n": n,
        "seed": seed,
        "temperature": temperature,
        "max_tokens": longest,
        "stream": False,
    }
    if schema is not None:
        form = {"name": "packages", "schema": schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return body


def decoded(data: bytes) -> dict[str, Any]:
    """The JSON object of an answer.

    Raises:
        Nonsense: it is none.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Nonsense("a server's answer is not JSON") from None
    if not isinstance(found, dict):
        raise Nonsense("a server's answer is not a JSON object")
    return found


def models(data: bytes) -> tuple[str, ...]:
    """The models that a server has; names that cannot be shown as they are, are left out.

    Raises:
        Nonsense: the answer is no list of models.
    """
    listed = decoded(data).get("data")
    if not isinstance(listed, list):
        raise Nonsense("a server's answer is no list of models")
    names = [each.get("id") for each in listed if isinstance(each, dict)]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and usable(name)))


def usable(model: str) -> bool:
    """Whether a model's name may be stored and shown as it is."""
    return bool(model) and shown(model, _LONGEST_MODEL) == model


def sampled(data: bytes, prompt: str, n: int, longest: int, *, schema: bool) -> Sampled:
    """What the completions are.

    Raises:
        Nonsense: there are none in it.
    """
    answer = decoded(data)
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        raise Nonsense("a server's answer has no completion in it")
    texts = tuple(_text(choice) for choice in choices[:n])
    usage = used(answer.get("usage"), prompt, texts, longest)
    return Sampled(texts, usage, schema, {key: answer[key] for key in _DETAILS if key in answer})


def used(said: object, prompt: str, texts: tuple[str, ...], longest: int) -> Usage:
    """What a request cost: as the server says if that can be true, else estimated, rather too high than too low.

    A count below what the text can be made of, or above what was allowed, is none: a budget must not rest on it.
    """
    usage = said if isinstance(said, dict) else {}
    asked, told = _whole(usage.get("prompt_tokens")), _whole(usage.get("completion_tokens"))
    characters = sum(map(len, texts))
    true = (
        len(prompt) // DENSEST <= asked <= 4 * len(prompt) + 4096
        and characters // DENSEST <= told <= longest * len(texts) + 8
    )
    if true:
        return Usage(asked, told)
    return Usage(len(prompt) // PER_TOKEN + 1, characters // PER_TOKEN + 1, doubtful=True)


def _whole(value: object) -> int:
    """A count; -1 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _text(choice: object) -> str:
    """The text of one completion; that of a refusal or a call of a tool is empty.

    Raises:
        Nonsense: it is no completion.
    """
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise Nonsense("a server's answer has no completion in it")
    content = message.get("content")
    if isinstance(content, list):  # parts, as some servers give them
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    if content is not None and not isinstance(content, str):
        raise Nonsense("a server's answer has no completion in it")
    return content or ""
