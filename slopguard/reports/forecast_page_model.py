"""What the page about forecasts tells, gathered before any of it is written.

Invariants: a figure comes with how many it was taken of; what is not known is `None` or empty, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from slopguard.forecast.measuring.results import Results
from slopguard.forecast.statistics import Coverage, Share
from slopguard.model import Ecosystem

MOST = 200
"""Names of an ecosystem that are listed."""


class State(StrEnum):
    """What the radar knows of a name."""

    FREE = "free"
    REGISTERED = "registered"
    UNKNOWN = "not asked"


@dataclass(frozen=True, slots=True)
class Named:
    """One watched name.

    Args:
        rank: 1 = most likely; `None` if unranked.
        models, prompts: how many models, and (model, prompt) pairs, gave it; `None` if none was asked.
        low, high: 95 % interval of its recurrence, within 0 and 1.
        source: where it comes from, a code.
    """

    ecosystem: Ecosystem
    name: str
    rank: int | None
    source: str
    state: State = State.UNKNOWN
    models: int | None = None
    prompts: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One batch of the watchlist.

    Args:
        about: what was forecast: `all`, or a kind and a digest; `""` of what was no forecast.
        ecosystem: `""` where it holds several.
        expires: `None`: never.
    """

    origin: str
    source: str
    about: str
    ecosystem: str
    rows: int
    at: datetime
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A share of a list of invented names that forecasts hold.

    Args:
        predictions: how many predictions were made.
        hits, of: the names of the list among them, and in all.
    """

    predictions: int
    hits: int
    of: int


@dataclass(frozen=True, slots=True)
class Covering:
    """What the forecaster without a server reached.

    Args:
        measured_on: which list, a few plain words.
    """

    ecosystem: Ecosystem
    measured_on: str
    points: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """How far a campaign had come.

    Args:
        pairs: (model, prompt) pairs that had answered.
        names: different names on no list by then.
        recurrent: those of them that two pairs or more had given.
    """

    pairs: int
    names: int
    recurrent: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign with models.

    Args:
        label: its number and the models asked.
        coverage: by ecosystem, what its sightings say of names not seen yet (Good-Turing).
        curve: how names were found, in the order in which they came.
        rates: by what (`model`, `kind`, `topic`, ...), then by its name: the share of told names that are on no list.
        done, parts: of so many parts (an ecosystem and a kind of prompt), those of which enough is known.
    """

    label: str
    at: datetime
    coverage: Mapping[Ecosystem, Coverage]
    curve: tuple[Found, ...] = ()
    rates: Mapping[str, Mapping[str, Share]] = field(default_factory=dict)
    done: int = 0
    parts: int = 0


@dataclass(frozen=True, slots=True)
class Appeared:
    """A watched name that was registered after it was predicted.

    Args:
        registered: the oldest upload, or when it was first seen where there are no dates.
        dated: whether `registered` is the index's own date.
    """

    ecosystem: Ecosystem
    name: str
    rank: int | None
    predicted: datetime
    registered: datetime
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the page tells.

    Args:
        at: when it was made (aware UTC).
        names: the first `MOST` of each ecosystem, best rank first.
        watched: how many rows are watched in each; a name that two batches hold counts twice.
        polled: when the radar looked last; `None`: never.
        serving: what the last bench of speculation found; `None`: there was none.
    """

    at: datetime
    version: str
    names: Mapping[Ecosystem, tuple[Named, ...]] = field(default_factory=dict)
    watched: Mapping[Ecosystem, int] = field(default_factory=dict)
    batches: tuple[Kept, ...] = ()
    covering: tuple[Covering, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    appeared: tuple[Appeared, ...] = ()
    polled: datetime | None = None
    serving: Results | None = None
