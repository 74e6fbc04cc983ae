"""Verified names that another name imitates, or that its author may have meant.

Invariants: pure; the verified names come in as arguments; an answer is always one of them. `imitates` is the ground
of a refusal and kept precise; `near` only makes suggestions. A name on a verified list costs one look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from slopguard.lookalike.spelling import counts, misspelling
from slopguard.lookalike.suggestions import Suggestions
from slopguard.lookalike.verified import Verified, listing
from slopguard.model import NormalizedName

__all__ = ["Names", "listing", "misspelling"]


class Names:
    """The verified names of one ecosystem.

    Args:
        verified: the `listing` of normalised names.
        holders: for an import name in the spelling of PEP 503, the distributions that hold it.
    """

    def __init__(self, verified: str, holders: Callable[[str], Sequence[str]] = lambda module: ()) -> None:
        self._verified = Verified(verified)
        self._suggestions = Suggestions(self._verified, holders)

    def imitates(self, name: NormalizedName) -> str | None:
        """The verified name that `name` imitates; the most popular if several, `None` if none or itself verified."""
        if self._verified.rank(name) is not None:
            return None
        candidates = self._verified.by_rank(self._verified.one_slip_from(name))
        return next((target for target, rank in candidates.items() if counts(name, target, rank)), None)

    def near(self, name: str, limit: int = 3) -> tuple[str, ...]:
        """Verified names that the author of `name` may have meant, best first; empty when none is plausible."""
        best: dict[str, None] = dict.fromkeys(self._suggestions.holding(name))
        target = self.imitates(NormalizedName(name))
        if target is not None:
            best[target] = None
        if len(best) < limit:
            best |= dict.fromkeys(self._suggestions.related(name))
        best.pop(name, None)
        return tuple(best)[:limit]
