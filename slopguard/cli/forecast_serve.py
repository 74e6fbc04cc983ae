"""`slopguard forecast serve MODEL.gguf`: a llama.cpp server for a model in a file, with drafts where it can."""

from __future__ import annotations

import json
import os
import shlex
import socket
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slopguard.cli.app import common, config_of
from slopguard.config import load
from slopguard.errors import UsageError
from slopguard.forecast.serving.keeping import Told
from slopguard.names import shown

if TYPE_CHECKING:
    from slopguard.forecast.serving.fitting import Fit
    from slopguard.forecast.serving.plan import Plan

SCHEMA = "slopguard/model-server/1"
MOST_THREADS = 512
MOST_PARALLEL = 256
MOST_CONTEXT = 4_194_304
"""Times `MOST_PARALLEL` it is still a number that llama.cpp can hold."""

_LONGEST = 4096
"""Of a path that cannot be shown as it is."""


@click.command(epilog="Example: slopguard forecast serve model.gguf --port 8080 --threads 4")
@click.argument("model", metavar="MODEL.gguf", type=click.Path(path_type=Path))
@click.option("--draft", type=click.Path(path_type=Path), metavar="FILE", help="A drafter of its own file.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="On loopback; 0: any.")
@click.option("--threads", type=click.IntRange(1, MOST_THREADS), metavar="N", help="That compute; else half the cores.")
@click.option(
    "--parallel", type=click.IntRange(1, MOST_PARALLEL), default=1, show_default=True, help="Requests at once."
)
@click.option(
    "--context", type=click.IntRange(64, MOST_CONTEXT), metavar="N", help="Tokens of one request; else up to 4,096."
)
@click.option("--ahead", type=click.IntRange(1, 16), default=3, show_default=True, help="Tokens drafted at once.")
@click.option("--sampled-drafts", is_flag=True, help="Draft as answers are sampled: better at temperatures above 0.")
@click.option("--no-speculation", is_flag=True, help="A plain server, to compare with and to route to.")
@click.option("--dry-run", is_flag=True, help="Look at the files and say what would be started.")
@common
@click.pass_context
def serve(
    ctx: click.Context,
    model: Path,
    draft: Path | None,
    port: int,
    threads: int | None,
    parallel: int,
    context: int | None,
    ahead: int,
    sampled_drafts: bool,
    no_speculation: bool,
    dry_run: bool,
    config: Path | None,
    form: str,
) -> int:
    """Serve a model on this machine only, until it is stopped.

    The model drafts for itself where its file still holds the layers for that (NextN); a file's name does not say so,
    this command looks. Needs the extra `slopguard[serve]`. A server that crashes is started again; a file that it
    cannot load ends with one line.
    """
    from slopguard.forecast.serving import fitting, header
    from slopguard.forecast.serving.plan import CONTEXT, Plan, alias

    if draft is not None and no_speculation:
        raise UsageError("--draft and --no-speculation exclude each other", "Leave one of them out")
    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    found = fitting.fit(header.whole(model), header.whole(draft) if draft else None, speculation=not no_speculation)
    plan = Plan(
        str(model.absolute()),
        str(draft.absolute()) if draft else "",
        found.kind,
        alias(model),
        port,
        threads or max(1, (os.cpu_count() or 2) // 2),
        parallel,
        context or min(CONTEXT, found.context or CONTEXT),
        ahead,
        sampled_drafts,
    )
    if found.context and plan.context > found.context:
        raise UsageError(f"--context is more than the {found.context} tokens this model knows", "Take fewer")
    if dry_run:
        _say_plan(plan, found, form)
        return 0
    if find_spec("xllamacpp") is None:
        raise UsageError(
            "serving a model needs what is not installed here", "Install it: pip install 'slopguard[serve]'"
        )
    _check_port(port)
    from slopguard.forecast.serving import keeping

    keeping.keep(plan, settings.home, _Words(plan, form))
    return 0


class _Words(Told):
    """Says what becomes of a server (`keeping.Told`)."""

    def __init__(self, plan: Plan, form: str) -> None:
        self._plan = plan
        self._form = form

    def up(self, url: str, restarts: int) -> None:
        """Where it is."""
        if self._form == "json":
            said = {"schema": SCHEMA, "url": url, "kind": self._plan.kind.value, "restarts": restarts}
            click.echo(json.dumps(said))
            return
        again = " again" if restarts else ""
        click.echo(f"slopguard: serving '{self._plan.alias}'{again} at {url} ({_kind(self._plan)}). Stop it: Ctrl-C")

    def down(self) -> None:
        """It ended by itself."""
        click.echo("slopguard: the model server ended by itself and is started again", err=True)


def _kind(plan: Plan) -> str:
    if plan.kind == "none":
        return "plain, without drafts"
    return f"{plan.kind.value}, {plan.ahead} tokens ahead{', sampled' if plan.sampled else ''}"


def _say_plan(plan: Plan, found: Fit, form: str) -> None:
    if form == "json":
        plan_, fit_ = asdict(plan), asdict(found)
        click.echo(json.dumps({"schema": SCHEMA, "plan": plan_, "model": fit_, "flags": plan.flags()}, indent=1))
        return
    click.echo(f"model       {plan.alias}, architecture {shown(found.arch)}, NextN layers: {found.blocks}")
    click.echo(f"drafts      {_kind(plan)}")
    click.echo(f"requests    {plan.parallel} at once, {plan.context} tokens each; threads: {plan.threads}")
    words = [word if word.isprintable() else shown(word, _LONGEST) for word in plan.flags()]
    click.echo(f"the same    llama-server {shlex.join(words)}")


def _check_port(port: int) -> None:
    """Refuse a port that somebody listens on.

    Raises:
        UsageError: somebody does, or it may not be used.
    """
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as why:
            raise UsageError(
                f"port {port} cannot be had ({type(why).__name__}): is something listening there?",
                "Name another with --port, or 0 for any",
            ) from None
