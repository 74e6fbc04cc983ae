"""`slopguard forecast`: the names that models invent, predicted before somebody registers them."""

from __future__ import annotations

import click

from slopguard.cli.lazy import LazyGroup

COMMANDS = {
    "bench": ("slopguard.cli.forecast_bench:bench", "Measure whether speculation helps, and for which requests."),
    "probe": ("slopguard.cli.forecast_probe:probe", "What a server of models is, and what it does."),
    "report": ("slopguard.cli.forecast_report:report", "One HTML page about what was forecast and what came of it."),
    "run": ("slopguard.cli.forecast_run:run", "Predict names and watch them."),
    "serve": ("slopguard.cli.forecast_serve:serve", "Serve a model from a file, with drafts where it can."),
}
"""Command to (module:attribute, short help)."""


@click.group("forecast", cls=LazyGroup, table=COMMANDS, epilog="Example: slopguard forecast run --embedded")
def forecast() -> None:
    """Predict the names that models invent; what is predicted is watched, never condemned."""
