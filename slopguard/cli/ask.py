"""`slopguard ask`: the verdict for names, before anybody installs them."""

from __future__ import annotations

from pathlib import Path

import click

from slopguard.cli.answering import Asked, answer
from slopguard.cli.app import common, config_of
from slopguard.model import Ecosystem


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
    return answer(Asked(names, ecosystem, file, offline, fail_on, config_of(ctx, config), form))
