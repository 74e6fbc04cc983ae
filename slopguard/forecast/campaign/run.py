"""One campaign from its servers to its summary: what `slopguard forecast run --server URL` calls.

Invariants: only the servers named are asked, nothing else; everything is in `forecast.db` before it is used, so that a
campaign that is killed, or whose server dies, goes on with `resume`; another plan is never taken for the same campaign.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from slopguard import __version__
from slopguard.errors import ConfigError, UpstreamError, UsageError
from slopguard.forecast.campaign import clean
from slopguard.forecast.campaign.asking import SERVERS, Asker, Team, Watcher
from slopguard.forecast.campaign.interface import Sampler
from slopguard.forecast.campaign.model import Limits, Plan
from slopguard.forecast.campaign.openai import Key, Manners, OpenAIModel, OpenAIServer, label
from slopguard.forecast.campaign.prompts import Sources, prompts
from slopguard.forecast.campaign.sorting import Globs, Sorter
from slopguard.forecast.campaign.stages import Name, again, discovery
from slopguard.forecast.campaign.state import Campaigns, Record
from slopguard.forecast.campaign.summary import CampaignSummary, of
from slopguard.forecast.model import Known
from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import shown

FINISHED = "finished"
_RESUME = "Start it again; if the campaign had begun, run the same command with --resume"

Exists = Callable[[Sequence[Name]], Iterable[Name]]
"""Which of some unknown names an index has. Nobody is asked by default."""


Through = Callable[[], AbstractAsyncContextManager[Mapping[str, Sequence[Sampler]]]]
"""Opens models, each by its name, with what samples from it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants of a campaign.

    Args:
        servers: addresses, with or without `/v1` (`--server`).
        models: their names there (`--model`); may be left out where each server has one.
        topics: phrases (`--topic`, the tables of topics, words of the user's project).
        project: what the user's project requires (`--from`); only verified names of it are sent.
        lines: the user's own prompts, one a line (`--prompts`).
        ecosystems: asked about.
        plan: how; its `models` are filled in.
        limits: `--tokens`, and a bound on requests.
        resume: go on with the latest campaign, if it is of this plan and not finished.
        remote: servers may be on other machines (`--allow-remote`).
        key_from: the environment variable that holds the API key (`--key-from`).
        manners: how servers are asked; its `remote` is filled in.
    """

    servers: Sequence[str]
    models: Sequence[str] = ()
    topics: Sequence[str] = ()
    project: Mapping[Ecosystem, Sequence[NormalizedName]] = field(default_factory=dict)
    lines: Sequence[str] = ()
    ecosystems: Sequence[Ecosystem] = (Ecosystem.PYPI, Ecosystem.NPM)
    plan: Plan = field(default_factory=Plan)
    limits: Limits = field(default_factory=Limits)
    resume: bool = False
    remote: bool = False
    key_from: str | None = None
    manners: Manners = field(default_factory=Manners)


@dataclass(frozen=True, slots=True)
class Asked:
    """What prompts are made from, and how many of the user's lines were left out."""

    sources: Sources
    left_out: int = 0


def run(
    wanted: Wanted,
    home: Path,
    known: Known,
    internal: Globs | None = None,
    *,
    watch: Watcher | None = None,
    exists: Exists | None = None,
    through: Through | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> CampaignSummary:
    """Run a campaign, or go on with one.

    Args:
        home: `SLOPGUARD_HOME`; `forecast.db` lies in it.
        known: the shipped lists: names on them are real.
        internal: globs of `[internal]` and `[own]`: such names are neither sent nor counted.
        watch: told after each answer.
        exists: asked between the stages which unknown names an index has, if somebody wants that.
        through: reaches the models in another way than by asking each server named.

    Raises:
        UsageError: no server, a server on another machine without leave, no such model, nothing to ask about.
        ConfigError: `resume`, and the latest campaign is of another plan, or finished.
        UpstreamError: no server of any model gives answers any more; what there is, is kept. Where some model is left,
            the summary says `servers`, and `resume` asks the others again.
        StoreError: `forecast.db` cannot be used, or another campaign is running.
    """
    return asyncio.run(_run(wanted, home, Sorter(known, internal), watch, exists, through, clock))


async def _run(
    wanted: Wanted,
    home: Path,
    sorter: Sorter,
    watch: Watcher | None,
    exists: Exists | None,
    through: Through | None,
    clock: Callable[[], datetime],
) -> CampaignSummary:
    asked = _sources(wanted, sorter, clock().year)
    async with AsyncExitStack() as stack:
        if through is not None:
            samplers, at_once = await stack.enter_async_context(through()), wanted.manners.at_once
        else:
            servers = [await stack.enter_async_context(each) for each in _servers(wanted)]
            samplers, at_once = await _samplers(servers, wanted.models), wanted.manners.at_once * len(servers)
        return await ask(samplers, at_once, wanted, asked, home, sorter, watch=watch, exists=exists, clock=clock)


async def ask(
    samplers: Mapping[str, Sequence[Sampler]],
    at_once: int,
    wanted: Wanted,
    asked: Asked,
    home: Path,
    sorter: Sorter,
    *,
    watch: Watcher | None = None,
    exists: Exists | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> CampaignSummary:
    """A campaign with any samplers, for whoever reaches models in another way; the rest is as for `run`.

    Args:
        samplers: of each model, by its name; the least busy is asked.
        at_once: requests under way, over all of them.
        wanted: its servers and models do not count here.
    """
    plan = replace(wanted.plan, models=tuple(samplers))
    with Campaigns(home, writing=True) as store:
        record = _begun(store, plan, asked, wanted, clock())
        teams = {model: Team(each) for model, each in samplers.items()}
        asker = Asker(store, record.id, plan, wanted.limits, teams, sorter, at_once, watch)
        await _stages(asker, store, record.id, wanted.limits.first, exists)
        store.end(record.id, clock(), asker.stopped or (SERVERS if asker.gone else FINISHED))
        if not any(teams.values()):
            raise _problem(teams)
        return of(store, next(each for each in store.records() if each.id == record.id))


async def _stages(asker: Asker, store: Campaigns, campaign: int, share: float, exists: Exists | None) -> None:
    asked = store.prompts(campaign)
    await discovery(asker, asked, share)
    first = asker.stopped
    asker.go_on()
    if exists is not None:
        unknown = {(each.ecosystem, each.name) for answer in asker.answers.values() for each in answer.unknown}
        store.exist(campaign, exists(sorted(unknown)))
    if not asker.stopped:
        await again(asker, asked, store.existing(campaign))
        asker.stopped = asker.stopped or first


def _sources(wanted: Wanted, sorter: Sorter, year: int) -> Asked:
    """What prompts may be made from.

    Raises:
        UsageError: nothing is left to ask about.
    """
    never = clean.hidden(os.environ)
    if wanted.key_from:
        never |= {os.environ.get(wanted.key_from, "").strip()} - {""}
    given, left_out = clean.lines(wanted.lines, never)
    project = {
        each: tuple(dict.fromkeys(n for n in wanted.project.get(each, ()) if sorter.verified(each, n)))
        for each in wanted.ecosystems
    }
    kept = {each: tuple(n for n in names if not sorter.internal(each, n)) for each, names in project.items()}
    sources = Sources(clean.topics(wanted.topics, never), tuple(wanted.ecosystems), kept, given, year)
    if not (sources.topics or sources.given or any(kept.values())):
        raise UsageError(
            "there is nothing to ask about", "Name a topic (--topic), a project (--from) or --prompts FILE"
        )
    return Asked(sources, left_out)


def _servers(wanted: Wanted) -> list[OpenAIServer]:
    if not wanted.servers:
        raise UsageError("no server is named", "For example: --server http://127.0.0.1:8080")
    manners = replace(wanted.manners, remote=wanted.remote)
    key = key_of(wanted.key_from)
    return [OpenAIServer(url, manners, key) for url in dict.fromkeys(wanted.servers)]


def key_of(variable: str | None) -> Key | None:
    """The API key that a variable of the environment holds; `None` where none is named.

    Raises:
        UsageError: it holds none, or none that a header can carry.
    """
    if variable is None:
        return None
    value = os.environ.get(variable, "").strip()
    if len(value) < 8 or not value.isascii() or not value.isprintable() or " " in value:
        raise UsageError("the variable that --key-from names holds no key", "Export the key in it first")
    return Key(value)


async def _samplers(servers: Sequence[OpenAIServer], models: Sequence[str]) -> Mapping[str, Sequence[Sampler]]:
    """The models to ask, each with the servers that have it.

    Raises:
        UsageError: a model is nowhere, or a server has several and none is named.
    """
    found: dict[str, list[Sampler]] = {label(model): [] for model in models}
    for server in servers:
        has = await _models(server, models)
        if not models and len(has) != 1:
            names = ", ".join(shown(name) for name in has[:8])
            raise UsageError(
                "a server has several models, or none", f"Name one with --model. It has: {names or 'none'}"
            )
        wanted = has if not models else [name for name in has if name in models or label(name) in models]
        for sampler in (OpenAIModel(server, model) for model in wanted):
            found.setdefault(sampler.model, []).append(sampler)
    missing = [model for model, samplers in found.items() if not samplers]
    if missing:
        raise UsageError(f"no server has the model '{shown(missing[0])}'", "Leave --model out to see what there is")
    return found


async def _models(server: OpenAIServer, wanted: Sequence[str]) -> Sequence[str]:
    """The models of a server; one that does not list them is taken to have what was asked for."""
    try:
        return await server.models()
    except UpstreamError:
        if wanted:
            return wanted
        raise


def _begun(store: Campaigns, plan: Plan, asked: Asked, wanted: Wanted, now: datetime) -> Record:
    """The campaign to go on with, or a new one.

    Raises:
        ConfigError: there is none to go on with, or it is of another plan.
    """
    digest = plan.digest(asked.sources.parts())
    if wanted.resume:
        return _resumed(store, digest)
    text = json.dumps(
        {
            "models": plan.models,
            "ladder": plan.ladder,
            "target": plan.target,
            "seed": plan.seed,
            "samples": plan.samples,
            "again": plan.again,
            "pairs": plan.pairs,
            "given_out": asked.left_out,
            "slopguard": __version__,
        }
    )
    number = store.begin(digest, text, now, prompts(asked.sources, plan.seed, plan.control))
    return next(each for each in store.records() if each.id == number)


def _resumed(store: Campaigns, digest: str) -> Record:
    records = store.records()
    if not records:
        raise ConfigError("there is no campaign to go on with", "Leave --resume out")
    last = records[-1]
    if last.digest != digest:
        raise ConfigError(
            "the last campaign asked other models, or about other things, than this command would",
            "Give the options that it was started with, or leave --resume out for a new one",
        )
    if last.stopped == FINISHED:
        raise ConfigError("the last campaign is finished", "Leave --resume out for a new one")
    store.reopen(last.id)
    return last


def _problem(teams: Mapping[str, Team]) -> UpstreamError:
    problem = next((team.problem for team in teams.values() if team.problem), None)
    if problem is None or problem.hint == UpstreamError.default_hint:
        return UpstreamError(str(problem or "no server of models is left"), _RESUME)
    return problem
