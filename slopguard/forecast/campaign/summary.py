"""What became of a campaign: everything that a report needs, read from `forecast.db`.

Invariant: a pure reading of the file; the same file gives the same summary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from slopguard.errors import InputError, StoreError
from slopguard.forecast.campaign.model import Answer, Key, Prompt, Stage, State, Stratum
from slopguard.forecast.campaign.ranking import batch, ranked
from slopguard.forecast.campaign.rates import Point, Rated, covered, curve, rates
from slopguard.forecast.campaign.stages import ALL_ASKED, ENOUGH, Seen
from slopguard.forecast.campaign.state import FILE, Campaigns, Record
from slopguard.forecast.statistics import Coverage
from slopguard.model import Ecosystem
from slopguard.watchlist.model import Batch, Watched


@dataclass(frozen=True, slots=True)
class StratumSummary:
    """One part of the prompts.

    Args:
        prompts: there are.
        pairs: (model, prompt) pairs that answered.
        unseen: the bound on recurrent names that one more pair would bring; infinite before the first.
        ended: `all-asked`, `enough-seen`, or `""`: a limit came first.
    """

    stratum: Stratum
    prompts: int
    pairs: int
    unseen: float
    ended: str


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """A campaign.

    Args:
        ended: when its last run ended; `None` if that was killed, or goes on.
        stopped: why: `finished` (both stages are through), `tokens`, `requests`, `servers` (of a model or of all,
            no server is left); `""` as above.
        models: asked.
        ladder: temperatures.
        target: of `StratumSummary.unseen`.
        topics: different ones.
        given_out: lines of the user's prompts that were left out because they may hold a secret.
        prompts: there are.
        answers: by stage (`discovery`, `again`).
        malformed: answers that could not be read.
        lost: requests whose answers a killed run never saw.
        unreadable: answers that had another form than was asked for.
        refused: entries of answers that are no package names.
        doubtful: answers whose cost the server did not say, or not truly.
        prompt_tokens, completion_tokens: used.
        existing: unknown names that an index was found to have, where one was asked.
        names: unknown names, the most likely first, as the watchlist takes them.
        rates: see `rates`.
        coverage: of unknown names, by ecosystem.
        curve: how they were found.
        strata: each with why it ended.
    """

    id: int
    started: datetime
    ended: datetime | None
    stopped: str
    models: tuple[str, ...]
    ladder: tuple[float, ...]
    target: float
    topics: int
    given_out: int
    prompts: int
    answers: Mapping[str, int]
    malformed: int
    lost: int
    unreadable: int
    refused: int
    doubtful: int
    prompt_tokens: int
    completion_tokens: int
    existing: int
    names: tuple[Watched, ...]
    rates: tuple[Rated, ...]
    coverage: Mapping[Ecosystem, Coverage]
    curve: tuple[Point, ...]
    strata: tuple[StratumSummary, ...]

    @property
    def tokens(self) -> int:
        """Used in all."""
        return self.prompt_tokens + self.completion_tokens

    def batch(self, expires: datetime | None = None) -> Batch:
        """What its rows say of where they come from, for the watchlist."""
        return batch(self.id, self.models, self.ended or self.started, expires)


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign in a list of them."""

    id: int
    started: datetime
    ended: datetime | None
    stopped: str
    models: tuple[str, ...]


def campaigns(home: Path) -> list[CampaignLine]:
    """The campaigns of a `SLOPGUARD_HOME`, the latest first; none where there was never one.

    Raises:
        StoreError: `forecast.db` cannot be read.
    """
    if not (home / FILE).exists():
        return []
    with Campaigns(home) as store:
        return [_line(record) for record in reversed(store.records())]


def summary(home: Path, campaign: int | None = None) -> CampaignSummary:
    """What became of a campaign; of the latest by default.

    Raises:
        InputError: there is none.
        StoreError: `forecast.db` cannot be read.
    """
    if not (home / FILE).exists():
        raise InputError("no campaign was ever run here", "Run one: slopguard forecast run --server URL")
    with Campaigns(home) as store:
        found = [record for record in store.records() if campaign in (None, record.id)]
        if not found:
            raise InputError("there is no such campaign", "Leave the number out for the latest")
        return of(store, found[-1])


def of(store: Campaigns, record: Record) -> CampaignSummary:
    """The summary of one record.

    Raises:
        StoreError: it cannot be read.
    """
    plan = _plan(record)
    prompts, answers, existing = store.prompts(record.id), store.answers(record.id), store.existing(record.id)
    states = [answer.state for answer in answers.values()]
    whole = [answer for answer in answers.values() if answer.state is State.ANSWERED]
    line = _line(record)
    return CampaignSummary(
        record.id,
        record.started,
        record.ended,
        record.stopped,
        line.models,
        tuple(plan["ladder"]),
        plan["target"],
        topics=len({prompt.topic for prompt in prompts if prompt.topic}),
        given_out=plan["given_out"],
        prompts=len(prompts),
        answers={stage.value: sum(key.stage is stage for key in answers) for stage in Stage},
        malformed=states.count(State.MALFORMED),
        lost=states.count(State.LOST),
        unreadable=sum(not answer.readable for answer in whole),
        refused=sum(answer.refused for answer in whole),
        doubtful=sum(answer.doubtful for answer in whole),
        prompt_tokens=sum(answer.prompt_tokens for answer in answers.values()),
        completion_tokens=sum(answer.completion_tokens for answer in answers.values()),
        existing=len(existing),
        names=ranked(answers, existing),
        rates=rates(answers, prompts, plan["seed"], existing),
        coverage=covered(answers, prompts, existing),
        curve=curve(answers, prompts, existing),
        strata=_strata(answers, prompts, plan),
    )


def _strata(answers: Mapping[Key, Answer], prompts: Sequence[Prompt], plan: Mapping[str, Any]) -> tuple[Any, ...]:
    seen = Seen(prompts)
    for key, answer in answers.items():
        seen.add(key, answer)
    asked = {(key.model, key.prompt) for key in answers if key.stage is Stage.DISCOVERY}
    found = []
    for stratum in sorted({prompt.stratum for prompt in prompts}):
        own = [prompt for prompt in prompts if prompt.stratum == stratum]
        bound = seen.unseen(stratum)
        through = all((model, prompt.number) in asked for model in plan["models"] for prompt in own)
        ended = ENOUGH if bound <= plan["target"] else ALL_ASKED if through else ""
        found.append(StratumSummary(stratum, len(own), seen.asked(stratum), bound, ended))
    return tuple(found)


def _line(record: Record) -> CampaignLine:
    return CampaignLine(record.id, record.started, record.ended, record.stopped, tuple(_plan(record)["models"]))


def _plan(record: Record) -> dict[str, Any]:
    try:
        return msgspec.structs.asdict(msgspec.json.decode(record.plan, type=_Plan))
    except (msgspec.MsgspecError, ValueError, TypeError):
        raise StoreError(f"{FILE} cannot be read or written") from None


class _Plan(msgspec.Struct):
    """What a summary needs of a plan as it is written."""

    models: tuple[str, ...]
    ladder: tuple[float, ...]
    target: float
    seed: int
    given_out: int
