"""What `slopguard forecast run --server URL` does once its command line is understood.

Invariants: only the servers that were named are asked; what a campaign found is in `forecast.db` before it is watched;
nothing is printed that a model wrote but names, and those as `names.shown` gives them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.cli.forecast_output import STANDARD_OUTPUT, Row, check, said, write
from slopguard.cli.forecasting import TITLES, only_adds, subjects
from slopguard.config import Settings, load
from slopguard.errors import InputError, UsageError
from slopguard.forecast.running import KEEP, verified
from slopguard.forecast.subjects import Kind, Subject
from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import shown

if TYPE_CHECKING:
    from slopguard.forecast.campaign.asking import Progress, Watcher
    from slopguard.forecast.campaign.run import Through
    from slopguard.forecast.campaign.summary import CampaignSummary, StratumSummary
    from slopguard.forecast.leaving_out import LeftOut
    from slopguard.forecast.model import Known
    from slopguard.watchlist.model import Watched

SCHEMA = "slopguard/campaign/1"
LARGEST = 4 << 20
"""Bytes of a file of prompts."""
_ENDED = {
    "finished": "It is finished.",
    "tokens": "Its budget of tokens is used up; go on with --resume and more --tokens.",
    "requests": "Its bound on requests is reached; go on with --resume.",
    "servers": "A model lost its server in the middle; start it, and go on with --resume.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A command line of `forecast run` with servers, as its options name it."""

    servers: Sequence[str]
    models: Sequence[str] = ()
    tokens: int | None = None
    prompts: str | None = None
    remote: bool = False
    key_from: str | None = None
    resume: bool = False
    route: str | None = None
    plain: str | None = None
    ecosystem: str | None = None
    limit: int | None = None
    output: str | None = None
    topics: Sequence[str] = ()
    places: Sequence[str] = ()
    watched: bool = True
    config: Path | None = None
    form: str = "text"


def run(wanted: Wanted) -> int:
    """Ask the models, write, watch, and say what was found.

    Raises:
        SlopguardError: an option or a setting makes no sense, no server answers, or something cannot be written.
    """
    check(wanted.output, wanted.form, watched=wanted.watched)
    settings = load(Path.cwd(), os.environ, config_file=wanted.config)
    done, names = _campaign(wanted, settings)
    if wanted.output is not None:
        write(wanted.output, map(_row, names))
    if wanted.watched:
        _watch(done, names, settings)
    if wanted.form == "json":
        print(json.dumps(_as_json(done, names, wanted), indent=1))
    else:
        print(
            "\n".join(_told(done, names, wanted)), file=sys.stderr if wanted.output == STANDARD_OUTPUT else sys.stdout
        )
    return 0


def _campaign(wanted: Wanted, settings: Settings) -> tuple[CampaignSummary, list[Watched]]:
    """Run it; gives its summary and the names that need watching, best first."""
    from slopguard.forecast.campaign import run as campaign
    from slopguard.forecast.campaign.model import Limits
    from slopguard.forecast.known import known
    from slopguard.forecast.leaving_out import LeftOut, own_globs
    from slopguard.store import Store

    lists = verified(settings)
    real = known(lists)
    chosen = tuple(Ecosystem) if wanted.ecosystem is None else (Ecosystem(wanted.ecosystem),)
    asked = campaign.Wanted(
        wanted.servers,
        wanted.models,
        lines=_lines(wanted.prompts),
        ecosystems=chosen,
        limits=Limits(tokens=wanted.tokens),
        resume=wanted.resume,
        remote=wanted.remote,
        key_from=wanted.key_from,
    )
    about = subjects(wanted.topics, wanted.places)
    if wanted.topics or wanted.places or not asked.lines:
        asked = replace(asked, topics=_topics(about, chosen, real), project=_project(about, chosen))
    through = _through(wanted)
    with _watching() as watch:
        done = campaign.run(asked, settings.home, real, own_globs(settings), watch=watch, through=through)
    store = Store.open(settings)
    try:
        return done, _kept(done, LeftOut.of(settings, lists, store), wanted.limit)
    finally:
        store.close()


def _through(wanted: Wanted) -> Through | None:
    """How the models are reached, where a table of routes says it."""
    if wanted.route is None:
        if wanted.plain is not None:
            raise UsageError("--plain goes with --route", "Name the table: --route FILE, from forecast bench -o FILE")
        return None
    from slopguard.cli.forecast_routed import through

    return through(wanted.route, wanted.servers, wanted.plain, wanted.models, wanted.key_from, remote=wanted.remote)


def _kept(done: CampaignSummary, left_out: LeftOut, limit: int | None) -> list[Watched]:
    names = sorted(left_out.kept(done.names), key=lambda each: each.rank or 0)
    return [each for each in names if limit is None or (each.rank or 0) <= limit]


def _lines(file: str | None) -> tuple[str, ...]:
    """The user's own prompts.

    Raises:
        InputError: the file cannot be read.
    """
    if file is None:
        return ()
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise InputError("--prompts: the file is larger than 4 MiB", "Name one with a prompt a line")
        return tuple(data.decode().splitlines())
    except (OSError, UnicodeDecodeError):
        raise InputError(f"--prompts {shown(file)}: it cannot be read as UTF-8 text", "Check its path") from None


