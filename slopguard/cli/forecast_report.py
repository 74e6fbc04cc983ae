"""`slopguard forecast report`: one HTML page about what was forecast and what came of it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from slopguard.cli.app import config_of
from slopguard.config import load
from slopguard.errors import UsageError
from slopguard.names import shown

SCHEMA = "slopguard/forecast-report/1"


@click.command(epilog="Example: slopguard forecast report -o report.html")
@click.option("-o", "--output", metavar="FILE", help="Where to write it; else standard output.")
@click.option("--format", "form", type=click.Choice(["html", "json"]), default="html", help="A page, or for programs.")
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def report(ctx: click.Context, output: str | None, form: str, config: Path | None) -> int:
    """Tell what is watched, how sure models are of it, and what was registered since.

    The page needs nothing but itself: it loads nothing and runs no script. Nothing is asked of any index.
    """
    from slopguard.cli import forecast_output
    from slopguard.cli.forecast_gathering import gathered

    if output is None and form == "html" and sys.stdout.isatty():
        raise UsageError(
            "a page of HTML is nothing for a terminal", "For example: slopguard forecast report -o report.html"
        )
    forecast_output.check(output, "", watched=True)
    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    told = gathered(settings.home)
    if form == "json":
        text = json.dumps({"schema": SCHEMA, **_plain(asdict(told))}, indent=1) + "\n"
    else:
        from slopguard.reports.forecast_page import page

        text = page(told)
    forecast_output.put(output or forecast_output.STANDARD_OUTPUT, text)
    if output not in (None, forecast_output.STANDARD_OUTPUT):
        click.echo(f"slopguard: written to {shown(Path(output or '').name)}", err=True)
    return 0


def _plain(value: Any) -> Any:
    """What JSON can hold: moments as ISO 8601, everything else as it is."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
