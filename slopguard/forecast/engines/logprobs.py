"""Whether log-probabilities that came with an answer hold anything.

Under speculation some servers send 0.0 with an empty list of alternatives for every token but the first: certainty
where there is no data. Invariant: pure; such a token counts as empty, as does one with what is no logarithm of a
probability (NaN, above 0), and an answer with one is not trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeGuard

_ROUNDING = 1e-3
_MOST = 1e6


class Trust(StrEnum):
    """What log-probabilities of a server are worth."""

    REAL = "real"
    EMPTY = "empty"
    """They are there and say nothing: all zero, no alternatives."""
    NONE = "none"
    """The server gives none."""
    UNDETERMINED = "undetermined"
    """One token only: the first one is right on servers whose others are not."""


@dataclass(frozen=True, slots=True)
class LogProbs:
    """What came back.

    Args:
        tokens: of the completion, that have an entry.
        empty: those of them that hold nothing.
    """

    trust: Trust
    tokens: int = 0
    empty: int = 0


def judged(choice: object) -> LogProbs:
    """The log-probabilities of one completion, as OpenAI's chat interface gives them (or MLX-LM's older form)."""
    told = choice.get("logprobs") if isinstance(choice, dict) else None
    if not isinstance(told, dict):
        return LogProbs(Trust.NONE)
    entries = told.get("content")
    if not isinstance(entries, list):
        entries = _older(told)
    if not entries:
        return LogProbs(Trust.NONE)
    empty = sum(map(_empty, entries))
    if empty:
        return LogProbs(Trust.EMPTY, len(entries), empty)
    return LogProbs(Trust.UNDETERMINED if len(entries) < 2 else Trust.REAL, len(entries))


def _older(told: dict[str, object]) -> list[object]:
    values, tops = told.get("token_logprobs"), told.get("top_logprobs")
    if not isinstance(values, list):
        return []
    tops = tops if isinstance(tops, list) and len(tops) == len(values) else [[]] * len(values)
    return [{"logprob": value, "top_logprobs": top} for value, top in zip(values, tops, strict=True)]


def _empty(entry: object) -> bool:
    """Whether a token's entry says nothing; a true 0.0 (certainty) still names others that are less likely."""
    if not isinstance(entry, dict):
        return True
    value, top = entry.get("logprob"), entry.get("top_logprobs")
    return not _real(value) or (value >= 0 and not any(_real(each) and each < 0 for each in _values(top)))


def _values(top: object) -> list[Any]:
    """The log-probabilities of a token's alternatives: of entries, or by token, as MLX-LM gives them."""
    found: list[Any] = []
    for each in top if isinstance(top, list) else [top]:
        if isinstance(each, dict):
            found += [each["logprob"]] if "logprob" in each else each.values()
    return found


def _real(value: object) -> TypeGuard[float]:
    """Whether this can be the logarithm of a probability, but for rounding."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_MOST <= value <= _ROUNDING
