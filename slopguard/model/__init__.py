"""The vocabulary that every room shares: what is asked, what is known, what is answered.

Invariant: everything here is a frozen dataclass or an enumeration; nothing does I/O or reads a clock.
"""

from slopguard.model.answered import Decision, Note, Verdict
from slopguard.model.asked import REGISTRY, Door, Location, Request, Sighting, Source
from slopguard.model.known import ABSENT, OFFLINE, AllowRow, DenyRow, Evidence, Facts, Release, ReleaseRow, WatchRow
from slopguard.model.words import (
    Actor,
    Arrival,
    Ecosystem,
    Existence,
    Layer,
    Mode,
    NormalizedName,
    Outcome,
    RowKind,
    SourceKind,
)

__all__ = [
    "ABSENT",
    "OFFLINE",
    "REGISTRY",
    "Actor",
    "AllowRow",
    "Arrival",
    "Decision",
    "DenyRow",
    "Door",
    "Ecosystem",
    "Evidence",
    "Existence",
    "Facts",
    "Layer",
    "Location",
    "Mode",
    "NormalizedName",
    "Note",
    "Outcome",
    "Release",
    "ReleaseRow",
    "Request",
    "RowKind",
    "Sighting",
    "Source",
    "SourceKind",
    "Verdict",
    "WatchRow",
]
