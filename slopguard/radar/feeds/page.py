"""What one page of a feed says."""

from __future__ import annotations

from dataclasses import dataclass

from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import BadName, normalize


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a feed.

    Args:
        names: of packages that changed, each once.
        at: where to go on reading.
        more: there is another page already.
        gap: what lies between this page and the one before may have been missed.
    """

    names: tuple[NormalizedName, ...]
    at: str
    more: bool = False
    gap: bool = False


def named(ecosystem: Ecosystem, text: str) -> NormalizedName | None:
    """The text as a package's name, `None` if it is none."""
    try:
        return normalize(ecosystem, text)
    except BadName:
        return None
