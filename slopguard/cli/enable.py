"""`slopguard enable`: plain `pip install x` and `npm install x` are guarded from now on, and what coding agents do.

Invariants: every file that will change is shown first, with what the guard would have stopped here; a person answers at
the terminal, or `--yes` says that nobody needs to; what changes is what was shown; it only ever tightens, so an agent
may run it, except that a project's settings and lock files are accepted by a person alone; it is in the ledger.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from slopguard.cli.agent_names import Named, notes, split, titles, wanted
from slopguard.cli.app import common, config_of
from slopguard.cli.enable_words import as_json, described
from slopguard.cli.foreseeing import begin, forecast, to_forecast
from slopguard.cli.persons import ask_yes, only_a_person, prove, terminal_there
from slopguard.cli.rehearsing import lines as rehearsed
from slopguard.cli.rehearsing import rehearse
from slopguard.cli.trust import Proposal, keep, project_proposal
from slopguard.config import Settings, load, places
from slopguard.config.actors import at_a_terminal, detect
from slopguard.errors import ConfigError, UsageError, printable
from slopguard.guard.enabling import hooks, plan, record, rehearsal, switch, venvs
from slopguard.guard.enabling.insertions import SettingsFile
from slopguard.guard.enabling.plan import Plan
from slopguard.guard.enabling.record import Enabled
from slopguard.model import Actor
from slopguard.store import acts


@click.command(epilog="Example: slopguard enable    or: slopguard enable pip claude-code --venv .venv")
@click.argument("names", nargs=-1, metavar="[CLIENT|AGENT ...]")
@click.option("--agents", is_flag=True, help="Put a hook into every coding agent that is here, too.")
@click.option(
    "--project",
    is_flag=True,
    help="Accept this project's settings and lock files too, and guard its .venv; of an AGENT, the project's hooks.",
)
@click.option(
    "--venv", is_flag=False, flag_value="", metavar="[DIR]", help="Guard a virtual environment's own pip too."
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask: for scripts, containers and CI.")
@common
@click.pass_context
def enable(
    ctx: click.Context,
    names: tuple[str, ...],
    agents: bool,
    project: bool,
    venv: str | None,
    dry_run: bool,
    yes: bool,
    config: Path | None,
    form: str,
) -> int:
    """Guard every CLIENT (all that are installed) wherever it is called by its name, and every AGENT that you name.

    Shims go into a folder of slopguard's that a line in your shell profiles puts first on PATH; an agent's settings get
    a hook that runs before its commands and edits. You see every file that changes, and what would have been stopped in
    the lock files here, before anything happens. Back: slopguard disable.
    """
    named = split(names, "enable")
    if sys.platform == "win32":
        raise UsageError("shims are not part of this version on Windows", "Guard one command: slopguard run -- COMMAND")
    whole = project and not named.only_agents
    proposal = _proposal(config_of(ctx, config), dry_run=dry_run) if whole else None
    settings = proposal.settings if proposal else load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    hooked = _Hooked(named, agents, Path.cwd() if project else None)
    made = _plan(settings, hooked, _folders(venv, project=whole), now)
    foreseen = None if yes or named.only_agents else to_forecast(settings.home, Path.cwd())
    if made.empty and proposal is None:
        click.echo(f"slopguard: already on; nothing to change. Guarded: {_guarded(made)}")
        if foreseen is not None and not dry_run and form != "json" and _a_person():
            ask_yes([*forecast(foreseen)], "Forecast names for this project?", "nothing is forecast")
            begin(settings.home, foreseen)
        return 0
    tried = rehearse(rehearsal.look(Path.cwd(), settings, os.environ), settings)
    text = [*described(made), *(proposal.lines if proposal else ()), *forecast(foreseen)]
    text += rehearsed(tried, Path.cwd())
    if form == "json":
        click.echo(json.dumps(as_json(made, tried, changed=not dry_run), indent=1))
    if dry_run or not _agreed(text, settings, proposal, yes=yes, quiet=form == "json"):
        if dry_run and form != "json":
            click.echo(printable_lines([*text, "slopguard: nothing was changed (--dry-run)."]))
        return 0
    with switch.alone(settings.home):
        agreed, made = made, _plan(settings, hooked, _folders(venv, project=whole), now)
        if made.shown != agreed.shown:
            raise ConfigError("something changed while you read, so nothing was done", "Run it again")
        if proposal is not None:
            keep(proposal, places(os.environ).user)
        command = shlex.join(["slopguard", "enable", *names, *(["--agents"] if agents else [])])
        acts.record(settings, "enable", "enabled", "enable", f"guard:{made.home / record.SHIMS}", command)
        switch.carry_out(made)
    begin(settings.home, foreseen)
    if form != "json":
        click.echo(printable_lines(_done(made, notes(hooked.files(made.before, settings.home)))))
    return 0


def printable_lines(lines: Sequence[str]) -> str:
    """The lines as a terminal shows them, whatever a path is called."""
    return "\n".join(printable(line) for line in lines)


@dataclass(frozen=True, slots=True)
class _Hooked:
    """What was named, whether every agent is meant, and the project whose settings they are, if not the account's."""

    named: Named
    every: bool
    project: Path | None

    def files(self, before: Enabled, home: Path) -> list[SettingsFile]:
        return wanted(self.named, self.every, home, before, self.project)


