"""What forecasters take and give.

Invariants: a forecaster is a pure function of `Known` and its arguments: the same in gives the same out, in the same
order; every name it gives is normalised, well-formed, given once, and none of the known real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from slopguard.model import Ecosystem, NormalizedName

Steps = Callable[[int], None]
"""Told how many predictions were made since it was told last; for a progress bar."""


@dataclass(frozen=True, slots=True)
class Known:
    """What forecasts are built from: the shipped lists.

    Args:
        ranked: per ecosystem the verified names, most popular first.
        imports: PyPI: import name, as written, to the distributions that hold it, most popular first.
        stdlib: per ecosystem the modules of the language.
    """

    ranked: Mapping[Ecosystem, Sequence[str]]
    imports: Mapping[str, Sequence[str]]
    stdlib: Mapping[Ecosystem, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Prediction:
    """One predicted name.

    Args:
        score: expected yield, comparable within one run only; never a probability that the name is invented.
        family: which generator put it forward first: a short code such as `import`, `words`, `topic`.
    """

    ecosystem: Ecosystem
    name: NormalizedName
    score: float
    family: str
