"""`slopguard serve`: the gate for a team, on one address, for everybody who has a token."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slopguard.cli.app import config_of
from slopguard.cli.lazy import LazyGroup
from slopguard.errors import UsageError

if TYPE_CHECKING:
    from slopguard.serve.options import Options

SUBCOMMANDS = {"token": ("slopguard.cli.serve_token:token", "Who may use it: make, list and revoke tokens.")}
MOST_WORKERS = 64


@click.group(
    cls=LazyGroup,
    table=SUBCOMMANDS,
    invoke_without_command=True,
    epilog="Example: slopguard serve --listen 0.0.0.0:8443 --tls-cert gate.pem --tls-key gate.key --workers 4",
)
@click.option("--listen", default="127.0.0.1:8766", show_default=True, metavar="HOST:PORT", help="Where; port 0: any.")
@click.option("--tokens", type=click.Path(path_type=Path), metavar="FILE", help="Who may come (see serve token).")
@click.option("--workers", type=click.IntRange(1, MOST_WORKERS), default=1, show_default=True, help="Processes.")
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="Its certificate, chain included.")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="The key of that certificate.")
@click.option("--behind-tls", is_flag=True, help="A proxy in front of it speaks TLS, and nobody gets past that.")
@click.option("--host-name", "names", multiple=True, metavar="NAME", help="A name that it is reached by; repeatable.")
@click.option("--grace", type=click.FloatRange(0, 600), default=30.0, show_default=True, help="Seconds to stop in.")
@click.option(
    "--log-format", type=click.Choice(["json", "text"]), default="json", show_default=True, help="Of its log."
)
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def serve(
    ctx: click.Context,
    listen: str,
    tokens: Path | None,
    workers: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_tls: bool,
    names: tuple[str, ...],
    grace: float,
    log_format: str,
    config: Path | None,
) -> int:
    """Serve the indexes of the settings, or of this account's pip and npm, to whoever has a token.

    Everything asked for is judged and in the ledger before it is answered. Without tokens it listens on this machine
    only; elsewhere it wants tokens and TLS. SIGTERM ends it when running downloads have ended, SIGHUP reads settings,
    lists and certificate again.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    if (tls_cert is None) != (tls_key is None):
        raise UsageError("--tls-cert and --tls-key go together")
    from slopguard.serve.options import Options
    from slopguard.serve.places import Place, check, host_names

    place, file = Place.of(listen), config_of(ctx, config)
    options = Options(
        workers=workers,
        tls=(str(tls_cert.absolute()), str(tls_key.absolute())) if tls_cert and tls_key else None,
        behind_tls=behind_tls,
        host_names=host_names(names),
        config=str(file.absolute()) if file else "",
        form=log_format,
        grace=grace,
        clients=_clients(),
    )
    found = _tokens(options, tokens)
    check(place, tokens=bool(found), tls=options.tls is not None, behind=behind_tls)
    from slopguard.serve.starting import start

    return start(place, options, found)


def _tokens(options: Options, named: Path | None) -> str:
    """The token file: the one that was named, else the usual one if it is there.

    Raises:
        UsageError: the one that was named is not there.
        ConfigError: it cannot be used.
    """
    from slopguard.serve import tokens
    from slopguard.serve.options import usual_tokens

    path = named.absolute() if named else usual_tokens(options, os.environ)
    if not path.exists():
        if named:
            raise UsageError(
                "--tokens names a file that is not there", "Make it: slopguard serve token add NAME --tokens FILE"
            )
        return ""
    tokens.read(path)
    return str(path)


def _clients() -> dict[str, tuple[str, ...]]:
    """How pip and npm of this account are started, of those that are installed."""
    from slopguard.guard import find

    found = {}
    for name in ("pip", "npm"):
        try:
            found[name] = find.command(name, os.environ)
        except UsageError:
            continue
    return found
