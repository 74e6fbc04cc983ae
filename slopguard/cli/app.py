"""The click application: a group that imports a command's module only when that command runs.

Invariant: listing the commands imports none of them; an unknown command is error 2 and names the nearest known one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from slopguard import __version__
from slopguard.errors import UsageError

COMMANDS = {
    "ask": ("slopguard.cli.ask:ask", "The verdict for names, before anybody installs them."),
    "log": ("slopguard.cli.log:log", "The ledger: what was decided, for whom, and whether it is whole."),
    "npm": ("slopguard.cli.guarded:npm", "npm, guarded: same arguments, same output."),
    "npx": ("slopguard.cli.guarded:npx", "npx, guarded."),
    "pip": ("slopguard.cli.guarded:pip", "pip, guarded."),
    "run": ("slopguard.cli.guarded:run", "Any command, with every client it starts guarded."),
    "trust": ("slopguard.cli.trust:trust", "Accept a project's settings and lock files, or an index (a person must)."),
    "uv": ("slopguard.cli.guarded:uv", "uv, guarded."),
    "uvx": ("slopguard.cli.guarded:uvx", "uvx, guarded."),
}
"""Command to (module:attribute, short help); the short help stands here so that listing imports nothing."""


class Commands(click.Group):
    """The group of all commands, loaded one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command called `name`, imported now; `None` if there is none."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown command names the nearest known one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UsageError(f"there is no command '{ascii(args[0])[1:-1][:64]}'", _nearest(args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


def _nearest(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    return f"The nearest is: slopguard {near[0]}" if near else UsageError.default_hint


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: slopguard pip install flask",
)
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.version_option(__version__, prog_name="slopguard", message="%(prog)s %(version)s")
@click.pass_context
def root(ctx: click.Context, config: Path | None) -> None:
    """Stands between whoever installs packages and PyPI or the npm registry.

    What can be verified installs as before; an invented or unverified name is refused, with what to do instead.
    """
    ctx.obj = config or ctx.obj


def run(args: Sequence[str], config: Path | None) -> int:
    """Run a command of ours and give its exit code.

    Raises:
        SlopguardError: as the command raises; `UsageError` for a command line that makes no sense.
    """
    try:
        with root.make_context("slopguard", list(args), obj=config) as context:  # not main(): it turns EPIPE into 1
            code = root.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as usage:
        click.echo(usage.format_message(), err=True)
        return UsageError.exit_code
    except click.UsageError as usage:
        where = usage.ctx.command_path if usage.ctx else "slopguard"
        raise UsageError(usage.format_message().rstrip(".?").replace("\n", " "), f"See {where} --help") from None
    return code if isinstance(code, int) else 0


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command of ours takes: `--config` and `--format`."""
    command = click.option(
        "--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or for programs."
    )(command)
    return click.option(
        "--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten."
    )(command)


def config_of(ctx: click.Context, config: Path | None) -> Path | None:
    """`--config` after the command, or before it."""
    if config is not None:
        return config
    found = ctx.find_root().obj
    return found if isinstance(found, Path) else None
