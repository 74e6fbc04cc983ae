"""`slopguard ask`: the verdict for names, before anybody installs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.progress import colourful
from slopguard.cli.targets import ecosystems_of, lines_of, requests_for
from slopguard.config import Settings, load
from slopguard.errors import InputError, UsageError
from slopguard.model import Ecosystem, Location, Mode, Request, Verdict
from slopguard.names import shown
from slopguard.rules import exit_code

UNCLEAR = (
    "slopguard: this folder does not say which ecosystem is meant, so both were asked. Say it with -e pypi or -e npm."
)

PROBLEMS: Mapping[type[OSError], str] = {
    FileNotFoundError: "there is no such file",
    IsADirectoryError: "that is a folder",
    PermissionError: "you may not read it",
}


@click.command(epilog="Example: slopguard ask flask npm:react@19.1.0 --offline")
@click.argument("names", nargs=-1, metavar="NAME[==V]...")
@click.option("-e", "--ecosystem", type=click.Choice([eco.value for eco in Ecosystem]), help="Where the names belong.")
@click.option("--from-file", "file", metavar="FILE", help="Names, one a line; # starts a comment; - is standard input.")
@click.option("--offline", is_flag=True, help="Ask no index.")
@click.option("--fail-on", type=click.Choice(["quarantine", "warn"]), default="quarantine", help="What ends in code 3.")
@common
@click.pass_context
def ask(
    ctx: click.Context,
    names: tuple[str, ...],
    ecosystem: str | None,
    file: str | None,
    offline: bool,
    fail_on: str,
    config: Path | None,
    form: str,
) -> int:
    """Give the verdict for each NAME, also written pypi:NAME==V or npm:NAME@V.

    Without -e the folder decides (pyproject.toml: PyPI, package.json: npm); if that is unclear, both are asked.
    Ends with 0 if all are allowed, 1 for a block, 3 for a quarantine, 4 if an answer that matters is missing.
    """
    cwd = Path.cwd()
    settings = load(cwd, os.environ, {"offline": offline}, config_of(ctx, config))
    chosen = (Ecosystem(ecosystem),) if ecosystem else ecosystems_of(cwd)
    requests = _requests(names, file, chosen, settings)
    from slopguard.cli.judging import judged
    from slopguard.judge import Door

    verdicts = judged(requests, settings, cwd, Door("ask", "slopguard ask"))
    _print(verdicts, settings, form)
    if form == "text" and _asked_twice(requests):
        click.echo(UNCLEAR, err=True)
    outcomes = [verdict.outcome for verdict in verdicts]
    return exit_code(outcomes, enforced=settings.mode is not Mode.OBSERVE, fail_on_warn=fail_on == "warn")


def _requests(names: Sequence[str], file: str | None, chosen: Sequence[Ecosystem], settings: Settings) -> list[Request]:
    """Everything asked about, once each, in order.

    Raises:
        UsageError: nothing is asked about, or something is no name.
    """
    asked = [*((name, None) for name in names), *(_read(file) if file else ())]
    requests = chain.from_iterable(requests_for(text, chosen, settings.actor, place) for text, place in asked)
    found = {(request.ecosystem, request.name or request.raw, request.version): request for request in requests}
    if not found:
        raise UsageError("there is no name to ask about", "For example: slopguard ask flask")
    return list(found.values())


def _read(file: str) -> Iterator[tuple[str, Location]]:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as why:
        problem = PROBLEMS.get(type(why), "it cannot be read")
        raise InputError(f"--from-file {shown(file)}: {problem}", "Check its path") from None
    return lines_of(raw, file)


def _print(verdicts: Sequence[Verdict], settings: Settings, form: str) -> None:
    if form == "json":
        from slopguard.reports import json_report

        click.echo(json_report.report(verdicts, enforced=settings.mode is not Mode.OBSERVE))
        return
    from slopguard.reports import text

    click.echo("\n".join(text.report(verdicts, colour=colourful())))


def _asked_twice(requests: Sequence[Request]) -> bool:
    """Whether one and the same word was judged in both ecosystems."""
    seen = {(request.ecosystem, request.raw) for request in requests}
    return any(ecosystem is Ecosystem.PYPI and (Ecosystem.NPM, raw) in seen for ecosystem, raw in seen)
