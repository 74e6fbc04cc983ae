"""`slopguard keys rotate|revoke`: in a repository of lists, put a new key in the place of an old one, or take one out.

Invariants: only a person does it; nothing is in force until those who must have signed it; what would leave a role
without enough keys is refused.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.lists_init import public
from slopguard.cli.lists_words import in_repository, layout_of
from slopguard.cli.persons import only_a_person
from slopguard.config import Settings, load
from slopguard.curation.layout import Layout
from slopguard.errors import printable
from slopguard.names import shown


@click.command(epilog="Example: slopguard keys rotate ana ana-2027.json")
@click.argument("old")
@click.argument("new", metavar="FILE")
@in_repository
@common
@click.pass_context
def rotate(ctx: click.Context, old: str, new: str, repository: Path | None, config: Path | None, form: str) -> int:
    """Put the public key in FILE in the place of the key OLD, in every role that OLD may sign.

    FILE is what `slopguard keys show` prints, or the name of a key of this account.
    """
    del form
    from slopguard.curation import handover

    only_a_person("change who may sign", f"slopguard keys rotate {shown(old)} {shown(new, 200)}")
    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    layout, key = layout_of(repository), public(settings, new)
    roles = handover.change(layout, old, key)
    click.echo(f"slopguard: {key.name} takes the place of {shown(old)} ({_listed(roles)}).")
    _stage(settings, layout, "rotated", old)
    return 0


@click.command(epilog="Example: slopguard keys revoke dee")
@click.argument("name")
@in_repository
@common
@click.pass_context
def revoke(ctx: click.Context, name: str, repository: Path | None, config: Path | None, form: str) -> int:
    """Take the key NAME out of every role: it is lost, stolen, or its owner left.

    What it signed counts until the change is signed and published; publish on the same day.
    """
    del form
    from slopguard.curation import handover

    only_a_person("change who may sign", f"slopguard keys revoke {shown(name)}")
    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    layout = layout_of(repository)
    roles = handover.change(layout, name, None)
    click.echo(f"slopguard: {shown(name)} may sign nothing any more, once this is published ({_listed(roles)}).")
    _stage(settings, layout, "revoked", name)
    click.echo("slopguard: If it was stolen, look for what you did not write: git log -p -- common teams lists.toml")
    click.echo("slopguard: and ask every machine for what came of it: slopguard log who NAME-OF-A-PACKAGE")
    return 0


def _stage(settings: Settings, layout: Layout, verdict: str, name: str) -> None:
    """Write the change down, stage what follows from it, and say who must sign."""
    from slopguard.curation import ceremony
    from slopguard.curation.book import Book
    from slopguard.store import acts

    acts.record(settings, "lists", verdict, "keys", f"key:{shown(name)}", f"slopguard keys {verdict[:6]} {shown(name)}")
    ceremony.stage(layout, datetime.now(UTC).date())
    click.echo("slopguard: these must be signed before it counts (slopguard lists sign):")
    for each in ceremony.waiting(Book(layout)):
        click.echo(printable(f"  {each}"))


def _listed(roles: Sequence[str]) -> str:
    return ", ".join(roles) or "no role"
