"""`slopguard watch`: names that models invent or are expected to, and the radar that looks whether they appeared."""

from __future__ import annotations

import click

from slopguard.cli.lazy import LazyGroup

COMMANDS = {
    "add": ("slopguard.cli.watch_add:add", "Watch names that you know of."),
    "export": ("slopguard.cli.watch_export:export", "Write watched names for another machine, or for a team's list."),
    "import": ("slopguard.cli.watch_import:import_", "Take names from a file: a documented list, an export."),
    "list": ("slopguard.cli.watch_list:list_", "Watched names, most likely first."),
    "poll": ("slopguard.cli.watch_poll:poll", "Ask the indexes whether watched names were registered."),
    "show": ("slopguard.cli.watch_show:show", "Everything that is known of one watched name."),
}
"""Command to (module:attribute, short help)."""


@click.group("watch", cls=LazyGroup, table=COMMANDS, epilog="Example: slopguard watch list --limit 20")
def watch() -> None:
    """The watchlist: names that only ever refuse, and the radar over them."""
