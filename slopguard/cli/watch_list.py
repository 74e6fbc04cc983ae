"""`slopguard watch list`: what is watched, most likely first; nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slopguard.cli.app import common
from slopguard.cli.watching import SCHEMA, as_dict, counted, line_of, of_ecosystem, settings_of
from slopguard.config import Settings
from slopguard.model import Ecosystem
from slopguard.names import shown
from slopguard.watchlist.model import ORIGINS, Batch
from slopguard.watchlist.watchlist import Watchlist

if TYPE_CHECKING:
    from slopguard.store.watch import Observed
    from slopguard.watchlist.answers import Count
    from slopguard.watchlist.model import Sighting

MOST = 50
OBSERVED = "observed"


@click.command("list", epilog="Example: slopguard watch list -e npm --origin generated --limit 20")
@of_ecosystem
@click.option("--origin", type=click.Choice([*ORIGINS, OBSERVED]), help="Only names that are known from there.")
@click.option("--source", metavar="CODE", help="Only names of this source, such as embedded, models, person.")
@click.option("--limit", type=click.IntRange(1), default=MOST, show_default=True, help="At most so many names.")
@common
@click.pass_context
def list_(
    ctx: click.Context,
    ecosystem: str | None,
    origin: str | None,
    source: str | None,
    limit: int,
    config: Path | None,
    form: str,
) -> int:
    """Watched names, most likely first; then names that were asked for here and did not exist; then how many."""
    settings = settings_of(ctx, config)
    chosen = Ecosystem(ecosystem) if ecosystem else None
    with Watchlist(settings.home) as watchlist:
        counts = [count for count in watchlist.counts() if chosen in (None, count.ecosystem)]

        def wanted(batch: Batch) -> bool:
            return origin in (None, batch.origin) and source in (None, batch.source)

        found = watchlist.ranked(chosen, limit=limit, only=wanted) if origin != OBSERVED else []
        names = [each.sighting for each in found]
    seen = observed(settings, chosen)
    asked = seen if origin in (None, OBSERVED) and source is None else []
    _tell(names, asked[: limit - len(names)], counts, len(seen), form)
    return 0


def observed(settings: Settings, ecosystem: Ecosystem | None) -> list[Observed]:
    """What was asked for here and did not exist; no database is made to find that there is none."""
    from slopguard.store import Store
    from slopguard.store.db import FILE

    if not (settings.home / FILE).exists():
        return []
    store = Store.open(settings)
    try:
        return store.watch.recent(datetime.now(UTC), ecosystem)
    finally:
        store.close()


def _tell(names: Sequence[Sighting], asked: Sequence[Observed], counts: Sequence[Count], seen: int, form: str) -> None:
    if form == "json":
        told = [{**as_dict(each)} for each in names] + [observed_dict(each) for each in asked]
        click.echo(json.dumps({"schema": SCHEMA, "names": told, "counts": _counts(counts, seen)}, indent=1))
        return
    for sighting in names:
        click.echo(line_of(sighting))
    for each in asked:
        click.echo(observed_line(each))
    for line in _summary(counts, seen):
        end = "" if ": slopguard " in line else "."  # a command at the end runs as printed
        click.echo(f"slopguard: {line}{end}", err=True)


def observed_line(each: Observed) -> str:
    """A name that was asked for here, for people."""
    who = ", ".join(each.actors)
    return (
        f"{'-':>10}  {each.ecosystem.value}:{shown(each.name)}   observed here {each.count:,} times by {who},"
        f" {each.first:%Y-%m-%d} to {each.last:%Y-%m-%d}"
    )


def observed_dict(each: Observed) -> dict[str, Any]:
    """A name that was asked for here, for programs."""
    return {
        "name": each.name,
        "ecosystem": each.ecosystem.value,
        "origin": OBSERVED,
        "at": each.first.isoformat(),
        "last": each.last.isoformat(),
        "count": each.count,
        "actors": list(each.actors),
    }


def _counts(counts: Sequence[Count], seen: int) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [
        {"ecosystem": each.ecosystem.value, "origin": each.origin, "source": each.source, "rows": each.rows}
        for each in counts
    ]
    return [*told, {"origin": OBSERVED, "rows": seen}] if seen else told


def _summary(counts: Sequence[Count], seen: int) -> Iterator[str]:
    for each in counts:
        yield f"{counted(each.rows, 'name')} of {each.ecosystem.value} {each.origin} by {each.source}"
    if seen:
        yield f"{counted(seen, 'name')} asked for here that did not exist"
    if not counts and not seen:
        yield "nothing is watched here yet. Fill the watchlist: slopguard forecast run --embedded"
