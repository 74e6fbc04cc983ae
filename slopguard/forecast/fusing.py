"""Several lists of names, each best first, made one: by what each place of each list is expected to yield.

A list's yield falls with the place as a power law, `share * (place + SHIFT) ** -fall`; a name's score is the sum over
the lists that hold it. The numbers are fitted to names that judge no forecast (see `tools/fit_forecast.py`).
Invariant: pure; equal scores keep the order of first mention.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SHIFT = 5


@dataclass(frozen=True, slots=True)
class Yield:
    """What a list is expected to yield.

    Args:
        share: hits at the place where the power is 1.
        fall: how fast they fall with the place.
    """

    share: float
    fall: float

    def at(self, place: int) -> float:
        """The hits expected at a place, counted from 0."""
        return self.share * float((place + SHIFT) ** -self.fall)


def fused(lists: Mapping[str, Iterable[str]], yields: Mapping[str, Yield]) -> list[tuple[str, float, str]]:
    """Every name with its score and the list that raised it most, the highest score first.

    Args:
        lists: code to names, best first; one without a yield is left out.
    """
    scores: dict[str, float] = {}
    raised: dict[str, tuple[float, str]] = {}
    for code, names in lists.items():
        expected = yields.get(code)
        if expected is None:
            continue
        for place, name in enumerate(names):
            much = expected.at(place)
            scores[name] = scores.get(name, 0.0) + much
            if name not in raised or much > raised[name][0]:
                raised[name] = (much, code)
    return [(name, scores[name], raised[name][1]) for name in sorted(scores, key=scores.__getitem__, reverse=True)]
