"""Deno's module specifiers: `npm:name@range/path`, `jsr:@scope/name`, addresses, files.

Invariants: pure; what comes from JSR is of a registry that slopguard does not know; an address is a place outside every
registry, whoever serves it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from slopguard.model import Ecosystem, Location, Sighting
from slopguard.patterns import regex
from slopguard.readers import places, spec

_IGNORED = regex(r"^[\0- ]+|[\t\n\r]+|[\0- ]+$")
"""What is no part of an address, wherever it stands in its text."""
_SCHEME = regex(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NPM = regex(r"npm:/?(?P<name>@[^/@]+/[^/@]+|[^/@]+)?(?:@(?P<range>[^/]*))?(?:/.*)?", re.DOTALL)
_REMOTE = regex(r"https?://", re.IGNORECASE)
_ROOT = regex(r"(https?://[^/]+)/((?:[^@?#]*@[^/?#]+)?)", re.IGNORECASE)


def plain(text: str) -> str:
    """A specifier as Deno understands it, which reads one as browsers read an address."""
    text = _IGNORED.sub("", text)
    found = _SCHEME.match(text)
    return found[0].lower() + text[found.end() :] if found else text


def is_jsr(text: str) -> bool:
    """Whether a plain specifier is of JSR."""
    return text.startswith("jsr:")


def sighting(text: str, base: Path, location: Location, group: str) -> Sighting | None:
    """The package or address that a plain specifier brings in; `None` for files, Node's own modules, JSR."""
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
