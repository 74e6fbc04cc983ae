"""`slopguard watch poll`: ask the indexes whether watched names were registered.

Invariants: an alarm is shown by the poll that found it, or by the next one if that was killed before it could; nothing
but `--alarms` shows it again, and nothing takes it away. A feed and a webhook named by a project are not there.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import click

from slopguard.cli import radar_words as words
from slopguard.cli.app import common, config_of
from slopguard.cli.radar_machine import Machine, opened
from slopguard.config import Settings, load
from slopguard.config.grammar import KEYS, Unfit
from slopguard.errors import SlopguardError, UsageError
from slopguard.model import Ecosystem
from slopguard.progress import progress
from slopguard.radar.alone import alone
from slopguard.radar.choosing import Choosing
from slopguard.radar.feeds.reading import Feed
from slopguard.radar.looking import ours
from slopguard.radar.memory import Memory
from slopguard.radar.poll import utc_now
from slopguard.radar.session import Session, Wanted

EVERY = 6 * 3600
"""Seconds between two looks at the likeliest names, unless the settings or `--every` say otherwise."""
SHOWN = 100
"""Names that `--dry-run` lists unless `--limit` says otherwise."""
COUNTED = 200_000
"""Names that are counted beforehand for a progress display."""


@click.command(epilog="Example: slopguard watch poll --limit 1000 --max-time 10m")
@click.option("-e", "--ecosystem", type=click.Choice([eco.value for eco in Ecosystem]), help="Names of this one only.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Ask about at most so many names.")
@click.option("--max-time", metavar="SPAN", help="Begin no further name after this: 90s, 10m, 2h.")
@click.option("--every", metavar="SPAN", help="Ask about the likeliest names so often; default: radar.every, or 6h.")
@click.option("--rate", type=click.FloatRange(0.01, 1000), help="Requests a second to each host; default: radar.rate.")
@click.option("--feed", "feeds", multiple=True, metavar="ECO:URL", help="Read this feed of changes first.")
@click.option("--feed-only", is_flag=True, help="Ask only about names that a feed spoke of.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked; ask nobody.")
@click.option("--alarms", is_flag=True, help="Show every alarm there was, with its evidence; ask nobody.")
@click.option("--unattended", is_flag=True, hidden=True, help="Nobody reads this: alarms are shown by the next poll.")
@common
@click.pass_context
def poll(
    ctx: click.Context,
    ecosystem: str | None,
    limit: int | None,
    max_time: str | None,
    every: str | None,
    rate: float | None,
    feeds: tuple[str, ...],
    feed_only: bool,
    dry_run: bool,
    alarms: bool,
    unattended: bool,
    config: Path | None,
    form: str,
) -> int:
    """Ask the indexes that your clients use whether watched names exist by now, the likeliest first.

    Ends with 1 if a name was registered since it was predicted, with 4 if something that was due could not be asked,
    else with 0. It may be ended at any time: the next one goes on where it was.
    """
    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    if alarms:
        with Memory(settings.home) as memory:
            words.print_alarms(memory.alarms(), form)
        return 0
    said = settings.radar
    wanted = Wanted(
        ecosystems=(Ecosystem(ecosystem),) if ecosystem else tuple(Ecosystem),
        every=timedelta(seconds=words.span(every, "--every") if every else said.every or EVERY),
        rate=rate or said.rate,
        limit=limit,
        seconds=words.span(max_time, "--max-time") if max_time else None,
        feeds=_feeds(settings, feeds, ecosystem),
        walk=not feed_only,
    )
    if dry_run:
        with opened(settings) as machine:
            return _dry(machine, wanted, form)
    if settings.offline:
        raise UsageError("told to stay offline, so no index is asked", "Leave offline out")
    with alone(settings.home):
        _forecast_anew(settings)
        with opened(settings) as machine:
            return _poll(machine, settings, wanted, form, unattended=unattended)


def _forecast_anew(settings: Settings) -> None:
    """Watch what follows from projects that have changed; a poll that cannot is one all the same."""
    from slopguard.forecast.projects import refresh  # heavy

    with suppress(SlopguardError):
        refresh(settings.home)


def _poll(machine: Machine, settings: Settings, wanted: Wanted, form: str, *, unattended: bool) -> int:
    indexes, deaf = machine.indexes(wanted.ecosystems)
    heard = tuple(eco for eco in wanted.ecosystems if eco not in deaf)
    with progress(_count(machine, wanted, heard), "asking the indexes") as done:
        wanted = Wanted(
            heard,
            wanted.every,
            wanted.rate,
            wanted.limit,
            wanted.seconds,
            [feed for feed in wanted.feeds if feed.ecosystem in heard],
            wanted.walk,
            done,
        )
        session = Session(settings, indexes, machine.memory, machine.watched, machine.webhook())
        result = asyncio.run(session.run(wanted))
    news = machine.memory.alarms(without="told")
    words.print_poll(result, news, deaf, form)
    sys.stdout.flush()
    if not unattended:
        machine.memory.happened([noted.alarm for noted in news], "told", utc_now())
    return words.exit_code(result, news, deaf)


def _count(machine: Machine, wanted: Wanted, ecosystems: tuple[Ecosystem, ...]) -> int:
    """How many names will be asked about, for whoever watches."""
    if not sys.stderr.isatty():
        return 0
    most = wanted.limit or COUNTED
    if wanted.seconds is not None:
        most = min(most, int(wanted.seconds * wanted.rate * len(ecosystems)))
    return sum(1 for _ in islice(_choosing(machine, wanted).in_turn(ecosystems), most))


def _choosing(machine: Machine, wanted: Wanted) -> Choosing:
    mine = partial(ours, machine.settings)
    return Choosing(machine.watched, machine.memory, wanted.every, utc_now(), walk=wanted.walk, ours=mine)


def _dry(machine: Machine, wanted: Wanted, form: str) -> int:
    most = wanted.limit or SHOWN
    chosen = list(islice(_choosing(machine, wanted).in_turn(wanted.ecosystems), most + 1))
    words.print_due(chosen[:most], form, more=len(chosen) > most)
    return 0


def _feeds(settings: Settings, named: tuple[str, ...], ecosystem: str | None) -> list[Feed]:
    """The feeds of the command line, or those of the settings.

    Raises:
        UsageError: one is not written as it must be.
    """
    known = {Ecosystem.NPM: settings.radar.npm_feed, Ecosystem.PYPI: settings.radar.pypi_feed}
    found = [Feed(each, place) for each, place in known.items() if place is not None and not named]
    for text in named:
        of, _, place = text.partition(":")
        try:
            found.append(Feed(Ecosystem(of), KEYS["radar.npm_feed"].read(place)))
        except (ValueError, Unfit):
            hint = "Write ECO:URL, such as npm:https://feed.example/_changes"
            raise UsageError("--feed takes pypi: or npm:, and an https:// URL", hint) from None
    return [feed for feed in found if ecosystem in (None, feed.ecosystem.value)]
