"""A click group that imports a command's module only when that command runs.

Invariant: listing the commands imports none of them; an unknown command is error 2 and names the nearest known one.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from slopguard.errors import UsageError

Table = Mapping[str, tuple[str, str]]
"""Command to (module:attribute, short help); the short help stands here so that listing imports nothing."""


class LazyGroup(click.Group):
    """A group whose commands are loaded one by one.

    Args:
        table: its commands.
    """

    def __init__(self, *args: Any, table: Table, **more: Any) -> None:
        super().__init__(*args, **more)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted(self.table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command called `name`, imported now; `None` if there is none."""
        if name not in self.table:
            return None
        module, _, attribute = self.table[name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown command names the nearest known one."""
        if args and args[0] not in self.table and not args[0].startswith("-"):
            path = ctx.command_path
            raise UsageError(f"there is no command '{ascii(args[0])[1:-1][:64]}'", self._nearest(args[0], path))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.table[name][1]) for name in self.list_commands(ctx)])

    def _nearest(self, name: str, path: str) -> str:
        import difflib

        near = difflib.get_close_matches(name, self.table, n=1, cutoff=0.5)
        return f"The nearest is: {path} {near[0]}" if near else f"See {path} --help"
