"""The indexes that a command line, or a variable set before it, names.

Invariants: pure; an address leaves this module without credentials; a folder is no index; one that holds an unknown
part is told apart, never taken for an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from slopguard.clients.interface import Invocation
from slopguard.commands.words import BLANK, SPECIAL
from slopguard.model import Ecosystem, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places

NOWHERE = Path("/proc/none/of/these/folders/is/on/any/disk")
"""Where every command line is read: nothing can be there."""
_VARIABLES = {
    Ecosystem.PYPI: {
        "PIP_INDEX_URL": "default",
        "PIP_EXTRA_INDEX_URL": "extra",
        "PIP_FIND_LINKS": "find-links",
        "UV_INDEX_URL": "default",
        "UV_DEFAULT_INDEX": "default",
        "UV_INDEX": "extra",
        "UV_EXTRA_INDEX_URL": "extra",
        "UV_FIND_LINKS": "find-links",
        "PIPENV_PYPI_MIRROR": "default",
        "PDM_PYPI_URL": "default",
    },
    Ecosystem.NPM: {
        "NPM_CONFIG_REGISTRY": "default",
        "YARN_REGISTRY": "default",
        "YARN_NPM_REGISTRY_SERVER": "default",
        "BUN_CONFIG_REGISTRY": "default",
        "COREPACK_NPM_REGISTRY": "default",
    },
}
"""Variable, as npm and pip spell it in capitals, to the part that the index plays."""
_CLIENTS = {
    "PIP": ("pip", "pipx", "pipenv", "pip-compile", "pip-sync", "easy_install", "poetry", "pdm"),
    "UV": ("uv", "uvx"),
}
"""Prefix of a variable -> the clients that obey it; every other prefix counts for every client."""
_NAMED = regex(r"[A-Za-z0-9_.-]+=(?=[a-z+]+://)")
_SCOPE = regex(r"npm_config_(@[^:]+):registry", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """An index.

    Args:
        url: without credentials.
        kind: `default`, `extra`, `find-links`, `named`, `scope`.
        name: the index's name or npm scope.
        unclear: the address is not known.
    """

    url: str
    kind: str
    name: str | None = None
    unclear: bool = False


def flags(call: Invocation) -> Iterator[Address]:
    """The indexes that a command line names."""
    for index in call.indexes:
        yield from _address(index.url, str(index.kind), index.name)


def variables(ecosystem: Ecosystem, client: str, env: Mapping[str, str]) -> Iterator[Address]:
    """The indexes that variables name."""
    for name, value in env.items():
        kind = _VARIABLES[ecosystem].get(name.upper())
        scope = _SCOPE.fullmatch(name)
        obeyed = _CLIENTS.get(name.partition("_")[0])
        if obeyed and not client.startswith(obeyed):
            continue
        for word in value.split() if kind or scope else ():
            yield from _address(_NAMED.sub("", word), "scope" if scope else kind or "", scope[1] if scope else None)


def sourced(sighting: Sighting, addresses: Iterable[Address]) -> Sighting:
    """A package with the indexes that it may come from: that of its scope, else all that are named."""
    addresses = list(addresses)
    own = [each for each in addresses if each.kind == "scope" and sighting.raw.startswith(f"{each.name}/")]
    urls = [each.url for each in own[:1] or addresses if own or each.kind != "scope"]
    if not urls:
        return sighting
    extra = {"indexes": " ".join(urls[1:])} if urls[1:] else {}
    source = Source(SourceKind.REGISTRY, urls[0], trusted=False)
    return replace(sighting, source=source, extra={**sighting.extra, **extra})


def _address(url: str, kind: str, name: str | None) -> Iterator[Address]:
    """An address, unless it is a folder or a placeholder."""
    text = unquote(places.clean(url))
    text = text.removeprefix(f"file://{NOWHERE}/")
    if BLANK in text or not text:
        return
    if SPECIAL.search(text):
        yield Address("", kind, name, unclear=True)
    elif "://" in text and not text.startswith("file:"):
        yield Address(places.clean(url), kind, name)
