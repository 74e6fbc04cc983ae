"""The unknown names of a campaign by how likely they are to come again: rows for the watchlist.

Order: how many models agree, then how many (model, prompt) pairs gave the name, then the lower bound of its recurrence.
Pairs count, not samples: one prompt asked ten times is one prompt. Recurrence is measured only on samples drawn after
the first that held the name, in each pair that gave it: the first is why anybody looked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from slopguard import __version__
from slopguard.forecast.campaign.model import Answer, Key, Stage, State, Told
from slopguard.forecast.campaign.stages import Name, Pair
from slopguard.forecast.statistics import wilson
from slopguard.model import Ecosystem
from slopguard.watchlist.model import MODELS, Batch, Watched

ORIGIN = "generated"


def ranked(answers: Mapping[Key, Answer], existing: frozenset[Name] = frozenset()) -> tuple[Watched, ...]:
    """Every unknown name, the most likely first, with its counts; ranks are within its ecosystem.

    Args:
        existing: unknown names that an index was found to have.
    """
    found: dict[Told, list[int]] = defaultdict(lambda: [0, 0])
    pairs: dict[Told, set[Pair]] = defaultdict(set)
    for pair, samples in _pairs(answers).items():
        for told, hits, later in _recurring(samples):
            pairs[told].add(pair)
            found[told][0] += hits
            found[told][1] += later
    rows = [_row(told, pairs[told], *found[told]) for told in pairs if (told.ecosystem, told.name) not in existing]
    rows.sort(key=lambda row: (-(row.models or 0), -(row.prompts or 0), -(row.low or 0.0), row.name))
    return tuple(_numbered(rows))


def batch(campaign: int, models: Sequence[str], at: datetime, expires: datetime | None = None) -> Batch:
    """What the rows of a campaign say of where they come from."""
    detail = {"campaign": str(campaign), "models": str(len(models)), "slopguard": __version__}
    return Batch(ORIGIN, MODELS, at, expires, detail)


def _pairs(answers: Mapping[Key, Answer]) -> dict[Pair, list[Answer]]:
    """The answers of each pair, in the order in which they were asked for."""
    found: dict[Pair, list[tuple[tuple[bool, int], Answer]]] = defaultdict(list)
    for key, answer in answers.items():
        if answer.state is State.ANSWERED:
            found[key.model, key.prompt].append(((key.stage is Stage.AGAIN, key.sample), answer))
    return {pair: [each for _, each in sorted(rows, key=lambda row: row[0])] for pair, rows in found.items()}


def _recurring(samples: Sequence[Answer]) -> Iterator[tuple[Told, int, int]]:
    """Each unknown name of a pair with its hits in the samples after the first that held it, and their number."""
    first: dict[Told, int] = {}
    hits: dict[Told, int] = defaultdict(int)
    for number, answer in enumerate(samples):
        for told in answer.unknown:
            if first.setdefault(told, number) < number:
                hits[told] += 1
    return ((told, hits[told], len(samples) - 1 - number) for told, number in first.items())


def _row(told: Told, pairs: set[Pair], hits: int, samples: int) -> Watched:
    low, high = wilson(hits, samples)
    models = len({model for model, _ in pairs})
    return Watched(told.ecosystem, told.name, None, models, len(pairs), hits, samples, low, high)


def _numbered(rows: Sequence[Watched]) -> Iterator[Watched]:
    ranks: dict[Ecosystem, int] = defaultdict(int)
    for row in rows:
        ranks[row.ecosystem] += 1
        yield replace(row, rank=ranks[row.ecosystem])
