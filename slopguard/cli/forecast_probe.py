"""`slopguard forecast probe URL`: what a server of models is, and what it does."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slopguard.cli.app import common
from slopguard.errors import UpstreamError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from slopguard.forecast.campaign.openai import Key
    from slopguard.forecast.engines.probed import Probed

SCHEMA = "slopguard/probe/1"
_EXAMPLE = "For example: slopguard forecast probe http://127.0.0.1:8080"
_PART = 10
"""Of a bar's length, that one question takes: each may take seconds with a large model."""


@click.command(epilog="Example: slopguard forecast probe http://127.0.0.1:8080")
@click.argument("url", metavar="URL")
@click.option("--model", metavar="NAME", help="Which of its models; may be left out where it has one.")
@click.option("--draft-model", metavar="NAME", help="The drafter, on servers whose requests name it (LM Studio).")
@click.option("--key-from", metavar="VARIABLE", help="The environment variable that holds the server's key.")
@click.option("--allow-remote", is_flag=True, help="The server may be on another machine.")
@common
def probe(
    url: str,
    model: str | None,
    draft_model: str | None,
    key_from: str | None,
    allow_remote: bool,
    config: Path | None,
    form: str,
) -> int:
    """Ask a server which engine it is and whether it speculates, by a dozen short requests.

    Also whether its log-probabilities can be trusted, how many completions one request may ask for, whether answers
    keep to a schema, and whether a request can go without speculation. Ends with 4 where it does not become clear
    whether the server speculates.
    """
    from slopguard.forecast.engines.probe import STEPS
    from slopguard.forecast.engines.probe import probe as ask
    from slopguard.forecast.engines.probed import as_json, lines
    from slopguard.progress import advancing

    with advancing(STEPS * _PART, "asking the server") as advance:
        key, step = _key(key_from), partial(advance, _PART)
        found = _in_words_of_this(lambda: ask(url, model, draft_model, remote=allow_remote, key=key, step=step))
    if form == "json":
        print(json.dumps({"schema": SCHEMA, **as_json(found)}, indent=1))
    else:
        print("\n".join(lines(found)))
    return found.code


def _in_words_of_this(ask: Callable[[], Probed]) -> Probed:
    """What `ask` gives, or its error with what to do next here: the client's own hints are about campaigns."""
    try:
        return ask()
    except UpstreamError as why:
        if "--resume" not in why.hint:
            raise
        raise UpstreamError(str(why), "Start it, or name the address where it listens") from None
    except UsageError as why:
        if not str(why).startswith("--server"):
            raise
        raise UsageError(str(why).replace("--server", "URL", 1), _EXAMPLE) from None


def _key(variable: str | None) -> Key | None:
    """The API key in a variable.

    Raises:
        UsageError: it holds none, or none that a header can carry.
    """
    from slopguard.forecast.campaign.openai import Key

    if variable is None:
        return None
    value = os.environ.get(variable, "").strip()
    if len(value) < 8 or not value.isascii() or not value.isprintable() or " " in value:
        raise UsageError("the variable that --key-from names holds no key", "Export the key in it first")
    return Key(value)
