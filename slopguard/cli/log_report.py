"""`slopguard log report`: what agents suggested, what was refused, and what they did then; writes nothing."""

from __future__ import annotations

import os
from pathlib import Path

import click

from slopguard.cli import moments
from slopguard.cli.app import config_of

FORMATS = ("text", "json", "markdown")
NONE = "slopguard: no agent suggested anything. Hooks note it: slopguard status"


@click.command(epilog="Example: slopguard log report --since 30d --format markdown", short_help="What agents suggest.")
@click.option("--since", metavar="WHEN", default="30d", show_default=True, help="12h, 7d, 2w, or a date.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="For people, for programs, or for a page."
)
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def report(ctx: click.Context, since: str, form: str, config: Path | None) -> int:
    """What coding agents suggested: how much of it is invented, refused, replaced and installed, by agent and model."""
    from slopguard.config import load
    from slopguard.reports import hallucination_formats as formats
    from slopguard.store import Store

    moment = moments.since(since)
    store = Store.open(load(Path.cwd(), os.environ, config_file=config_of(ctx, config)))
    try:
        rows = store.suggestions.rows(moment)
    finally:
        store.close()
    if not rows and form == "text":
        click.echo(NONE, err=True)
        return 0
    shape = {"text": formats.text, "json": formats.as_json, "markdown": formats.markdown}[form]
    click.echo(shape(rows, moment))
    return 0
