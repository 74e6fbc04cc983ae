"""A server's counters (Prometheus text), and what two readings of them say of what was asked between.

Invariant: a difference counts only if the server generated exactly the tokens that we asked for: somebody else's drafts
are never taken for ours.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import StrEnum

from slopguard.forecast.engines.speculation import MOST_AHEAD, Source, Speculation, from_positions, place, record
from slopguard.forecast.engines.table import Engine, Names

Samples = dict[str, list[tuple[dict[str, str], float]]]
_LARGEST = 2**18
"""Characters of all lines about the counters that are looked for."""


class Traffic(StrEnum):
    """What two readings of counters can be used for."""

    OURS = "ours"
    FOREIGN = "foreign"
    """The server did more than we asked for, or was started again."""
    SILENT = "silent"
    """It has no counters, or not these."""


@dataclass(frozen=True, slots=True)
class Counters:
    """One reading.

    Args:
        generated: tokens since the server started.
        drafted, accepted: `None` where the server does not count drafts.
        steps: `None` where it does not count them.
        positions: by position ahead; empty before anything was drafted.
        busy: requests under way at that moment.
    """

    generated: int
    drafted: int | None = None
    accepted: int | None = None
    steps: int | None = None
    positions: tuple[int, ...] = ()
    busy: int = 0


def read(text: str, names: Names | None) -> Counters | None:
    """The counters in a server's metrics; `None` if they are not in it, or it is no such text."""
    if names is None:
        return None
    samples = _samples(_ours(text, names))
    generated = _sum(samples, names.generated)
    if generated is None:
        return None
    return Counters(
        generated,
        _sum(samples, names.drafted),
        _sum(samples, names.accepted),
        _sum(samples, names.steps),
        _positions(samples, names.position),
        _sum(samples, names.busy) or 0,
    )


def between(engine: Engine, before: Counters | None, after: Counters | None, own: int) -> tuple[Traffic, Speculation]:
    """What was drafted between two readings.

    Args:
        own: tokens that were generated for us meanwhile, all completions together; below 0 if that is not known.

    Returns:
        Whether the readings can be used, and the record: one that says nothing where they cannot.
    """
    nothing = Speculation(engine.key)
    if before is None or after is None or after.drafted is None or after.accepted is None:
        return Traffic.SILENT, nothing
    if own < 0 or before.busy or after.busy or after.generated - before.generated != own:
        return Traffic.FOREIGN, nothing
    steps = None if after.steps is None else after.steps - (before.steps or 0)
    grown = _grown(before.positions, after.positions)
    table = None if steps is None or not grown else from_positions(grown, steps)
    drafted, accepted = after.drafted - (before.drafted or 0), after.accepted - (before.accepted or 0)
    return Traffic.OURS, record(
        engine.key, drafted, accepted, steps, None if table is None else list(table), Source.METRICS
    )


def _ours(text: str, names: Names) -> str:
    """The lines about these counters, if they are not too many: a parser takes minutes over what a server may send."""
    starts = tuple(name.removesuffix("_total") for name in astuple(names))
    found = "".join(f"{line}\n" for line in text.splitlines() if line.startswith(starts))
    return found if len(found) <= _LARGEST else ""


def _samples(text: str) -> Samples:
    from prometheus_client.parser import text_string_to_metric_families

    found: Samples = {}
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
    except (ValueError, IndexError, KeyError):  # what that parser raises for text that is none
        return {}
    return found


def _sum(samples: Samples, name: str) -> int | None:
    """A counter, over all its labels; some servers leave `_total` out."""
    values = samples.get(name) or samples.get(name.removesuffix("_total"))
    if not values or not all(0 <= value < 2**53 for _, value in values):
        return None
    return int(sum(value for _, value in values))


def _positions(samples: Samples, name: str) -> tuple[int, ...]:
    found: dict[int, int] = {}
    for labels, value in samples.get(name) or samples.get(name.removesuffix("_total")) or ():
        at = place(labels.get("position", ""))
        if at is None or at >= MOST_AHEAD or not 0 <= value < 2**53:
            return ()
        found[at] = found.get(at, 0) + int(value)
    return tuple(found.get(at, 0) for at in range(max(found, default=-1) + 1))


def _grown(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(each - (before[at] if at < len(before) else 0) for at, each in enumerate(after))
