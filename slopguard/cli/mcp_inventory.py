"""`slopguard mcp inventory`: every MCP server configured on this machine and in this project, judged; and pinned.

Invariants: verdicts are in the ledger before they are shown; with `--pin` every change is shown first, a person answers
at the terminal (or `--yes` says that nobody needs to), a copy is kept and the ledger knows; an agent may not pin.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slopguard.cli.app import config_of
from slopguard.cli.persons import ask_yes, only_a_person
from slopguard.config import Settings, load
from slopguard.config.actors import agent_ancestor, at_a_terminal, detect
from slopguard.errors import UsageError, printable
from slopguard.model import Actor
from slopguard.names import phrase

if TYPE_CHECKING:
    from slopguard.agents.inventory.finding import Taken
    from slopguard.agents.inventory.pins import Plan, Rewrite


@click.command(epilog="Example: slopguard mcp inventory --format markdown")
@click.option("--pin", is_flag=True, help="Write the version that may run into the clients' own files (a person must).")
@click.option(
    "--project", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="The project; this folder."
)
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="For whom.")
@click.option("--offline", is_flag=True, help="Ask no index.")
@click.option("--yes", is_flag=True, help="With --pin: do not ask. For CI.")
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def inventory(
    ctx: click.Context, pin: bool, project: Path, form: str, offline: bool, yes: bool, config: Path | None
) -> int:
    """Every MCP server that clients on this machine and in this project are told to start or reach.

    What it runs and from which package, pinned or not, the verdict, the secrets it is handed (names only), its rights.
    Nothing is started. Ends with 1 for a block, 3 for a quarantine, 4 if a file or an answer is missing.
    """
    folder = _folder(project)
    command = "slopguard mcp inventory" + (" --pin" if pin else "")
    if pin:
        _may_pin(command, yes=yes)
    elif yes:
        raise UsageError("--yes is for --pin", "Leave it out")
    settings = load(folder, os.environ, {"offline": offline}, config_of(ctx, config))
    if pin and settings.offline:
        raise UsageError("versions cannot be chosen offline", "Leave --offline out and unset SLOPGUARD_OFFLINE")
    from slopguard.agents.inventory.finding import take
    from slopguard.agents.inventory.places import Machine

    machine = Machine(os.environ)
    taken = take(machine, folder, settings, command)
    _print(taken, form, machine.home)
    if pin:
        _pin(taken, settings, command, yes=yes, home=machine.home)
    return taken.inventory.exit_code()


def _folder(project: Path) -> Path:
    """The project's folder, absolute.

    Raises:
        UsageError: there is none.
    """
    if not project.is_dir():
        raise UsageError("--project names no folder", "Name the project's folder")
    return project.resolve()


def _may_pin(command: str, *, yes: bool) -> None:
    """Go on if a person asks, or a CI job whose author wrote `--yes`.

    Raises:
        UsageError: an agent asks, or something that an agent started.
    """
    job = yes and detect(os.environ, terminal=at_a_terminal()) is Actor.CI and not agent_ancestor()
    if not job:
        only_a_person("pin servers", command)


def _print(taken: Taken, form: str, home: Path) -> None:
    from slopguard.progress import colourful
    from slopguard.reports import inventory as report

    if form == "json":
        print(report.as_json(taken.inventory))
    elif form == "markdown":
        print("\n".join(report.markdown(taken.inventory, home)))
    else:
        print("\n".join(map(_plain, report.text(taken.inventory, home, colour=colourful()))))


def _plain(line: str) -> str:
    """A line as a terminal shows it; our own colours stay."""
    return line if "\x1b" in line else printable(line)


def _pin(taken: Taken, settings: Settings, command: str, *, yes: bool, home: Path) -> None:
    """Show what would change, ask, keep copies and write; what is told goes to stderr, beside the inventory."""
    from slopguard.agents.inventory import pins
    from slopguard.store import acts

    plan = pins.plan(taken, settings, command)
    lines = [*_shown(plan.rewrites, home), *_left(plan, home)]
    if not plan.rewrites:
        _tell([*lines, "slopguard: there is nothing that could be pinned."])
        return
    if yes:
        _tell(lines)
    else:
        ask_yes(lines, "Write this?", "nothing was changed")
    now = datetime.now(UTC)
    for rewrite in plan.rewrites:
        subject = f"file:{rewrite.path}"
        acts.record(settings, "mcp", "pinned", "pin", subject, command)
        kept = pins.carry_out(rewrite, settings.home, now)
        back = f"cp {shlex.quote(str(kept))} {shlex.quote(str(rewrite.path))}"
        _tell([f"slopguard: {len(rewrite.pins)} pinned. The file as it was: {kept}. Back: {back}"])


def _shown(rewrites: Sequence[Rewrite], home: Path) -> Iterator[str]:
    """The words that change; never a whole line, which may hold a secret."""
    for rewrite in rewrites:
        yield _place(rewrite.path, home)
        for pin in rewrite.pins:
            yield f"  {pin.server.location.line or 1}: {phrase(pin.server.name)}"
            yield f"    - {phrase(pin.before, 200)}"
            yield f"    + {phrase(pin.after, 200)}"


def _left(plan: Plan, home: Path) -> Iterator[str]:
    for left in plan.left:
        where = f"{_place(Path(left.server.location.path), home)}:{left.server.location.line or 1}"
        yield f"left alone  {where} {phrase(left.server.name)}: {left.why}"


def _place(path: Path, home: Path) -> str:
    return phrase(f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path), 200)


def _tell(lines: Sequence[str]) -> None:
    sys.stderr.write("".join(f"{printable(line)}\n" for line in lines))