def _plan(settings: Settings, hooked: _Hooked, folders: Sequence[Path], now: str) -> Plan:
    before, asked = record.read(settings.home), hooked.named.clients
    clients = before.clients if hooked.named.only_agents else plan.names(os.environ, asked, before.clients)
    bins = [*map(Path, before.venvs), *folders]
    files = hooked.files(before, settings.home)
    return plan.make(settings.home, os.environ, clients, bins, before, now, files)


def _folders(venv: str | None, *, project: bool) -> list[Path]:
    """The `bin` of each virtual environment that is asked for.

    Raises:
        UsageError: there is none.
    """
    places = []
    if venv is not None:
        place = venv or os.environ.get("VIRTUAL_ENV")
        if not place:
            raise UsageError("no virtual environment is active", "Name its folder: slopguard enable --venv .venv")
        places.append(Path(place))
    if project:
        places += [Path(name) for name in (".venv", "venv") if (Path(name) / "pyvenv.cfg").is_file()]
    return [venvs.bin_of(place) for place in places]


def _proposal(config: Path | None, *, dry_run: bool) -> Proposal | None:
    """What a person is asked to accept of this project, `None` if there is nothing that was not accepted before.

    Raises:
        UsageError: there is something, and nobody is there who may accept it.
    """
    found = project_proposal(Path(), config)
    if found is not None and not dry_run:
        only_a_person("accept a project", "slopguard enable --project")
    return found


def _agreed(text: Sequence[str], settings: Settings, proposal: Proposal | None, *, yes: bool, quiet: bool) -> bool:
    """Show it, and let a person agree; always true.

    Raises:
        UsageError: nobody agreed.
    """
    question, refused = "Change all this?", "nothing was changed"
    if proposal is not None:
        prove(proposal.settings, text, "Accept the project, and change all this?")
    elif yes:
        if not quiet:
            click.echo(printable_lines(text))
    elif _a_person():
        ask_yes(text, question, refused)
    else:
        click.echo(printable_lines(text))
        raise UsageError("nobody is here to agree, so nothing was changed", "Add --yes")
    return True


def _a_person() -> bool:
    """Whether a person is here, who can read and answer."""
    return terminal_there() and detect(os.environ, terminal=at_a_terminal()) is Actor.HUMAN


def _guarded(made: Plan) -> str:
    agents = titles(made.after.agents)
    return "; ".join(part for part in (" ".join(made.after.clients), agents and f"hooks in {agents}") if part)


def _done(made: Plan, notes: Sequence[str]) -> list[str]:
    here = hooks.at_once(made.home / record.SHIMS, os.environ)
    lines = []
    if made.after.clients:
        lines.append(f"slopguard: on. Guarded by name: {' '.join(made.after.clients)}")
    if made.after.agents:
        lines.append(f"slopguard: on. Hooks in: {titles(made.after.agents)}")
        lines += [f"slopguard: {note}" for note in notes]
    if made.after.clients:
        lines.append(f"slopguard: shells that you open from now on are guarded; this one with: {here}")
    else:
        lines.append("slopguard: what is installed outside these agents is not guarded; that with: slopguard enable")
    return [*lines, "slopguard: off again with: slopguard disable"]
