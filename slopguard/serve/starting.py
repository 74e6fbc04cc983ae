"""From a command line that was understood to a server that runs."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import replace
from pathlib import Path

from slopguard.errors import UsageError
from slopguard.serve import indexes, runs
from slopguard.serve.certificate import context_of
from slopguard.serve.logs import Log, take_over
from slopguard.serve.options import Options, settings_of
from slopguard.serve.places import Place
from slopguard.serve.supervisor import Supervisor, fetch
from slopguard.store.db import account_key


def start(place: Place, options: Options, tokens: str) -> int:
    """Serve until a signal comes; the exit code.

    Raises:
        UsageError: it cannot listen there.
        ConfigError: settings, indexes or certificate cannot be used.
        StoreError: `SLOPGUARD_HOME` cannot be written.
    """
    if os.name != "posix":
        raise UsageError("serve runs on Linux and macOS", "Use another machine for the gate")
    options, log = replace(options, tokens=tokens), Log(options.form)
    settings = settings_of(options, os.environ)
    context_of(options.tls)
    take_over(log)
    account_key(settings.account or settings.home)  # made by one process, before several would
    fetch(options, log)
    routes = indexes.served(settings, options.clients, os.environ)
    with runs.folder(settings.home) as run, place.listen() as listening:
        scheme = "https" if options.tls else "http"
        at = replace(place, port=listening.getsockname()[1])
        log("listening", address=f"{scheme}://{at.shown}", tokens=bool(tokens), workers=options.workers)
        for index in routes:
            slash = "simple/" if index.ecosystem.value == "pypi" else ""
            path = f"/{index.ecosystem.value}/{index.key}/{slash}"
            log("route", path=path, index=index.url, trusted=index.trusted)
        return asyncio.run(_supervised(options, listening, run, log))


async def _supervised(options: Options, listening: socket.socket, run: Path, log: Log) -> int:
    return await Supervisor(options, listening, run, log).supervise()
