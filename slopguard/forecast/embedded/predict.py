"""The forecast: every stream of an ecosystem, put into one order.

Invariants: the same list for the same `Known`; a shorter forecast is the head of a longer one; every name is
normalised, well-formed, given once, none of the known ones and no module of the language's own on npm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from slopguard.forecast.embedded import forms, front, topical, variants
from slopguard.forecast.embedded.candidate import Stream
from slopguard.forecast.embedded.fusion import Fits, fused
from slopguard.forecast.embedded.lexicon import Lexicon
from slopguard.forecast.embedded.yields import YIELDS, Yield
from slopguard.forecast.model import Known, Prediction, Steps
from slopguard.forecast.topics.tables import Topic
from slopguard.model import Ecosystem, NormalizedName
from slopguard.patterns import regex

_STEP = 1_000
_SHAPES = {
    Ecosystem.PYPI: regex(r"[a-z][a-z0-9]+(?:-[a-z0-9]+)*|[0-9][a-z0-9]*(?:-[a-z0-9]+)+"),
    Ecosystem.NPM: regex(r"(?:@[a-z0-9][a-z0-9-]*/)?[a-z0-9][a-z0-9]+(?:[-._][a-z0-9]+)*"),
}
"""What predicted names look like: a part of what the ecosystem accepts, in its normalised form."""
_MOST = 60


def streams(known: Known, ecosystem: Ecosystem, tables: Sequence[Topic] | None = None) -> list[Stream]:
    """Everything that puts names forward.

    Args:
        tables: the tables of topics; the shipped ones where none are given.
    """
    lexicon = Lexicon(known, ecosystem, tables)
    return [
        *front.streams(known, ecosystem),
        *variants.streams(known, ecosystem),
        *topical.streams(ecosystem, lexicon),
        *forms.streams(known, ecosystem, lexicon),
    ]


def fits(known: Known, ecosystem: Ecosystem) -> Fits:
    """Whether a name may be predicted: well-formed, and none of the known ones."""
    shape, taken = _SHAPES[ecosystem], frozenset(known.ranked[ecosystem])
    return lambda name: name not in taken and len(name) <= _MOST and shape.fullmatch(name) is not None


def predict(
    known: Known,
    ecosystem: Ecosystem,
    limit: int,
    steps: Steps | None = None,
    yields: Mapping[str, Yield] | None = None,
    tables: Sequence[Topic] | None = None,
) -> Iterator[Prediction]:
    """The first `limit` predictions, best first.

    Args:
        yields: what the strata promise, where that is not what was fitted.
        tables: the tables of topics; the shipped ones where none are given.
    """
    table = YIELDS[ecosystem] if yields is None else yields
    found = fused(streams(known, ecosystem, tables), table, fits(known, ecosystem))
    for place, (score, name, stratum) in enumerate(islice(found, limit), 1):
        yield Prediction(ecosystem, NormalizedName(name), score, stratum)
        if steps is not None and place % _STEP == 0:
            steps(_STEP)
    if steps is not None:
        steps(limit % _STEP)
