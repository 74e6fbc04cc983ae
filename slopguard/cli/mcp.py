"""`slopguard mcp`: a door for agents that speak the Model Context Protocol, and what such servers are set up here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from slopguard.cli.app import config_of
from slopguard.cli.lazy import LazyGroup
from slopguard.errors import UsageError

if TYPE_CHECKING:
    from slopguard.agents.mcp.calls import Serving

SUBCOMMANDS = {
    "inventory": (
        "slopguard.cli.mcp_inventory:inventory",
        "Every MCP server set up here: what it runs, what it is given.",
    ),
    "serve": ("slopguard.cli.mcp:serve", "The MCP server: what may be installed, asked by agents."),
}
LEAST, BELOW = (2, 1), (3,)
"""Versions of the package `mcp`."""
INSTALL = "Run: pip install 'slopguard[mcp]'"


@click.group(cls=LazyGroup, table=SUBCOMMANDS, epilog="Example: slopguard mcp serve")
def mcp() -> None:
    """The server for agents that speak MCP, and the inventory of the MCP servers that are set up here."""


@click.command(epilog="Example: slopguard mcp serve --http 8765 --token-file ~/.config/slopguard/mcp.token")
@click.option("--http", metavar="[HOST:]PORT", help="Over HTTP at /mcp; on this machine only unless there is a token.")
@click.option("--stdio", is_flag=True, help="Over standard input and output (as agents start it; the default).")
@click.option(
    "--token-file", type=click.Path(path_type=Path), metavar="FILE", help="With --http: the bearer token asked for."
)
@click.option("--offline", is_flag=True, help="Ask no index.")
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def serve(
    ctx: click.Context, http: str | None, stdio: bool, token_file: Path | None, offline: bool, config: Path | None
) -> int:
    """Serve check_packages, suggest_alternatives, explain_verdict and request_review to agents.

    Everything asked is judged as an agent's question in the folder it is started in, and is in the ledger before it is
    answered. Nothing can be let through from here.
    """
    if http is not None and stdio:
        raise UsageError("--http and --stdio exclude each other", "Leave one out")
    if token_file is not None and http is None:
        raise UsageError("--token-file goes with --http", "For example: --http 8765")
    _installed()
    serving = _serving(config_of(ctx, config), offline=offline)
    if http is None:
        from slopguard.agents.mcp.server import serve_stdio

        serve_stdio(serving)
    else:
        from slopguard.agents.mcp.http import Place, serve_http, token_of

        serve_http(serving, Place.of(http), token_of(token_file) if token_file is not None else None)
    return 0


def _serving(config: Path | None, *, offline: bool) -> Serving:
    import logging
    import os

    from slopguard.agents.mcp.calls import Reports, Serving
    from slopguard.reports import json_report, text

    if not os.environ.get("SLOPGUARD_DEBUG"):  # what the server's packages log may hold what a client sent
        logging.disable(logging.CRITICAL)
    return Serving(Reports(json_report.result, text.report), os.urandom(8).hex(), config, offline)


def _installed() -> None:
    """Make sure that the package is there, in a version whose server tells no client what went wrong inside.

    Raises:
        UsageError: it is not.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("mcp")
    except PackageNotFoundError:
        raise UsageError("the package mcp is not installed", INSTALL) from None
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    if not LEAST <= numbers < BELOW:
        raise UsageError("the package mcp is installed in a version that does not fit", INSTALL)
