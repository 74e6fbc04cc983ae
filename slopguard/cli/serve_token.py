"""`slopguard serve token`: who may use the gate for a team."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from slopguard.cli.app import common, config_of
from slopguard.errors import UsageError
from slopguard.model import Actor

_FILE = click.option("--tokens", type=click.Path(path_type=Path), metavar="FILE", help="The token file.")


@click.group(epilog="Example: slopguard serve token add ci-main --actor ci")
def token() -> None:
    """Make, list and revoke tokens; a running server takes note at once."""


@token.command(epilog="Example: slopguard serve token add ana --actor human")
@click.argument("name")
@click.option(
    "--actor", type=click.Choice([actor.value for actor in Actor]), default=Actor.CI.value, show_default=True,
    help="Who asks with it.",
)  # fmt: skip
@_FILE
@common
@click.pass_context
def add(ctx: click.Context, name: str, actor: str, tokens: Path | None, config: Path | None, form: str) -> int:
    """Make a token for NAME and show it, once."""
    from slopguard.config.actors import agent_ancestor, marked
    from slopguard.serve import tokens as file

    if not file.NAME.fullmatch(name):
        raise UsageError("a token's name is up to 40 small letters, digits, - and _", "For example: ci-main")
    if actor != Actor.AGENT and (marked(os.environ) or agent_ancestor()):
        said = "an agent can make tokens for agents only"
        raise UsageError(said, f"Ask the user to run: slopguard serve token add {name} --actor {actor}")
    path = _path(ctx, tokens, config)
    secret = file.add(path, name, Actor(actor))
    _written_down(ctx, config, "made", name)
    if form == "json":
        print(json.dumps({"name": name, "actor": actor, "token": secret}))
        return 0
    print(f"{name} ({actor}), shown this once: {secret}")
    print(f"pip, uv:  https://{name}:{secret}@HOST:PORT/pypi/main/simple/ as index-url")
    print(f"npm:      registry=https://HOST:PORT/npm/main/ and //HOST:PORT/npm/main/:_authToken={name}.{secret}")
    return 0


@token.command("list", epilog="Example: slopguard serve token list")
@_FILE
@common
@click.pass_context
def show(ctx: click.Context, tokens: Path | None, config: Path | None, form: str) -> int:
    """List the tokens: name, who asks with it, since when."""
    from slopguard.serve import tokens as file

    known = file.read(_path(ctx, tokens, config)).all
    if form == "json":
        rows = [{"name": each.name, "actor": each.actor.value, "made": each.made} for each in known]
        print(json.dumps({"tokens": rows}))
        return 0
    for each in known:
        print(f"{each.name:40} {each.actor.value:6} {each.made}")
    if not known:
        print("slopguard: there are no tokens. Next: slopguard serve token add NAME")
    return 0


@token.command(epilog="Example: slopguard serve token revoke ci-main")
@click.argument("name")
@_FILE
@common
@click.pass_context
def revoke(ctx: click.Context, name: str, tokens: Path | None, config: Path | None, form: str) -> int:
    """Take a token away: no request that comes from now on is let in with it."""
    from slopguard.serve import tokens as file

    file.revoke(_path(ctx, tokens, config), name)
    _written_down(ctx, config, "revoked", name)
    print(json.dumps({"revoked": name}) if form == "json" else f"slopguard: the token '{name}' is revoked.")
    return 0


def _path(ctx: click.Context, named: Path | None, config: Path | None) -> Path:
    from slopguard.serve.options import Options, usual_tokens

    file = config_of(ctx, config)
    if named is not None:
        return named.absolute()
    options = Options(config=str(file.absolute()) if file else "")
    return usual_tokens(options, os.environ)


def _written_down(ctx: click.Context, config: Path | None, what: str, name: str) -> None:
    """Write to the ledger that a token was made or revoked."""
    from slopguard.config import load
    from slopguard.store import acts

    settings = load(Path("/"), os.environ, None, config_of(ctx, config))
    acts.record(settings, "serve", what, "token", f"token:{name}", f"slopguard serve token ({what}) {name}")
