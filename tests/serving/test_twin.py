"""What drafts gain on the twin, whose tokens cost the reading of its weights as those of a model of real size do.

The only claim about real servers that goes by a clock: two of them are compared side by side, in turns, and a busy
machine gets further attempts. See docs/serving.md for what was seen.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from slopguard.forecast.campaign.openai import Manners
from slopguard.forecast.measuring.arm import Arm, Request, requests
from slopguard.forecast.measuring.bench import Pair
from slopguard.forecast.measuring.figures import Estimate, ratio_of_medians
from slopguard.forecast.measuring.model import GAIN, JSON_SLICE
from slopguard.forecast.measuring.servers import Wanted, opened
from slopguard.forecast.reference.slices import prompts
from slopguard.forecast.serving.fitting import Kind
from tests.serving.servers import plan, served

ROUNDS, ANSWERS, ATTEMPTS = 6, 2, 3
REMEMBER = {"cache_prompt": True}
"""Of a byte model prompts are long, and reading them costs both servers the same."""


def test_it_answers_json_more_than_1_3_times_as_fast(twin_gguf: Path, models: Path) -> None:
    with (
        served(plan(twin_gguf, parallel=1, context=1024), models) as plain,
        served(plan(twin_gguf, Kind.MTP, parallel=1, context=1024), models) as drafting,
    ):
        found = asyncio.run(best(Wanted(drafting.url, plain.url, manners=Manners(timeout=60.0, tries=1))))
    assert found.value > GAIN, found


async def best(wanted: Wanted) -> Estimate:
    """The gain, one request at a time; a busy machine gets further attempts."""
    async with opened(wanted) as pair:
        for left in reversed(range(ATTEMPTS)):
            found = await gain(pair)
            if found.value > GAIN or not left:
                return found
    raise AssertionError("unreachable")


async def gain(pair: Pair) -> Estimate:
    arms = (replace(pair.plain, fields=REMEMBER), replace(pair.other, fields=REMEMBER))
    asked = requests(JSON_SLICE, prompts(JSON_SLICE, ANSWERS), 0, ANSWERS, 0.0, 48)
    for arm in arms:
        await arm.burst(asked, 1)  # reads the weights and the prompts
    found = ratio_of_medians([await speeds(arms, asked, number) for number in range(ROUNDS)], 1)
    assert found is not None
    return found


async def speeds(arms: tuple[Arm, Arm], asked: list[Request], number: int) -> tuple[float, float]:
    """Tokens a second of the plain server and of the other, which take turns in who goes first."""
    turns = arms if number % 2 else arms[::-1]
    first, second = [(await arm.burst(asked, 1)).speed for arm in turns]
    return (first, second) if number % 2 else (second, first)
