"""What a server drafted and what of it was accepted: one record, whatever engine it comes from.

Invariants: pure; `0 <= accepted <= drafted`; what contradicts itself is no record; nothing told is `Source.NONE`, which
is not the same as nothing drafted. Acceptance comes from counts of drafts only, never from counts of generated tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

MOST_AHEAD = 64
"""Tokens ahead that any server drafts: longer tables of positions are none."""
_MOST = 2**53


class Source(StrEnum):
    """Where the counts come from."""

    RESPONSE = "response"
    """The answer to the very request."""
    METRICS = "metrics-delta"
    """What the server's counters grew by while nobody else used it."""
    NONE = "none"
    """Nothing was told, or nothing that can be true."""


@dataclass(frozen=True, slots=True)
class Speculation:
    """What was drafted for one request, or for several together.

    Args:
        engine: which server says so (a key of `table.ENGINES`).
        drafted: tokens that the drafter proposed.
        accepted: those of them that the model kept.
        steps: times that the model checked drafts, if told.
        histogram: steps that accepted exactly 0, 1, 2 ... tokens, if told.
        source: where it comes from; with `Source.NONE` the counts mean nothing.
    """

    engine: str
    drafted: int = 0
    accepted: int = 0
    steps: int | None = None
    histogram: tuple[int, ...] | None = None
    source: Source = Source.NONE

    @property
    def known(self) -> bool:
        """Whether anything was told."""
        return self.source is not Source.NONE

    @property
    def active(self) -> bool:
        """Whether something was drafted."""
        return self.known and self.drafted > 0

    @property
    def rate(self) -> float | None:
        """The share of drafted tokens that was accepted; depends on how far ahead is drafted."""
        return self.accepted / self.drafted if self.active else None

    @property
    def length(self) -> float | None:
        """Tokens gained a step, the model's own included; `None` where steps are not told."""
        return 1 + self.accepted / self.steps if self.active and self.steps else None

    @property
    def by_position(self) -> tuple[int, ...] | None:
        """How often the first, second ... token ahead was accepted."""
        if self.histogram is None:
            return None
        return tuple(sum(self.histogram[at:]) for at in range(1, len(self.histogram)))


def record(
    engine: str,
    drafted: object,
    accepted: object,
    steps: object = None,
    histogram: object = None,
    source: Source = Source.RESPONSE,
) -> Speculation:
    """A record of counts as a server sent them; of what cannot be true, one that says nothing.

    Args:
        histogram: a list, or a map from the number of accepted tokens to steps.
    """
    proposed, kept, checks = _count(drafted), _count(accepted), _count(steps)
    if proposed is None or kept is None or kept > proposed:
        return Speculation(engine)
    if checks == 0 and kept:
        checks = None
    return Speculation(engine, proposed, kept, checks, _table(histogram, kept, checks), source)


def possible(found: Speculation, tokens: int) -> Speculation:
    """A record, or one that says nothing, if so much cannot have been drafted for at most so many tokens."""
    steps = tokens + 1
    fits = found.accepted <= tokens + MOST_AHEAD and found.drafted <= steps * MOST_AHEAD
    return found if fits else Speculation(found.engine)


def place(text: str) -> int | None:
    """The number in a label of at most three digits; `None` for anything else."""
    return int(text) if len(text) <= 3 and text.isascii() and text.isdigit() else None


def from_positions(positions: Sequence[int], steps: int) -> tuple[int, ...] | None:
    """The histogram that belongs to counts by position; `None` if they cannot be of so many steps."""
    found = tuple(before - after for before, after in pairwise([steps, *positions, 0]))
    return found if all(each >= 0 for each in found) else None


def total(engine: str, records: Iterable[Speculation]) -> Speculation:
    """Several requests together; says nothing if one of them does. What not all tell is left out."""
    each = tuple(records)
    if not each or not all(one.known for one in each):
        return Speculation(engine)
    steps = [one.steps for one in each if one.steps is not None]
    tables = [one.histogram for one in each if one.histogram is not None]
    wide = max(map(len, tables), default=0)
    summed = tuple(sum(table[at] for table in tables if at < len(table)) for at in range(wide))
    return Speculation(
        engine,
        sum(one.drafted for one in each),
        sum(one.accepted for one in each),
        sum(steps) if len(steps) == len(each) else None,
        summed if len(tables) == len(each) else None,
        Source.METRICS if any(one.source is Source.METRICS for one in each) else Source.RESPONSE,
    )


def of_timings(engine: str, details: Mapping[str, object]) -> Speculation:
    """llama.cpp (seen) and mlx-vlm (read): `timings`. The counts are left out where nothing was drafted."""
    timings = details.get("timings")
    if not isinstance(timings, dict) or "predicted_n" not in timings:
        return Speculation(engine)
    return record(engine, timings.get("draft_n", 0), timings.get("draft_n_accepted", 0), timings.get("draft_rounds"))


def of_metrics(engine: str, details: Mapping[str, object]) -> Speculation:
    """VLLM (read): `metrics.speculative_decoding`; it is null for several completions of one request."""
    told = _within(details, "metrics", "speculative_decoding")
    return record(
        engine,
        told.get("num_draft_tokens"),
        told.get("num_accepted_draft_tokens"),
        told.get("num_spec_steps"),
        told.get("acceptance_histogram"),
    )


def of_sglext(engine: str, details: Mapping[str, object]) -> Speculation:
    """SGLang (read): `sglext.spec_tokens_details`, asked for with `return_spec_tokens_details`."""
    told = _within(details, "sglext", "spec_tokens_details")
    return record(
        engine,
        told.get("spec_num_proposed_drafts"),
        told.get("spec_num_correct_drafts"),
        told.get("spec_verify_ct"),
        told.get("spec_correct_drafts_histogram"),
    )


def of_stats(engine: str, details: Mapping[str, object]) -> Speculation:
    """LM Studio (read): `stats`, or `usage`, of its own interface; the counts are left out where no drafter is used."""
    for place in ("stats", "usage"):
        told = _within(details, place)
        if "total_draft_tokens_count" in told:
            return record(engine, told["total_draft_tokens_count"], told.get("accepted_draft_tokens_count"))
    return record(engine, 0, 0) if "tokens_per_second" in _within(details, "stats") else Speculation(engine)


def of_nothing(engine: str, details: Mapping[str, object]) -> Speculation:
    """Engines that tell nothing with an answer."""
    return Speculation(engine)


def _within(details: Mapping[str, object], *path: str) -> dict[str, object]:
    found: object = details
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, dict) else {}


def _count(value: object) -> int | None:
    """A count; `None` for what is none, or more than any server ever counts."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST else None


def _table(said: object, accepted: int, steps: int | None) -> tuple[int, ...] | None:
    """A histogram, if it agrees with the counts beside it."""
    if isinstance(said, dict):
        keys = {at: value for key, value in said.items() if (at := place(str(key))) is not None}
        if len(keys) != len(said) or max(keys, default=0) > MOST_AHEAD:
            return None
        said = [keys.get(at, 0) for at in range(max(keys, default=-1) + 1)]
    counts = [_count(each) for each in said] if isinstance(said, list) and len(said) <= MOST_AHEAD + 1 else []
    table = tuple(each for each in counts if each is not None)
    if not table or len(table) != len(counts) or steps not in (None, sum(table)):
        return None
    return table if sum(at * number for at, number in enumerate(table)) == accepted else None
