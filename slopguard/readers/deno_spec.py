"""Deno's module specifiers: `npm:name@range/path`, `jsr:@scope/name`, addresses, files.

Invariants: pure; what comes from JSR is of a registry that slopguard does not know; an address is a place outside every
registry, whoever serves it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from slopguard.model import Ecosystem, Location, Sighting
from slopguard.readers import places, spec

_NPM = re.compile(r"npm:/?(?P<name>@[^/@]+/[^/@]+|[^/@]+)?(?:@(?P<range>[^/]*))?(?:/.*)?", re.DOTALL)
_REMOTE = re.compile(r"https?://", re.IGNORECASE)
_ROOT = re.compile(r"(https?://[^/]+)/((?:[^@?#]*@[^/?#]+)?)", re.IGNORECASE)


def is_jsr(text: str) -> bool:
    """Whether a specifier is of JSR."""
    return text.startswith("jsr:")


def sighting(text: str, base: Path, location: Location, group: str) -> Sighting | None:
    """The package or address that a specifier brings in; `None` for files, Node's own modules, JSR."""
    if text.startswith("npm:"):
        found = _NPM.fullmatch(text)
        name = found["name"] if found else None
        made = spec.npm_entry(name or places.masked(text), (found["range"] or "") if found else "", base)
        made = replace(made, location=location)
    elif _REMOTE.match(text):
        name, version = places.guess(text)
        made = Sighting(
            Ecosystem.NPM, name, "", version, source=places.url_source(text), location=location, extra={"unnamed": "1"}
        )
    else:
        return None
    return replace(made, extra={**made.extra, "group": group})


def root(url: str) -> str:
    """What many addresses have in common: the host, with the path up to a part that names a version."""
    found = _ROOT.match(places.clean(url))
    return found[0].rstrip("/") if found else places.clean(url)
