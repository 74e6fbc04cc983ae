"""The two stages: names are found with many prompts, then the prompts that gave some are asked again.

Invariants: which requests are made follows from the plan, the prompts and the answers so far, so that a campaign taken
up again goes on where it was; every open stratum has its turn in each round; a stratum ends with its prompts, or when
more of it would hardly bring a recurrent name that is not known yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from slopguard.forecast.campaign.asking import Asker
from slopguard.forecast.campaign.model import Answer, Key, Plan, Prompt, Stage, State, Stratum
from slopguard.forecast.statistics import unseen_recurrent
from slopguard.model import Ecosystem

WIDTH = 12
"""Prompts of one round, about; few open strata put in several each."""
_AT_ONCE = 8
"""Prompts that are asked again together, the most promising first."""
ALL_ASKED, ENOUGH = "all-asked", "enough-seen"
"""Why a stratum ended."""

Name = tuple[Ecosystem, str]
Pair = tuple[str, int]
"""A model and the number of a prompt."""


class Seen:
    """Which pairs of the first stage gave which unknown names."""

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        self._prompts = prompts
        self._pairs: dict[Name, set[Pair]] = defaultdict(set)
        self._twice: set[Name] = set()
        self._asked: dict[Stratum, set[Pair]] = defaultdict(set)

    def add(self, key: Key, answer: Answer) -> None:
        """Take one answer in."""
        if key.stage is not Stage.DISCOVERY or answer.state is not State.ANSWERED:
            return
        pair = (key.model, key.prompt)
        self._asked[self._prompts[key.prompt].stratum].add(pair)
        for each in answer.unknown:
            name = (each.ecosystem, each.name)
            self._pairs[name].add(pair)
            if len(self._pairs[name]) == 2:
                self._twice.add(name)
            else:
                self._twice.discard(name)

    def asked(self, stratum: Stratum) -> int:
        """How many pairs of a stratum answered."""
        return len(self._asked[stratum])

    def unseen(self, stratum: Stratum) -> float:
        """The bound on what one more pair of a stratum would bring (`statistics.unseen_recurrent`)."""
        own = self._asked[stratum]
        twice = (sum(pair in own for pair in self._pairs[name]) for name in self._twice)
        return unseen_recurrent([count for count in twice if count], len(own))


async def discovery(asker: Asker, prompts: Sequence[Prompt], share: float) -> dict[Stratum, str]:
    """The first stage; gives why each stratum ended, those left out that did not.

    Args:
        share: of the campaign's limits that it may use.
    """
    plan, seen = asker.plan, Seen(prompts)
    waiting: dict[Stratum, Iterator[Prompt]] = {each: iter(found) for each, found in _by_stratum(prompts).items()}
    ended: dict[Stratum, str] = {}
    planned = len(prompts) * len(plan.models) * plan.samples
    while len(ended) < len(waiting):
        left = [stratum for stratum in waiting if stratum not in ended]
        turns = [_turn(waiting[stratum], WIDTH // len(left) or 1) for stratum in left]
        batch = sorted((prompt for turn in turns for prompt in turn), key=lambda prompt: prompt.number)
        keys = [(key, prompt) for prompt in batch for key in first_keys(plan, prompt)]
        whole = await asker.all(keys, share, planned)
        for key, _ in keys:
            if key in asker.answers:
                seen.add(key, asker.answers[key])
        if not whole:
            break
        turned = {prompt.stratum for prompt in batch}
        ended |= {stratum: ALL_ASKED for stratum in left if stratum not in turned}
        ended |= {stratum: ENOUGH for stratum in turned if seen.unseen(stratum) <= plan.target}
    return ended


async def again(asker: Asker, prompts: Sequence[Prompt], existing: frozenset[Name]) -> None:
    """The second stage: pairs that gave unknown names, the most promising first.

    Args:
        existing: unknown names that an index was found to have.
    """
    pairs = promising(asker.answers, existing, asker.plan.pairs)
    planned = len(pairs) * asker.plan.again
    for at in range(0, len(pairs), _AT_ONCE):
        batch = pairs[at : at + _AT_ONCE]
        keys = [(key, prompts[pair[1]]) for pair in batch for key in again_keys(asker.plan, pair)]
        if not await asker.all(keys, 1.0, planned):
            return


def first_keys(plan: Plan, prompt: Prompt) -> Iterator[Key]:
    """What the first stage asks about a prompt: the rungs of the ladder take turns from prompt to prompt."""
    for model in plan.models:
        for sample in range(plan.samples):
            rung = plan.ladder[(prompt.number + sample) % len(plan.ladder)]
            yield Key(model, prompt.number, Stage.DISCOVERY, rung, sample)


def again_keys(plan: Plan, pair: Pair) -> Iterator[Key]:
    """What the second stage asks of a pair, at the middle of the ladder."""
    rung = sorted(plan.ladder)[len(plan.ladder) // 2]
    return (Key(*pair, Stage.AGAIN, rung, sample) for sample in range(plan.again))


def promising(answers: Mapping[Key, Answer], existing: frozenset[Name], most: int) -> list[Pair]:
    """The pairs to ask again: of each unknown name at most so many, names that more models and pairs agree on first."""
    pairs: dict[Name, set[Pair]] = defaultdict(set)
    for key, answer in answers.items():
        if key.stage is Stage.DISCOVERY:
            for each in answer.unknown:
                pairs[each.ecosystem, each.name].add((key.model, key.prompt))
    chosen: dict[Pair, None] = {}
    for name in sorted(pairs.keys() - existing, key=lambda name: (*_agreement(pairs[name]), name)):
        found = sorted(pairs[name], key=lambda pair: (pair[1], pair[0]))
        missing = max(0, most - sum(pair in chosen for pair in found))
        chosen |= dict.fromkeys([pair for pair in found if pair not in chosen][:missing])
    return list(chosen)


def _agreement(pairs: set[Pair]) -> tuple[int, int]:
    return -len({model for model, _ in pairs}), -len(pairs)


def _by_stratum(prompts: Iterable[Prompt]) -> dict[Stratum, list[Prompt]]:
    found: dict[Stratum, list[Prompt]] = {}
    for prompt in prompts:
        found.setdefault(prompt.stratum, []).append(prompt)
    return found


def _turn(waiting: Iterator[Prompt], most: int) -> list[Prompt]:
    return [prompt for _, prompt in zip(range(most), waiting, strict=False)]
