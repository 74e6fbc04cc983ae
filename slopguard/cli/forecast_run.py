"""`slopguard forecast run`: predict the names that models invent, and watch them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.forecasting import MOST, Wanted, run_projects
from slopguard.cli.forecasting import run as run_embedded
from slopguard.errors import UsageError
from slopguard.model import Ecosystem

_OF_SERVERS = {
    "models": "--model",
    "tokens": "--tokens",
    "prompts": "--prompts",
    "allow_remote": "--allow-remote",
    "key_from": "--key-from",
    "resume": "--resume",
    "route": "--route",
    "plain": "--plain",
}
"""Options that make sense with a server only."""


@click.command(epilog="Example: slopguard forecast run    or: slopguard forecast run -e pypi --from . -o names.csv")
@click.option("-e", "--ecosystem", type=click.Choice([eco.value for eco in Ecosystem]), help="Only this ecosystem.")
@click.option("--limit", type=click.IntRange(1, MOST), metavar="N", help="Names; else 10,000 (PyPI) and 100,000 (npm).")
@click.option("-o", "--output", metavar="FILE", help="Write the names there too, as CSV; - is standard output.")
@click.option("--topic", "topics", multiple=True, metavar="TEXT", help="Names for a task in words; may be repeated.")
@click.option("--from", "places", multiple=True, metavar="PATH", help="Names for a project; may be repeated.")
@click.option("--projects", is_flag=True, help="Names for the projects that enable was run in, if they changed.")
@click.option("--no-watch", is_flag=True, help="Leave the watchlist as it is.")
@click.option("--embedded", is_flag=True, help="The forecaster that needs no server: what happens without --server.")
@click.option("--server", "servers", multiple=True, metavar="URL", help="Ask models of an OpenAI-compatible server.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Which of its models; may be repeated.")
@click.option("--tokens", type=click.IntRange(1), metavar="N", help="End when so many tokens are used.")
@click.option("--prompts", metavar="FILE", help="Prompts of your own, one a line.")
@click.option("--resume", is_flag=True, help="Go on with the last campaign where it ended.")
@click.option("--key-from", metavar="VARIABLE", help="The environment variable that holds the server's key.")
@click.option("--route", metavar="FILE", help="Send each kind of request where this bench showed that it goes best.")
@click.option("--plain", metavar="URL", help="With --route: the same model, served without speculation.")
@click.option("--allow-remote", is_flag=True, help="The server may be on another machine.")
@common
@click.pass_context
def run(
    ctx: click.Context,
    /,
    ecosystem: str | None,
    limit: int | None,
    output: str | None,
    topics: tuple[str, ...],
    places: tuple[str, ...],
    projects: bool,
    no_watch: bool,
    embedded: bool,
    config: Path | None,
    form: str,
    **of_servers: Any,
) -> int:
    """Predict names and watch them: should somebody register one, it is refused.

    Without --topic and --from the names of a whole ecosystem; with them 10,000 for each topic and each project, which
    are hit far more often. FILE gets a name a line, best first: name, rank, ecosystem, family, score. A new run takes
    the place of the last one of its kind. Without --server nothing is sent anywhere.
    """
    config = config_of(ctx, config)
    if projects:
        more = (ecosystem, limit, output, topics, places, no_watch, embedded, form != "text", *of_servers.values())
        if any(more):
            raise UsageError("--projects goes with no other option", "Run it by itself, or leave it out")
        return run_projects(config)
    if not of_servers["servers"]:
        _only_with_servers(of_servers)
        return run_embedded(Wanted(ecosystem, limit, output, topics, places, not no_watch, config, form))
    if embedded:
        raise UsageError("--embedded and --server exclude each other", "Leave one of them out")
    from slopguard.cli import forecast_campaign

    said = {"remote" if name == "allow_remote" else name: value for name, value in of_servers.items()}
    wanted: dict[str, Any] = {
        "ecosystem": ecosystem,
        "limit": limit,
        "output": output,
        "topics": topics,
        "places": places,
    }
    return forecast_campaign.run(
        forecast_campaign.Wanted(**said, **wanted, watched=not no_watch, config=config, form=form)
    )


def _only_with_servers(options: dict[str, Any]) -> None:
    for name, option in _OF_SERVERS.items():
        if options[name]:
            raise UsageError(f"{option} needs a server", "Name it: --server http://127.0.0.1:8080")
