"""What the watchlist holds: a name, how likely it is, and the run or the list that it comes from.

Invariant: every text is a code or a name that passed a grammar, never what a model or a registry wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from slopguard.model import Ecosystem, NormalizedName

ORIGINS = ("imported", "generated")
"""Documented somewhere or added by a person; predicted by a forecast. `observed` rows stand in `store.watch`."""
EMBEDDED, MODELS, PERSON = "embedded", "models", "person"
"""Sources of our own: the forecaster without a server, a campaign with models, and a person's `watch add`."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One run of a forecast, one import, one `watch add`.

    Args:
        origin: one of `ORIGINS`.
        source: short attribution code, `[a-z0-9][a-z0-9._-]{0,39}`.
        at: when the names were predicted or documented (aware UTC).
        expires: when its rows stop counting (aware UTC); `None`: never.
        detail: what else is known of it: models, topic, prompts, version of slopguard; plain codes.
    """

    origin: str
    source: str
    at: datetime
    expires: datetime | None = None
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watched:
    """One name of a batch.

    Args:
        rank: 1 = most likely; `None` if unranked.
        models: how many models were seen inventing it; `None` if none was asked.
        prompts: (model, prompt) pairs that gave it.
        hits, samples: completions that held it, of how many.
        low, high: 95 % interval of its recurrence, within 0 and 1.
    """

    ecosystem: Ecosystem
    name: NormalizedName
    rank: int | None = None
    models: int | None = None
    prompts: int | None = None
    hits: int | None = None
    samples: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A name together with the batch that it stands in."""

    batch: Batch
    watched: Watched
