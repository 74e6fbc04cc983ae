"""What the radar looks at, what it finds, and what it remembers of a name.

Invariant: "could not be asked" is an `Existence` of its own (`DOWN`, `AUTH`, `OFFLINE`); it is neither there nor free.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from slopguard.model import Ecosystem, Existence, NormalizedName

OBSERVED = "observed"
"""Origin of names that were asked for on this machine and did not exist."""
RULE = "predicted-registered"
"""The rule that a name is refused by once it was registered."""


class State(StrEnum):
    """What is remembered of a watched name."""

    FREE = "free"
    """Every index said that it has no such package."""
    APPEARED = "appeared"
    """Registered after it was predicted: an alarm."""
    BEFORE = "before"
    """Registered before it was predicted."""
    UNDATED = "undated"
    """There at the first look, on an index without dates, or without a file yet: nobody knows since when."""


@dataclass(frozen=True, slots=True)
class Target:
    """A watched name.

    Args:
        rank: 1 = most likely; `None` if unranked.
        predicted: when it was predicted, documented or first asked for here (aware UTC).
        origin: `generated`, `imported`, or `OBSERVED`.
    """

    ecosystem: Ecosystem
    name: NormalizedName
    rank: int | None
    predicted: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as the index lists it; `name` and `version` are the registry's words."""

    name: str
    version: str
    size: int | None = None
    digests: tuple[str, ...] = ()
    uploaded: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What an index says of a name that it has.

    Args:
        versions: the newest last; at most `documents.MOST`.
        files: at most as many.
        first: the earliest upload, `None` where there are no dates.
        by: who it says maintains or uploaded it: the registry's words.
    """

    versions: tuple[str, ...] = ()
    files: tuple[Upload, ...] = ()
    first: datetime | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What to ask an index with whether its document is still the same one (see `registries.validity.Known`)."""

    url: str
    login: str = ""
    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a name found.

    Args:
        existence: `YES` and `NO` are answers; anything else is none.
        found: of a name that is there; `None` if its document is unchanged.
        held: how to ask again.
    """

    existence: Existence
    found: Found | None = None
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of a name.

    Args:
        asked: when it was last answered (aware UTC).
        free_from, free_until: the first and the last look of the newest stretch in which it was free.
        held: how to ask again for its document.
    """

    state: State
    asked: datetime
    free_from: datetime | None = None
    free_until: datetime | None = None
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A watched name that was registered after it was predicted.

    Args:
        id: the decision id of its row in the ledger.
        seen: when it was seen registered (aware UTC).
        free: when it was last seen free, `None` if it never was.
    """

    id: str
    target: Target
    seen: datetime
    free: datetime | None = None
    found: Found = field(default_factory=Found)
