"""How well a campaign finds what models invent, where that is known exactly: `python -m bench campaigns [TIMES]`.

Two models of the tests' simulator (`tests/simulators/models.py`) with a table of inventions each, asked in this process
without a network; every time with another seed: another order of prompts, other answers. Told are the share of names
over 1 % recurrence that were found, how often the intervals held the truth, and where the strata ended.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slopguard.forecast.campaign.interface import Sampled, Usage
from slopguard.forecast.campaign.model import Form, Kind, Plan, Prompt
from slopguard.forecast.campaign.prompts import Sources, prompts
from slopguard.forecast.campaign.run import Asked, Wanted, ask
from slopguard.forecast.campaign.sorting import Sorter
from slopguard.forecast.campaign.summary import CampaignSummary
from slopguard.forecast.statistics import wilson
from slopguard.model import Ecosystem
from tests.forecast.asking import KNOWN, mind, topics
from tests.simulators.models import Invention, Mind, completion

TIMES = 40
PYPI = Ecosystem.PYPI
PLAN = Plan(control=6)
TOPICS = topics(45)
STEADY = 0.015
FIXES = frozenset({Kind.FIX.value})
BOTH = [Invention("pypi", f"often-{number}", 0.011 + number * 0.01, spread=0.3) for number in range(12)]
EVERYWHERE = [Invention("pypi", f"steady-{number}", STEADY) for number in range(8)]
ONLY_FIXES = [Invention("pypi", f"fix-{number}", 0.3, spread=0.6, kinds=FIXES) for number in range(3)]
SELDOM = [Invention("pypi", f"seldom-{number}", 0.0004) for number in range(50)]
MINDS = {"careful": mind(*BOTH, *EVERYWHERE), "careless": mind(*BOTH, *EVERYWHERE, *ONLY_FIXES, *SELDOM)}


@dataclass(frozen=True, slots=True)
class InProcess:
    """A model without a server (`campaign.interface.Sampler`)."""

    model: str
    kinds: Mapping[str, str]

    async def sample(
        self,
        prompt: str,
        n: int,
        seed: int,
        temperature: float,
        schema: Mapping[str, object] | None = None,
        longest: int = 512,
    ) -> Sampled:
        """What the model would answer."""
        draw = f"{self.model}/{seed}/{temperature}/0"
        text = completion(MINDS[self.model].names("pypi", self.kinds[prompt], prompt, draw), "pypi", prompt)
        return Sampled((text,), Usage(len(prompt) // 4, len(text) // 4 + 1), schema is not None)


def main(arguments: Sequence[str]) -> None:
    """Run so many campaigns and print what came of them."""
    times, counts, strata, requests = int(arguments[0]) if arguments else TIMES, Counter[str](), Counter[str](), 0
    for seed in range(1, times + 1):
        asked, found = _campaign(seed)
        counts.update(dict(_judged(asked, found)))
        strata.update(each.ended for each in found.strata)
        requests += sum(found.answers.values())
        print(f"{seed} of {times}", end="\r", file=sys.stderr, flush=True)
    print(f"{times} campaigns, {requests // times:,} answers each; strata: {dict(strata)}\n")
    print("| | held | of | share | 95 % |\n|---|---|---|---|---|")
    for what in sorted({key.removesuffix(" of") for key in counts}):
        part, of = counts[what], counts[f"{what} of"]
        low, high = wilson(part, of)
        print(f"| {what} | {part} | {of} | {100 * part / of:.1f} % | {100 * low:.1f} to {100 * high:.1f} % |")


def _campaign(seed: int) -> tuple[tuple[Prompt, ...], CampaignSummary]:
    plan, sources = replace(PLAN, seed=seed), Sources(TOPICS, (PYPI,))
    asked = prompts(sources, seed, plan.control)
    kinds = {prompt.text: prompt.kind.value for prompt in asked}
    samplers = {model: [InProcess(model, kinds)] for model in MINDS}
    wanted = Wanted((), ecosystems=(PYPI,), plan=plan)
    with tempfile.TemporaryDirectory() as home:
        return asked, asyncio.run(ask(samplers, 1, wanted, Asked(sources), Path(home), Sorter(KNOWN)))


def _judged(asked: Sequence[Prompt], found: CampaignSummary) -> Iterator[tuple[str, int]]:
    """What held, and of how many."""
    often = {name for name in _names() if _recurrence(asked, name) > 0.01}
    yield "names over 1 % found", len(often & {row.name for row in found.names})
    yield "names over 1 % found of", len(often)
    for by, what in (("all", "rates of models"), ("kind", "rates of kinds")):
        rated = [each for each in found.rates if each.by == by]
        truths = [_rate(asked, MINDS[each.model], each.value) for each in rated]
        held = [
            (each.names.low or 0) <= truth <= (each.names.high or 1) for each, truth in zip(rated, truths, strict=True)
        ]
        yield what, sum(held)
        yield f"{what} of", len(held)
    steady = [row for row in found.names if row.name.startswith("steady-")]
    yield "recurrence of steady names", sum((row.low or 0) <= STEADY <= (row.high or 1) for row in steady)
    yield "recurrence of steady names of", len(steady)


def _names() -> set[str]:
    return {each.name for mind in MINDS.values() for each in mind.invented}


def _recurrence(asked: Sequence[Prompt], name: str) -> float:
    """The chance of a completion to hold a name, over both models and all prompts."""
    told = [each for mind in MINDS.values() for each in mind.invented if each.name == name]
    chances = [each.at("pypi", prompt.kind.value, prompt.text) for prompt in asked for each in told]
    return sum(chances) / (len(asked) * len(MINDS))


def _rate(asked: Sequence[Prompt], mind: Mind, kind: str) -> float:
    """The share of invented names among those that a model tells in JSON, over all prompts of a kind."""
    own = [prompt for prompt in asked if prompt.form is Form.JSON and kind in ("", prompt.kind.value)]
    invented = sum(each.at("pypi", prompt.kind.value, prompt.text) for prompt in own for each in mind.invented)
    return invented / (invented + mind.told * len(own))
