"""Names that models may invent for one request, best first.

Invariants: deterministic; none of the verified names; every name well-formed, normalised and given once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from slopguard.forecast.fusing import fused
from slopguard.forecast.model import Known, Prediction, Steps
from slopguard.forecast.topics.families import families
from slopguard.forecast.topics.lexicon import Lexicon
from slopguard.forecast.topics.matching import matching
from slopguard.forecast.topics.project import Project
from slopguard.forecast.topics.request import of_project, of_text
from slopguard.forecast.topics.slots import slots
from slopguard.forecast.topics.yields import YIELDS
from slopguard.model import Ecosystem
from slopguard.names import BadName, normalize

FAMILY = "topic"
_STEP = 1000


def predict(
    known: Known, ecosystem: Ecosystem, about: str | Project, limit: int, steps: Steps = lambda n: None
) -> Iterator[Prediction]:
    """At most `limit` names for a request.

    Args:
        about: what is asked for, in words, or the project that it is asked for in.
    """
    lexicon = Lexicon(known, ecosystem)
    request = of_text(about, lexicon) if isinstance(about, str) else of_project(about, ecosystem, lexicon)
    matched = matching(request.words, request.most)
    found = fused(families(ecosystem, slots(request.words, matched, lexicon), matched, lexicon), YIELDS[ecosystem])
    real = frozenset(known.ranked[ecosystem])
    for made, prediction in enumerate(islice(_named(ecosystem, found, real), limit), 1):
        yield prediction
        if made % _STEP == 0:
            steps(_STEP)


def _named(ecosystem: Ecosystem, found: list[tuple[str, float, str]], real: frozenset[str]) -> Iterator[Prediction]:
    given: set[str] = set()
    for text, score, code in found:
        try:
            name = normalize(ecosystem, text)
        except BadName:
            continue
        if name in given or name in real or len(name) < 3:
            continue
        given.add(name)
        yield Prediction(ecosystem, name, score, f"{FAMILY}:{code}" if code in ("table", "crossed") else FAMILY)
