"""`slopguard watch show`: everything that is known of one watched name; nothing is changed, and no index is asked."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slopguard.cli.app import common
from slopguard.cli.watch_list import observed, observed_dict, observed_line
from slopguard.cli.watching import SCHEMA, as_dict, line_of, names_of, of_ecosystem, settings_of
from slopguard.config import Settings
from slopguard.model import Ecosystem, NormalizedName
from slopguard.watchlist.watchlist import Watchlist

if TYPE_CHECKING:
    from slopguard.radar.model import Record


@click.command(epilog="Example: slopguard watch show pypi:acme-billing-client")
@click.argument("name")
@of_ecosystem
@common
@click.pass_context
def show(ctx: click.Context, name: str, ecosystem: str | None, config: Path | None, form: str) -> int:
    """Every row about NAME (also pypi:NAME, npm:NAME), whether it was asked for here, and what the radar last saw."""
    settings = settings_of(ctx, config)
    ((eco, known),) = names_of([name], ecosystem)
    with Watchlist(settings.home) as watchlist:
        sightings, appeared = watchlist.sightings(eco, known), watchlist.appeared(eco, known)
    asked = [each for each in observed(settings, eco) if each.name == known]
    looked = _radar(settings, eco, known)
    if form == "json":
        rows = [as_dict(each) for each in sightings] + [observed_dict(each) for each in asked]
        click.echo(json.dumps({"schema": SCHEMA, "rows": rows, **_seen(appeared, looked)}, indent=1))
        return 0
    for line in [*map(line_of, sightings), *map(observed_line, asked)]:
        click.echo(line)
    for word, told in _seen(appeared, looked).items():
        if told is not None:
            click.echo(
                f"{word:>10}  {told if isinstance(told, str) else ', '.join(f'{k} {v}' for k, v in told.items())}"
            )
    if not sightings and not asked:
        click.echo("slopguard: nobody watches that name here.", err=True)
    return 0


def _seen(appeared: datetime | None, looked: Record | None) -> dict[str, Any]:
    """When it appeared, and the radar's last answer."""
    told = None
    if looked is not None:
        told = {"state": looked.state.value, "asked": looked.asked.isoformat()}
        told |= {"free_until": looked.free_until.isoformat()} if looked.free_until is not None else {}
    return {"appeared": appeared.isoformat() if appeared is not None else None, "radar": told}


def _radar(settings: Settings, ecosystem: Ecosystem, name: str) -> Record | None:
    """What the radar remembers of a name; no file is made to find that there is nothing."""
    from slopguard.radar.db import FILE
    from slopguard.radar.memory import Memory

    if not (settings.home / FILE).exists():
        return None
    key = (ecosystem, NormalizedName(name))
    with Memory(settings.home) as memory:
        return memory.records([key]).get(key)
