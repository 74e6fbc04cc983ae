"""The vocabulary that every room shares: what is asked, what is known, what is answered.

Invariant: everything here is a frozen dataclass or an enumeration; nothing does I/O or reads a clock. A module is
imported when one of its words is first asked for: a hook knows what is asked, and mostly needs no evidence.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_MODULES = {
    "words": "Actor Arrival Ecosystem Existence Layer Mode NormalizedName Outcome RowKind SourceKind",
    "asked": "REGISTRY Door Location Request Sighting Source",
    "known": "ABSENT OFFLINE AllowRow DenyRow Evidence Facts Release ReleaseRow WatchRow",
    "answered": "Decision Note Verdict",
}
_HOMES = {word: module for module, words in _MODULES.items() for word in words.split()}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(name)
    found = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return found
