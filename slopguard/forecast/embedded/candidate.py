"""What a generator of names is.

Invariants: a stream is read in bands; each candidate comes once a stratum, in the first band whose limit for its
stratum is above its cost; the same limits give the same candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log
from typing import Protocol

_HEAD = 10

Candidate = tuple[float, str, str]
"""Cost in nats, stratum, name. Within a stratum (one sort of candidate of one generator: the key of its fitted yield) a
dearer candidate is a worse one. The name may be known, ill-formed, or given before."""
Limits = Mapping[str, float]
"""For each stratum the cost below which its candidates are wanted; limits never fall from one reading to the next."""


class Stream(Protocol):
    """A generator of names."""

    @property
    def strata(self) -> Sequence[str]:
        """The sorts of candidates it may give."""
        ...

    def read(self, limits: Limits) -> Iterable[Candidate]:
        """The candidates below the limits that no reading gave before."""
        ...


class Ordered:
    """Candidates of one stratum whose costs never fall.

    Args:
        priced: cost and name.
    """

    def __init__(self, stratum: str, priced: Iterable[tuple[float, str]]) -> None:
        self.strata = (stratum,)
        self._priced = iter(priced)
        self._next = next(self._priced, None)

    def read(self, limits: Limits) -> Iterator[Candidate]:
        """The candidates below the limit that no reading gave before."""
        (stratum,) = self.strata
        limit = limits[stratum]
        while self._next is not None and self._next[0] < limit:
            cost, name = self._next
            yield cost, stratum, name
            self._next = next(self._priced, None)


def ranked(stratum: str, names: Iterable[str]) -> Ordered:
    """Candidates whose order is all that is known of them: the cost is the logarithm of the rank."""
    return Ordered(stratum, ((log(_HEAD + rank), name) for rank, name in enumerate(dict.fromkeys(names))))