def _topics(about: Sequence[Subject], chosen: Sequence[Ecosystem], known: Known) -> tuple[str, ...]:
    """What to ask about: the topics named, those of a project, else all of the tables."""
    from slopguard.forecast.topics.tables import topics

    if about[0].kind is Kind.ALL:
        return tuple(topic.name for topic in topics())
    found = [each.text for each in about if each.kind is Kind.TOPIC]
    for each in about:
        if each.kind is Kind.PROJECT:
            found += _topics_of(each.path, chosen, known)
    return tuple(dict.fromkeys(found))


def _topics_of(path: Path, chosen: Sequence[Ecosystem], known: Known) -> Iterator[str]:
    """The topics of the tables that a project is about."""
    from slopguard.forecast.topics.lexicon import Lexicon
    from slopguard.forecast.topics.matching import matching
    from slopguard.forecast.topics.project import read_project
    from slopguard.forecast.topics.request import of_project

    project = read_project(path)
    for ecosystem in chosen:
        request = of_project(project, ecosystem, Lexicon(known, ecosystem))
        yield from (topic.name for topic, _ in matching(request.words, request.most))


def _project(about: Sequence[Subject], chosen: Sequence[Ecosystem]) -> dict[Ecosystem, tuple[NormalizedName, ...]]:
    """What the projects require; the campaign sends only verified names of it."""
    from slopguard.forecast.topics.project import read_project

    projects = [read_project(each.path) for each in about if each.kind is Kind.PROJECT]
    return {
        each: tuple(dict.fromkeys(NormalizedName(name) for project in projects for name in project.asked[each]))
        for each in chosen
    }


@contextmanager
def _watching() -> Iterator[Watcher | None]:
    """A bar on a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking", total=None)

        def told(progress: Progress) -> None:
            words = f"{progress.stage.value}: {progress.unknown:,} names, {progress.tokens:,} tokens"
            bar.update(task, description=words, completed=progress.answered, total=progress.planned)

        yield told


def _watch(done: CampaignSummary, names: Sequence[Watched], settings: Settings) -> None:
    """Put the names into the watchlist, in the place of what an earlier run of the same campaign gave."""
    from slopguard.forecast.keeping import replace as put
    from slopguard.watchlist.watchlist import Watchlist

    batch = done.batch(datetime.now(UTC) + KEEP)
    with Watchlist(settings.home) as watchlist:
        for ecosystem in Ecosystem:
            mine = [each for each in names if each.ecosystem is ecosystem]
            detail = {**batch.detail, "about": f"campaign-{done.id}", "ecosystem": ecosystem.value}
            put(watchlist, replace(batch, detail=detail), mine, keep=only_adds())


def _row(each: Watched) -> Row:
    return each.name, each.rank or 0, each.ecosystem.value, "models", each.low or 0.0


def _told(done: CampaignSummary, names: Sequence[Watched], wanted: Wanted) -> Iterator[str]:
    answers = sum(done.answers.values())
    models = f"{len(done.models)} model{'' if len(done.models) == 1 else 's'}"
    counts = ", ".join(f"{sum(n.ecosystem is e for n in names):,} on {TITLES[e]}" for e in Ecosystem)
    yield f"slopguard: campaign {done.id}: {answers:,} answers of {models}, {done.tokens:,} tokens."
    yield f"slopguard: names on no list: {counts}. {_ENDED.get(done.stopped, '')}".rstrip()
    for rated in done.rates:
        share = rated.names
        if rated.by == "all" and share.rate is not None and share.low is not None and share.high is not None:
            interval = f"95 %: {100 * share.low:.1f} to {100 * share.high:.1f} %"
            yield f"slopguard: {shown(rated.model)}: {100 * share.rate:.1f} % of the names it told ({interval})"
    if done.given_out:
        yield f"slopguard: {done.given_out:,} of your lines were not sent, as they may hold a secret"
    yield from said(wanted.output)
    watched = "all are watched" if wanted.watched else "none of them is watched (--no-watch)"
    yield f"slopguard: {watched}. Next: slopguard watch poll    and: slopguard forecast report -o report.html"


def _as_json(done: CampaignSummary, names: Sequence[Watched], wanted: Wanted) -> dict[str, object]:
    rates = [
        {"model": each.model, "rate": each.names.rate, "low": each.names.low, "high": each.names.high}
        | {"part": each.names.part, "of": each.names.of, "prompts": each.names.clusters}
        for each in done.rates
        if each.by == "all"
    ]
    return {
        "schema": SCHEMA,
        "campaign": done.id,
        "stopped": done.stopped,
        "models": list(done.models),
        "answers": dict(done.answers),
        "tokens": done.tokens,
        "names": len(names),
        "parts": [_part(each) for each in done.strata],
        "watched": wanted.watched,
        "rates": rates,
    }


def _part(each: StratumSummary) -> dict[str, object]:
    return {
        "ecosystem": each.stratum.ecosystem.value,
        "kind": each.stratum.kind.value,
        "pairs": each.pairs,
        "prompts": each.prompts,
        "unseen": each.unseen if isfinite(each.unseen) else None,
        "ended": each.ended,
    }
