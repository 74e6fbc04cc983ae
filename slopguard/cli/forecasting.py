"""What `slopguard forecast run` does once its command line is understood.

Invariants: nothing is asked of any index or model here; the file and the watchlist stay as they were until every name
is predicted.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slopguard.cli.forecast_output import STANDARD_OUTPUT, Row, check, said, write
from slopguard.config import Settings, load
from slopguard.config.actors import at_a_terminal, detect
from slopguard.errors import InputError, UsageError
from slopguard.forecast.running import KEEP, Forecast, Order, forecasts, merged, orders, watch
from slopguard.forecast.subjects import EVERYTHING, Kind, Subject, project, topic
from slopguard.model import Actor, Ecosystem
from slopguard.names import phrase, shown
from slopguard.progress import advancing

SCHEMA = "slopguard/forecast/1"
MOST = 5_000_000
"""Names of one order: as many as the watchlist is built for with room for others."""
TITLES = {Ecosystem.PYPI: "PyPI", Ecosystem.NPM: "npm"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A command line of `forecast run` without a server, as its options name it."""

    ecosystem: str | None = None
    limit: int | None = None
    output: str | None = None
    topics: Sequence[str] = ()
    places: Sequence[str] = ()
    watched: bool = True
    config: Path | None = None
    form: str = "text"


def run(wanted: Wanted) -> int:
    """Predict, write, watch, and say what was done.

    Raises:
        SlopguardError: an option or a setting makes no sense, or something cannot be read or written.
    """
    check(wanted.output, wanted.form, watched=wanted.watched)
    asked = orders(_ecosystems(wanted.ecosystem), subjects(wanted.topics, wanted.places), wanted.limit)
    settings = load(Path.cwd(), os.environ, config_file=wanted.config)
    done = _run(asked, settings, wanted)
    if wanted.form == "json":
        print(json.dumps(_as_json(done, wanted), indent=1))
    else:
        print("\n".join(_summary(done, wanted)), file=sys.stderr if wanted.output == STANDARD_OUTPUT else sys.stdout)
    return 0


def run_projects(config: Path | None) -> int:
    """Forecast for the projects that the guard was enabled in, where that is due.

    Raises:
        SlopguardError: a setting makes no sense, or something cannot be read or written.
    """
    from slopguard.forecast.projects import refresh

    settings = load(Path.cwd(), os.environ, config_file=config)
    done = refresh(settings.home)
    print(f"slopguard: forecast for {done:,} project{'' if done == 1 else 's'}; of the others nothing had changed.")
    return 0


def subjects(topics: Sequence[str], places: Sequence[str]) -> list[Subject]:
    """What to forecast for; everything where nothing was named.

    Raises:
        UsageError: a topic has no words, or there is no such folder or file.
    """
    found = []
    for text in dict.fromkeys(topics):
        if not any(character.isalnum() for character in text):
            raise UsageError("a topic needs words", 'For example: slopguard forecast run --topic "charts for react"')
        found.append(topic(text))
    for place in dict.fromkeys(places):
        if not Path(place).exists():
            raise UsageError(f"there is no folder or file '{shown(place)}'", "Name a project: --from PATH")
        found.append(project(Path(place)))
    return found or [EVERYTHING]


def _ecosystems(chosen: str | None) -> tuple[Ecosystem, ...]:
    return (Ecosystem(chosen),) if chosen else tuple(Ecosystem)


def _run(asked: Sequence[Order], settings: Settings, wanted: Wanted) -> list[Forecast]:
    total = sum(order.limit for order in asked)
    with advancing(total, "predicting names", first="preparing") as steps:
        done = forecasts(asked, settings, steps)
    done = [each for each in done if each.predictions]
    if not done:
        raise InputError("there is nothing to go by, so no name was predicted", "Use more words, or another folder")
    if wanted.output is not None:
        write(wanted.output, _rows(done))
    if wanted.watched:
        with advancing(sum(len(each.predictions) for each in done), "watching them") as steps:
            _watch(done, settings, steps)
    return done


def _watch(done: Sequence[Forecast], settings: Settings, steps: Callable[[int], None]) -> None:
    from slopguard.watchlist.watchlist import Watchlist

    with Watchlist(settings.home) as watchlist:
        now = datetime.now(UTC)
        for each in done:
            watch(each, watchlist, now, steps, keep=only_adds())


def only_adds() -> bool:
    """Whether whoever runs this may take no name out of the watchlist: a shorter forecast must not be a way to."""
    return detect(os.environ, terminal=at_a_terminal()) is Actor.AGENT


def _rows(done: Sequence[Forecast]) -> Iterator[Row]:
    return ((p.name, rank, p.ecosystem.value, p.family, p.score) for rank, p in merged(done))


def _summary(done: Sequence[Forecast], wanted: Wanted) -> Iterator[str]:
    counts = ", ".join(f"{len(each.predictions):,} {_about(each.order)}" for each in done)
    yield f"slopguard: predicted {counts}."
    yield from said(wanted.output)
    if wanted.watched:
        until = datetime.now(UTC) + KEEP
        yield f"slopguard: watched until {until:%Y-%m-%d}. A forecast is no evidence that a name is bad, or absent."
        yield "slopguard: next: slopguard watch list    and, whether one was registered: slopguard watch poll"
    else:
        yield "slopguard: none of them is watched (--no-watch)."


def _about(order: Order) -> str:
    where = f"names on {TITLES[order.ecosystem]}"
    if order.subject.kind is Kind.ALL:
        return where
    if order.subject.kind is Kind.TOPIC:
        return f"{where} for '{phrase(order.subject.text, 40)}'"
    return f"{where} for {shown(order.subject.path.resolve().name or '/', 40)}"


def _as_json(done: Sequence[Forecast], wanted: Wanted) -> dict[str, object]:
    runs = [
        {
            "ecosystem": each.order.ecosystem.value,
            "about": each.order.subject.code,
            "limit": each.order.limit,
            "predicted": len(each.predictions),
        }
        for each in done
    ]
    return {"schema": SCHEMA, "source": "embedded", "watched": wanted.watched, "runs": runs}
