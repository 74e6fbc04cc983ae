"""`slopguard daemon`: the process that hosts the sessions of guarded commands; nobody needs to look after it.

Invariant: nothing here starts a daemon but `run`, and none of it is needed for one to start or end.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from slopguard import cache
from slopguard.cli.app import common, config_of
from slopguard.config import Settings, load
from slopguard.daemon import units
from slopguard.daemon.link import Link, NoDaemon, Stuck
from slopguard.daemon.places import Places
from slopguard.daemon.plain import Garbled
from slopguard.daemon.wire import State, state_in
from slopguard.errors import EnvironmentFailed, InputError, printable

SCHEMA = "slopguard/daemon/1"
ANSWER = 5.0
"""Seconds that a daemon may take to answer, and to end."""


@click.group(epilog="Example: slopguard daemon status")
def daemon() -> None:
    """The process that hosts the sessions of guarded commands.

    The first guarded command starts it, and it ends by itself; the variable SLOPGUARD_DAEMON says after how many
    seconds without a command, or `off`.
    """


@daemon.command(epilog="Example: slopguard daemon status --format json")
@common
@click.pass_context
def status(ctx: click.Context, config: Path | None, form: str) -> int:
    """Whether one runs, since when, for how many commands, and what its cache holds."""
    settings = _settings(ctx, config)
    state, kept = _state(settings), cache.usage(settings.home / cache.FOLDER)
    if form == "json":
        about = _about(state) if state is not None else {"running": False}
        size = {"bytes": kept.bytes, "limit": settings.cache_bytes, "files": kept.files, "documents": kept.documents}
        click.echo(json.dumps({"schema": SCHEMA, **about, "cache": size}, indent=1))
        return 0
    for line in _lines(state):
        click.echo(line)
    click.echo(f"cache     {kept.bytes / 1e6:.1f} MB of {settings.cache_bytes / 1e6:.0f} MB, {kept.files} files")
    return 0


@daemon.command(epilog="Example: slopguard daemon stop")
@click.option("--now", is_flag=True, help="End it in the middle of commands, which then fail.")
@common
@click.pass_context
def stop(ctx: click.Context, now: bool, config: Path | None, form: str) -> int:
    """End it; commands that run are finished first. The next guarded command starts another."""
    settings = _settings(ctx, config)
    link = _link(settings)
    if link is None:
        _say(form, {"running": False}, "no daemon runs")
        return 0
    with link:
        state = _asked(link, "end" if now else "drain")
        over = (now or not state.sessions) and link.hung_up(ANSWER)
    words = "the daemon has ended" if over else f"the daemon ends with the commands that run ({state.sessions})"
    _say(form, _about(state) if not over else {"running": False}, words)
    return 0


@daemon.command(epilog="Example: slopguard daemon run --idle 3600")
@click.option("--idle", type=click.FloatRange(0), default=0.0, help="End after so many seconds without a command.")
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def run(ctx: click.Context, idle: float, config: Path | None) -> int:
    """Run one in the foreground, for a service manager; one that runs already gives way.

    It takes its control port from systemd or launchd where they hold one (see `daemon unit`). SIGTERM ends it when
    the commands that run have ended, a second one at once.
    """
    from slopguard.daemon import foreground

    foreground.run(_settings(ctx, config), idle)
    return 0


@daemon.command(epilog="Example: slopguard daemon unit systemd -o ~/.config/systemd/user")
@click.argument("manager", type=click.Choice(["systemd", "launchd"]))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Write the files there.")
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def unit(ctx: click.Context, manager: str, output: Path | None, config: Path | None) -> int:
    """Print what tells systemd (a user service and its socket) or launchd (an agent) to run it.

    Where your settings say `radar.every`, also what polls with the radar so often.
    """
    settings = _settings(ctx, config)
    every = load(Path("/"), os.environ).radar.every  # of no project
    made = (units.systemd if manager == "systemd" else units.launchd)(settings.home, os.environ, every)
    for name, text in made.items():
        if output is None:
            click.echo(f"# {name}\n{text}" if manager == "systemd" else text)
            continue
        try:
            output.mkdir(parents=True, exist_ok=True)
            (output / name).write_text(text, encoding="utf-8")
        except OSError as why:
            problem = f"{printable(str(output / name))}: cannot be written ({type(why).__name__})"
            raise InputError(problem, "Check its folder") from None
    return 0


def _settings(ctx: click.Context, config: Path | None) -> Settings:
    return load(Path.cwd(), os.environ, config_file=config_of(ctx, config))


def _link(settings: Settings) -> Link | None:
    """A connection to the daemon, `None` where there is none.

    Raises:
        EnvironmentFailed: there is one that does not answer.
    """
    places = Places(settings.home)
    try:
        return Link.dial(places, ANSWER)
    except Stuck:
        found = places.find()
        process = f" (process {found[0].pid})" if found else ""
        raise EnvironmentFailed(f"the daemon{process} does not answer", "End that process") from None
    except NoDaemon:
        return None


def _state(settings: Settings) -> State | None:
    link = _link(settings)
    if link is None:
        return None
    with link:
        return _asked(link, "status")


def _asked(link: Link, do: str) -> State:
    """What a daemon, of whatever version, says about itself.

    Raises:
        EnvironmentFailed: it cannot be understood, or will not.
    """
    try:
        return state_in(link.ask(do))
    except (Garbled, NoDaemon):
        problem = "the daemon that runs cannot be understood"
        raise EnvironmentFailed(problem, "Use the slopguard that started it") from None


def _about(state: State) -> dict[str, Any]:
    return {
        "running": True,
        "version": state.version,
        "pid": state.pid,
        "port": state.port,
        "gate": state.gate,
        "sessions": state.sessions,
        "since": _moment(state.since),
        "draining": state.draining,
        "idle": state.idle,
    }


def _lines(state: State | None) -> list[str]:
    if state is None:
        return ["daemon    does not run; the next guarded command starts one"]
    ends = f"after {state.idle:.0f} seconds without a command" if state.idle else "when it is told to"
    return [
        f"daemon    version {printable(state.version)}, process {state.pid}, since {_moment(state.since)}",
        f"listens   on 127.0.0.1:{state.port} for commands, :{state.gate} for package clients",
        f"sessions  {state.sessions}",
        f"ends      {ends}",
    ]


def _moment(since: float) -> str:
    return f"{datetime.fromtimestamp(since, UTC):%Y-%m-%d %H:%M} UTC"


def _say(form: str, about: dict[str, Any], words: str) -> None:
    click.echo(json.dumps({"schema": SCHEMA, **about}, indent=1) if form == "json" else f"slopguard: {words}")
