"""Names as a served model writes them in the slice of names: the reference model as a forecaster, or any other.

It is there to be measured beside the embedded forecaster; no forecast of the product uses it (`docs/serving.md` says
why). Invariants: every name is normalised, given once, and none of the known ones; the order is
that of how many answers held a name. How many answers there are is bounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

from slopguard.forecast.campaign.interface import Sampler
from slopguard.forecast.model import Known, Prediction
from slopguard.forecast.reference import slices
from slopguard.forecast.topics.tables import topics
from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import BadName, normalize

FAMILY = "reference"
TEMPERATURE = 1.0
_LONGEST = 128
_SHORTEST = 3
_PER_ANSWER = 2
"""New names that an answer gives, about: how many answers are asked for."""


async def names(
    sampler: Sampler, known: Known, ecosystem: Ecosystem, topic: str | None, limit: int, seed: int = 0
) -> list[Prediction]:
    """At most so many names, the most frequent first.

    Args:
        topic: what packages are asked for; `None`: each topic of the tables in turn.
        seed: of the answers; the same server and seed give the same names.

    Raises:
        UpstreamError: the server gives no answers.
    """
    real, found = frozenset(known.ranked[ecosystem]), Counter[NormalizedName]()
    for number, subject in enumerate(_subjects(topic, seed, max(1, limit // _PER_ANSWER))):
        if len(found) >= limit:
            break
        asked = slices.asked(slices.NAME, ecosystem, subject)
        answer = await sampler.sample(asked, 1, seed + number, TEMPERATURE, longest=_LONGEST)
        found.update(name for name in dict.fromkeys(_names(answer.texts[0], ecosystem)) if name not in real)
    return [Prediction(ecosystem, name, float(count), FAMILY) for name, count in found.most_common(limit)]


def _subjects(topic: str | None, seed: int, many: int) -> Iterator[str]:
    subjects = [topic] if topic else [each.name for each in topics()]
    Random(seed).shuffle(subjects)  # noqa: S311 - the same order each time is the point
    yield from (subjects[number % len(subjects)] for number in range(many))


def _names(text: str, ecosystem: Ecosystem) -> Iterator[NormalizedName]:
    """The names in an answer; what was cut off at its end may be half of one and still is a name."""
    for line in text.split("\n"):
        try:
            name = normalize(ecosystem, line.strip())
        except BadName:
            continue
        if len(name) >= _SHORTEST:
            yield name
