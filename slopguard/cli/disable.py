"""`slopguard disable`: the guard off, and every file as it was.

Invariants: only a person switches it off, or a CI job that says `--yes`; an agent is refused with the sentence for its
user; what somebody edited since keeps the edit, and that is said; it is in the ledger before it happens.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from slopguard import clients
from slopguard.cli.agent_names import Named, split
from slopguard.cli.app import common, config_of
from slopguard.cli.enable import printable_lines
from slopguard.cli.foreseeing import forget, forgotten
from slopguard.cli.persons import only_a_person, prove
from slopguard.config import Settings, load
from slopguard.config.actors import agent_ancestor, at_a_terminal, detect
from slopguard.errors import UsageError
from slopguard.guard.enabling import agent_hook, plan, record, switch, venvs
from slopguard.guard.enabling.record import Changed, Enabled
from slopguard.guard.find import MOVED
from slopguard.model import Actor
from slopguard.store import acts


@click.command(epilog="Example: slopguard disable    or: slopguard disable npm npx")
@click.argument("names", nargs=-1, metavar="[CLIENT|AGENT ...]")
@click.option("--venv", metavar="DIR", help="Only let go of this virtual environment.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; for CI only.")
@common
@click.pass_context
def disable(
    ctx: click.Context,
    names: tuple[str, ...],
    venv: str | None,
    dry_run: bool,
    yes: bool,
    config: Path | None,
    form: str,
) -> int:
    """Undo `slopguard enable`: everything, or only the shims of CLIENT, the hooks of AGENT, one virtual environment.

    Files come back byte for byte; from one that somebody edited since only slopguard's own line is taken out. A project
    that you accepted stays accepted: slopguard trust remove.
    """
    del form  # the answer is a few sentences for a person
    named = split(names, "disable")
    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    enabled = record.read(settings.home)
    if not enabled.on:
        click.echo("slopguard: it is not on; nothing to undo.")
        return 0
    folder = str(venvs.bin_of(Path(venv))) if venv else None
    if folder and folder not in enabled.venvs:
        raise UsageError("that virtual environment is not guarded", "See: slopguard disable --dry-run")
    lines = list(_described(settings, enabled, named, folder))
    if dry_run:
        click.echo(printable_lines([*lines, "slopguard: nothing was changed (--dry-run)."]))
        return 0
    command = shlex.join(["slopguard", "disable", *names, *(["--venv", venv] if venv else [])])
    _agree(settings, lines, command, yes=yes)
    with switch.alone(settings.home):
        acts.record(settings, "disable", "disabled", "enable", f"guard:{settings.home / record.SHIMS}", command)
        enabled = record.read(settings.home)
        partly = bool(names or folder) and not _all_of_it(enabled, named)
        said = _partly(settings, enabled, named, folder) if partly else switch.put_back(settings.home, enabled)
    if not partly:
        forget(settings.home)
    part = "what you named is off; the rest is still guarded." if names or folder else "off. Everything is as it was."
    if said and not (names or folder):
        part = "off. Everything is as it was, but for what was changed since."
    click.echo(printable_lines([*(f"slopguard: {line}" for line in said), f"slopguard: {part}"]))
    return 0


def _agree(settings: Settings, lines: Sequence[str], command: str, *, yes: bool) -> None:
    """Let a person agree; a CI job says `--yes`.

    Raises:
        UsageError: neither is there.
    """
    ci = detect(os.environ, terminal=at_a_terminal()) is Actor.CI and not agent_ancestor()
    if yes and ci:
        click.echo(printable_lines(lines))
        return
    only_a_person("switch the guard off", command)
    prove(settings, lines, "Switch the guard off?")


def _described(settings: Settings, enabled: Enabled, named: Named, folder: str | None) -> list[str]:
    if named.clients or named.agents:
        gone = _clients(enabled, named.clients)
        lines = [f"remove  the shims of {' '.join(gone)} in {settings.home / record.SHIMS}"] if named.clients else []
        return lines + [_file(each) for each in _of_agents(enabled, named.agents)]
    bins = [folder] if folder else list(enabled.venvs)
    files = [each for each in enabled.files if folder is None or Path(each.path).parent == Path(folder)]
    lines = [_file(each) for each in files]
    lines += [f"change  {one}/{name}   comes back from {MOVED}/" for one in bins for name in enabled.venvs[one]]
    if folder is None and enabled.agents:
        lines.append(f"remove  {agent_hook.path(settings.home)}")
    if folder is None:
        lines += forgotten(settings.home)
        lines.append(f"remove  {settings.home / record.SHIMS}/   {len(enabled.clients)} shims")
    return lines


def _file(changed: Changed) -> str:
    return f"{'change' if changed.existed else 'remove'}  {changed.path}"


def _of_agents(enabled: Enabled, agents: Sequence[str]) -> list[Changed]:
    """The files of these agents, in whatever project."""
    return [each for each in enabled.files if each.agent in agents]


def _all_of_it(enabled: Enabled, named: Named) -> bool:
    """Whether nothing would be left on."""
    clients = len(_clients(enabled, named.clients)) == len(enabled.clients)
    lines = [each for each in enabled.files if not each.agent]
    return (
        named.only_agents and clients and not lines and not enabled.venvs and set(enabled.agents) <= set(named.agents)
    )


def _clients(enabled: Enabled, names: Sequence[str]) -> list[str]:
    """The shims that go with these clients: every pip with pip."""
    plain = {clients.plain(name) or name for name in names}
    plain |= {"pip", "pip3"} if plain & {"pip", "pip3"} else set()
    return [name for name in enabled.clients if (clients.plain(name) or name) in plain]


def _partly(settings: Settings, enabled: Enabled, named: Named, folder: str | None) -> list[str]:
    """Undo some of it."""
    home, some = settings.home, _of_agents(enabled, named.agents)
    if folder:
        some += [each for each in enabled.files if Path(each.path).parent == Path(folder)]
    said = switch.put_back_files(home, enabled, some)
    if folder:
        switch.put_back_venv(enabled, folder)
    left = {one: pips for one, pips in enabled.venvs.items() if one != folder}
    files = tuple(each for each in enabled.files if each not in some)
    enabled = replace(enabled, files=files, venvs=left, folders=switch.remove_folders(enabled))
    gone = _clients(enabled, named.clients)
    kept = [name for name in enabled.clients if name not in gone]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    made = plan.make(home, os.environ, kept, map(Path, enabled.venvs), enabled, now)
    switch.carry_out(made)
    if not enabled.agents:
        switch.remove_hook(home, some)
    return said
