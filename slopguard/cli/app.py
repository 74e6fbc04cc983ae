"""The click application: a group that imports a command's module only when that command runs.

Invariant: listing the commands imports none of them; an unknown command is error 2 and names the nearest known one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from slopguard import __version__, clients
from slopguard.cli.lazy import LazyGroup
from slopguard.errors import UsageError

COMMANDS = {
    "allow": ("slopguard.cli.allow:allow", "Let one package through for a while (a person must)."),
    "ask": ("slopguard.cli.ask:ask", "The verdict for names, before anybody installs them."),
    "check": ("slopguard.cli.check:check", "Every dependency that is written down here, judged; for CI."),
    "daemon": ("slopguard.cli.daemon:daemon", "The process that hosts guarded commands: status, stop, run, unit."),
    "disable": ("slopguard.cli.disable:disable", "The guard off, and every file as it was (a person must)."),
    "enable": ("slopguard.cli.enable:enable", "Plain pip install and npm install are guarded from now on."),
    "forecast": ("slopguard.cli.forecast:forecast", "Predict the names that models invent, and watch them."),
    "hook": ("slopguard.cli.hook:hook", "What a coding agent runs before its tools; installed by enable."),
    "keys": ("slopguard.cli.keys:keys", "Keys that sign lists and approve releases."),
    "lists": ("slopguard.cli.lists:lists", "Curate, sign, publish and fetch lists."),
    "log": ("slopguard.cli.log:log", "The ledger: what was decided, for whom, and whether it is whole."),
    "mcp": ("slopguard.cli.mcp:mcp", "The MCP server for agents, and the MCP servers set up here."),
    "run": ("slopguard.cli.guarded:run", "Any command, with every client it starts guarded."),
    "serve": ("slopguard.cli.serve:serve", "The gate for a team: one address, tokens, several processes."),
    "status": ("slopguard.cli.status:status", "What is guarded here and now, and what is not."),
    "trust": ("slopguard.cli.trust:trust", "Accept a project's settings and lock files, or an index (a person must)."),
    "watch": ("slopguard.cli.watch:watch", "Watched names, and the radar that looks whether they appeared."),
}
"""Command to (module:attribute, short help); the short help stands here so that listing imports nothing."""
COMMANDS |= {name: (f"slopguard.cli.guarded:{name}", f"{name}, guarded: same arguments.") for name in clients.COMMANDS}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
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
