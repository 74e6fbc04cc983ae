"""Which indexes a served gate has routes for, each under a key that people can read and write into a file.

The settings come first (`[upstream]` the default one of each ecosystem, `[serve] indexes` further ones), then what pip
and npm of the server's own account are configured for. Invariants: the same settings give the same keys; an index under
`[serve] own_login` is asked with the login of whoever asks, never with one of the server's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from slopguard.clients import client_for
from slopguard.clients.applied import applied, marked, under
from slopguard.clients.sources import canonical, netrc_credentials
from slopguard.config import Settings
from slopguard.config.settings import ServedIndex
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials, Index, IndexKind, without_credentials
from slopguard.model import Ecosystem, Layer

MAIN = "main"
_ASKED = {"pip": ("install",), "npm": ("install",)}
"""A command that uses the indexes, of each client whose configuration counts."""


def served(settings: Settings, clients: Mapping[str, Sequence[str]], env: Mapping[str, str]) -> tuple[Index, ...]:
    """Every index with a route, its key set; the default one of each ecosystem first.

    Args:
        clients: how pip and npm are started.
        env: the server's own.

    Raises:
        ConfigError: there is none at all, or a client's configuration cannot be read.
    """
    found: list[Index] = []
    for name, ecosystem in (("pip", Ecosystem.PYPI), ("npm", Ecosystem.NPM)):
        own = [*_main(ecosystem, settings, env), *_further(ecosystem, settings, env)]
        known = {canonical(index.url) for index in own}
        more = [index for index in _configured(name, clients, settings, env) if canonical(index.url) not in known]
        has_main = any(index.kind is IndexKind.DEFAULT for index in own)
        found += own + [index for index in more if not (has_main and index.kind is IndexKind.DEFAULT)]
    if not found:
        raise ConfigError(
            "there is no index to serve", "Set [upstream.pypi] url or [upstream.npm] url, or install pip or npm"
        )
    return _keyed(found)


def with_login(indexes: Iterable[Index], settings: Settings, login: Credentials | None) -> tuple[Index, ...]:
    """The indexes for one caller: those under `[serve] own_login` with the caller's login and no other."""
    return tuple(
        replace(index, credentials=login, ask=None) if under(index.url, settings.serve_own_login) else index
        for index in indexes
    )


def _main(ecosystem: Ecosystem, settings: Settings, env: Mapping[str, str]) -> list[Index]:
    setting = settings.upstream.get(ecosystem)
    if setting is None or setting.url is None:
        return []
    return [_index(ServedIndex(ecosystem, MAIN, setting.url), IndexKind.DEFAULT, settings, env)]


def _further(ecosystem: Ecosystem, settings: Settings, env: Mapping[str, str]) -> list[Index]:
    mine = [each for each in settings.serve_indexes if each.ecosystem is ecosystem]
    return [_index(each, IndexKind.SCOPE if each.scope else IndexKind.EXTRA, settings, env) for each in mine]


def _index(each: ServedIndex, kind: IndexKind, settings: Settings, env: Mapping[str, str]) -> Index:
    login = netrc_credentials(each.url, env)
    setting = settings.upstream.get(each.ecosystem)
    index = Index(
        ecosystem=each.ecosystem,
        key=each.key,
        url=each.url,
        kind=kind,
        layer=Layer.ACCEPTED,
        name=each.scope or None,
        curated=kind is IndexKind.DEFAULT and setting is not None and setting.curated,
        credentials=login,
        named="slopguard.toml",
    )
    return marked(index, settings)


def _configured(
    name: str, clients: Mapping[str, Sequence[str]], settings: Settings, env: Mapping[str, str]
) -> tuple[Index, ...]:
    """What a client of the server's account is configured for; no folder that a variable names for this machine."""
    command = clients.get(name)
    if command is None:
        return ()
    client = client_for(name)
    call = client.parse(name, _ASKED[name], Path("/"), env)
    return tuple(index for index in applied(client.indexes(call, command, env), settings, env) if not index.lenient)


def _keyed(indexes: Iterable[Index]) -> tuple[Index, ...]:
    """The indexes, those that only a client is configured for with keys made of their addresses."""
    taken: dict[tuple[Ecosystem, str], str] = {}
    found = []
    for index in indexes:
        key = index.key if index.named == "slopguard.toml" else _readable(index)
        if taken.setdefault((index.ecosystem, key), index.url) != index.url:
            key = f"{key}-{index.key}"
        found.append(replace(index, key=key))
    return tuple(found)


def _readable(index: Index) -> str:
    if index.kind is IndexKind.DEFAULT:
        return MAIN
    if index.kind is IndexKind.SCOPE and index.name:
        return _word(index.name)
    parts = urlsplit(without_credentials(index.url))
    return _word(f"{parts.hostname or ''} {parts.path.rstrip('/').removesuffix('/simple')}") or "links"


def _word(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:60].strip("-")
