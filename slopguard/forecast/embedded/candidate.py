"""What a generator yields.

Invariant: the candidates of one stream come with costs that never fall, so that a reader may stop at any point and
know that it has seen everything cheaper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import log
from typing import NamedTuple

_HEAD = 10


class Candidate(NamedTuple):
    """One name that a generator puts forward; the name may be known, ill-formed or given before.

    Args:
        cost: in nats; within one stratum a dearer candidate is a worse one.
        stratum: which sort of candidate of which generator: the key of its fitted yield.
    """

    cost: float
    stratum: str
    name: str


def ranked(stratum: str, names: Iterable[str]) -> Iterator[Candidate]:
    """Candidates of one stratum whose order is all that is known of them: the cost is the logarithm of the rank."""
    return (Candidate(log(_HEAD + rank), stratum, name) for rank, name in enumerate(dict.fromkeys(names)))
