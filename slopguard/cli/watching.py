"""What the commands of `slopguard watch` share: the settings, names on the command line, rows as lines.

Invariant: names and codes are shown; no text of a registry or a model is there to be shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slopguard.cli.app import config_of
from slopguard.config import Settings, load
from slopguard.errors import UsageError
from slopguard.model import Ecosystem
from slopguard.names import shown
from slopguard.watchlist.records import record_of

if TYPE_CHECKING:
    from slopguard.watchlist.model import Sighting

SCHEMA = "slopguard/watch/1"


def of_ecosystem(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option that names an ecosystem."""
    return click.option(
        "-e", "--ecosystem", type=click.Choice([each.value for each in Ecosystem]), help="Where the names belong."
    )(command)


def settings_of(ctx: click.Context, config: Path | None) -> Settings:
    """The settings in force here."""
    return load(Path.cwd(), os.environ, config_file=config_of(ctx, config))


def names_of(texts: Sequence[str], ecosystem: str | None) -> list[tuple[Ecosystem, str]]:
    """What `[ECO:]NAME ...` names, each once.

    Raises:
        BadName: one is no name.
        UsageError: one does not say which ecosystem, or names a version.
    """
    from slopguard.cli.lists_words import package

    found = []
    for text in texts:
        eco, name, versions = package(text, ecosystem)
        if versions:
            raise UsageError(f"'{shown(text)}' names a version; names are watched", f"Say {eco.value}:{shown(name)}")
        found.append((eco, name))
    return list(dict.fromkeys(found))


def line_of(sighting: Sighting) -> str:
    """A row for people."""
    batch, row = sighting.batch, sighting.watched
    parts = [f"{batch.origin} by {batch.source}", f"{batch.at:%Y-%m-%d}"]
    if row.models is not None:
        parts.append(f"{row.models} model{'s' * (row.models != 1)}")
    if row.low is not None and row.high is not None:
        parts.append(f"in {row.low:.1%} to {row.high:.1%} of answers")
    if batch.expires is not None:
        parts.append(f"until {batch.expires:%Y-%m-%d}")
    rank = f"{row.rank:,}" if row.rank is not None else "-"
    return f"{rank:>10}  {row.ecosystem.value}:{shown(row.name)}   {', '.join(parts)}"


def as_dict(sighting: Sighting) -> dict[str, Any]:
    """A row for programs."""
    return record_of(sighting)


def counted(number: int, what: str) -> str:
    """A number with what it counts."""
    return f"{number:,} {what}{'s' * (number != 1)}"
