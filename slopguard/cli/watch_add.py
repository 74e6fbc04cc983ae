"""`slopguard watch add`: names that a person or a script knows of are watched.

A watched name can only be refused, so that anybody may add one, an agent too. Invariant: the name ranks first, and
counts from now on: who registers it later registered a name that was watched.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import click

from slopguard.cli.app import common
from slopguard.cli.watching import SCHEMA, counted, names_of, of_ecosystem, settings_of
from slopguard.errors import UsageError
from slopguard.model import NormalizedName
from slopguard.watchlist.model import PERSON, Batch, Watched
from slopguard.watchlist.watchlist import Watchlist

_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


@click.command(epilog="Example: slopguard watch add pypi:acme-billing-client --why seen-in-review")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@of_ecosystem
@click.option("--why", metavar="CODE", default="", help="Where it is known from: a short code, such as seen-in-review.")
@click.option("--rank", type=click.IntRange(1), default=1, show_default=True, help="1 = most likely to be invented.")
@common
@click.pass_context
def add(
    ctx: click.Context,
    names: tuple[str, ...],
    ecosystem: str | None,
    why: str,
    rank: int,
    config: Path | None,
    form: str,
) -> int:
    """Watch NAME (also pypi:NAME, npm:NAME): refused if anybody registers it from now on, in quarantine until then.

    A name that exists already waits for a person from now on; slopguard allow lets it through.
    """
    if why and not _CODE.fullmatch(why):
        raise UsageError("--why takes a short code", "Use small letters, digits, '.', '_' and '-'")
    found = names_of(names, ecosystem)
    batch = Batch("imported", PERSON, datetime.now(UTC), detail={"why": why} if why else {})
    rows = [Watched(eco, NormalizedName(name), rank) for eco, name in found]
    told = Watchlist(settings_of(ctx, config).home).add(batch, rows)
    if form == "json":
        click.echo(json.dumps({"schema": SCHEMA, "new": told.new, "known": told.known}, indent=1))
    else:
        known = f"; {told.known:,} {'was' if told.known == 1 else 'were'} watched already" if told.known else ""
        click.echo(f"slopguard: {counted(told.new, 'name')} watched from now on{known}.")
    return 0
