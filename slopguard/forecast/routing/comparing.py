"""Forecasting with routing on and off, in one run: names a second, and names for each 1,000 tokens.

Invariants: both get the same prompts with the same seeds, in paired rounds that take turns in who goes first; what
counts as a name is what campaigns take from an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter

from slopguard.forecast.campaign import extract
from slopguard.forecast.campaign.interface import Sampler
from slopguard.forecast.campaign.model import Form, Prompt
from slopguard.forecast.campaign.prompts import SCHEMA, Sources, prompts
from slopguard.forecast.measuring.arm import together
from slopguard.forecast.measuring.figures import ratio_of_medians
from slopguard.forecast.measuring.results import Compared, Names
from slopguard.forecast.routing.router import Router, of_campaign
from slopguard.forecast.topics.tables import topics

LADDER = (0.2, 0.7, 1.0)
"""Temperatures of a campaign, taken in turn."""


@dataclass(slots=True)
class Tally:
    """What one way of asking brought.

    Args:
        speeds: names a second, a round each.
    """

    speeds: list[float] = field(default_factory=list)
    different: set[str] = field(default_factory=set)
    names: int = 0
    tokens: int = 0

    def names_told(self, speculated: float) -> Names:
        """The same as it stands in results."""
        thousand = 1_000 * self.names / self.tokens if self.tokens else 0.0
        return Names(len(self.different), median(self.speeds), thousand, speculated)


async def compare(
    router: Router,
    plain: Sampler,
    form: Form,
    rounds: int,
    each: int,
    concurrency: int,
    ladder: Sequence[float] = LADDER,
    longest: int = 128,
    seed: int = 1,
) -> Compared:
    """Forecast with both.

    Args:
        form: what is asked for: JSON or code.
        rounds: pairs of rounds.
        each: prompts of one round.
        ladder: temperatures, taken in turn.

    Raises:
        UpstreamError: a server gives no answer.
    """
    asked = [prompt for prompt in _prompts(seed) if prompt.form is form]
    kind = of_campaign("", _schema(form)) or ""
    before = replace(router.counts[kind])
    on, off = Tally(), Tally()
    for number in range(rounds):
        batch = [asked[(number * each + place) % len(asked)] for place in range(each)]
        sides = [(router, on), (plain, off)]
        for sampler, tally in sides if number % 2 else sides[::-1]:
            await _round(sampler, tally, batch, number * each, concurrency, ladder, longest)
    through = router.counts[kind].speculated - before.speculated
    share = through / max(1, through + router.counts[kind].plain - before.plain)
    faster = ratio_of_medians(list(zip(off.speeds, on.speeds, strict=True)), seed)
    return Compared(kind, concurrency, rounds, on.names_told(share), off.names_told(0.0), faster)


async def _round(
    sampler: Sampler,
    tally: Tally,
    batch: Sequence[Prompt],
    first: int,
    concurrency: int,
    ladder: Sequence[float],
    longest: int,
) -> None:
    found = 0
    waiting = iter(enumerate(batch, first))

    async def work() -> None:
        nonlocal found
        for place, prompt in waiting:
            answer = await sampler.sample(
                prompt.text, 1, place, ladder[place % len(ladder)], _schema(prompt.form), longest
            )
            names = extract.names(answer.texts[0], prompt.ecosystem, prompt.form).found
            tally.tokens += answer.usage.completion
            tally.different.update(f"{each.ecosystem.value}:{each.raw}" for each in names)
            found += len(names)

    begun = perf_counter()
    await together(work() for _ in range(min(concurrency, len(batch))))
    tally.speeds.append(found / (perf_counter() - begun))
    tally.names += found


def _prompts(seed: int) -> Sequence[Prompt]:
    """The prompts of a campaign about all topics of the tables, each in both forms."""
    return prompts(Sources(tuple(topic.name for topic in topics())), seed, control=1)


def _schema(form: Form) -> Mapping[str, object] | None:
    return SCHEMA if form is Form.JSON else None
