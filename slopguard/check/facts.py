"""Asking a client's own indexes about names, for commands that start no client.

Invariants: exactly the indexes that pip (or uv) and npm are configured for in this folder are asked; whatever goes
wrong with one of them is a fact (`down`, `auth`), so that the judge answers "could not verify", never an allow.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.config import Settings
from slopguard.errors import EnvironmentFailed, UsageError
from slopguard.model import REGISTRY, Ecosystem, Request, Source, SourceKind
from slopguard.names import matches

if TYPE_CHECKING:
    from slopguard.clients.interface import Client
    from slopguard.indexes import Index
    from slopguard.model import Facts


def indexes_of(ecosystem: Ecosystem, settings: Settings, cwd: Path) -> tuple[Index, ...]:
    """The indexes that the ecosystem's client would use in `cwd`, with slopguard's own settings applied.

    Raises:
        EnvironmentFailed: no such client is installed.
        ConfigError: its configuration cannot be read.
    """
    from slopguard.clients.applied import applied
    from slopguard.guard import find

    env, known = dict(os.environ), _clients(ecosystem)
    for name, client in known.items():
        try:
            command = find.command(name, env)
        except UsageError:
            continue
        words = ["pip", "install"] if name == "uv" else ["install"]
        return applied(client.indexes(client.parse(name, words, cwd, env), command, env), settings, env)
    own = _own(ecosystem, settings, env)
    if own:
        return own
    names = " or ".join(known)
    raise EnvironmentFailed(f"no {names} is installed, so its index cannot be asked", "Install it, or add --offline")


def _own(ecosystem: Ecosystem, settings: Settings, env: dict[str, str]) -> tuple[Index, ...]:
    """The index that the settings name for an ecosystem whose client is not installed here."""
    from slopguard.clients.applied import applied
    from slopguard.clients.sources import key_of, netrc_credentials, url_credentials
    from slopguard.indexes import Index, IndexKind, without_credentials
    from slopguard.model import Layer

    setting = settings.upstream.get(ecosystem)
    if setting is None or setting.url is None:
        return ()
    url, found = without_credentials(setting.url), url_credentials(setting.url) or netrc_credentials(setting.url, env)
    index = Index(ecosystem, key_of(url), url, IndexKind.DEFAULT, Layer.ACCEPTED, credentials=found)
    return applied((index,), settings, env)


def _clients(ecosystem: Ecosystem) -> dict[str, Client]:
    """The clients of an ecosystem that are asked, the first that is installed; no others are imported."""
    if ecosystem is Ecosystem.NPM:
        from slopguard.clients.npm import Npm

        return {"npm": Npm()}
    from slopguard.clients.pip import Pip
    from slopguard.clients.uv import Uv

    return {"pip": Pip(), "uv": Uv()}


def with_source(request: Request, settings: Settings, indexes: Sequence[Index] = ()) -> Request:
    """The request, for an internal name, as it will be made: of the private index, if there is one."""
    globs = settings.internal.get(request.ecosystem, ())
    if request.name is None or not globs or not matches(globs, request.name):
        return request
    has_private = any(index.private for index in indexes) if indexes else bool(settings.private_indexes)
    return replace(request, source=Source(private=has_private))


def as_written(request: Request, recorded: str | None, settings: Settings) -> Request:
    """The same for what a file asks for: of an internal name only one that the file asks the client's indexes for.

    Args:
        recorded: the index or address that the file says.
    """
    from slopguard.clients.applied import under

    if request.name is None or not matches(settings.internal.get(request.ecosystem, ()), request.name):
        return request
    if recorded is None:
        return with_source(request, settings) if request.source == REGISTRY else request
    if request.source.kind is SourceKind.REGISTRY and under(recorded, settings.private_indexes):
        return replace(request, source=Source(private=True))
    return replace(request, source=Source(index=recorded)) if request.source == REGISTRY else request


def fetch(
    requests: Sequence[Request], indexes: Sequence[Index], settings: Settings, done: Callable[[], None]
) -> list[Facts]:
    """The facts on each request, in their order.

    Args:
        done: called after each answer, for a progress display.
    """
    import asyncio

    return asyncio.run(_fetch(requests, indexes, settings, done))


async def _fetch(
    requests: Sequence[Request], indexes: Sequence[Index], settings: Settings, done: Callable[[], None]
) -> list[Facts]:
    from slopguard.registries.pool import Upstreams
    from slopguard.registries.several import facts_on

    async with Upstreams(indexes, settings) as upstreams:
        return await facts_on(requests, upstreams, done)
