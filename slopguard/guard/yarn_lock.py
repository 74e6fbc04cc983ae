"""`yarn.lock` with the gate's addresses: yarn 1 fetches what `resolved` says; later yarns an `__archiveUrl`, if any.

Pure text in, text out; see `addresses` for what holds.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from slopguard.guard.addresses import Addresses, npm_index

_RESOLVED = re.compile(r'^(  "?resolved"?:? ")(https?://[^"#]+)', re.MULTILINE)
_ARCHIVE = re.compile(r"((@[^/@\s\"]+/)?([^/@\s\"]+)@npm:([^:@\s\"]+)::__archiveUrl=)(https?%3A%2F%2F[^\s\"&,]+)")
_TARBALL = re.compile(r"(?:^|/)((?:@[^/]+/)?[^/@]+)/-/[^/]+\.tgz$")


def forward(addresses: Addresses, text: str) -> str:
    """The text with the gate's addresses."""
    text = _RESOLVED.sub(lambda found: found[1] + served(addresses, found[2]), text)
    return _ARCHIVE.sub(lambda found: found[1] + _archive(addresses, found), text)


def served(addresses: Addresses, url: str) -> str:
    """Where the gate serves a tarball; an address that is no registry's stays."""
    path = unquote(urlsplit(url).path)
    found = _TARBALL.search(path)
    index = npm_index(addresses.indexes, found[1]) if found else None
    if found is None or index is None:
        return url
    return addresses.remember(f"{addresses.base}/npm/{index.key}/{found[1]}/-/{path.rpartition('/')[2]}", url)


def _archive(addresses: Addresses, found: re.Match[str]) -> str:
    """The same for an encoded address, whatever its file is called: the package and version stand before it."""
    scope, short, version, encoded = found[2] or "", found[3], found[4], found[5]
    index = npm_index(addresses.indexes, scope + short)
    if index is None or not _TARBALL.search(unquote(urlsplit(unquote(encoded)).path)):
        return encoded
    gate = f"{addresses.base}/npm/{index.key}/{scope}{short}/-/{short}-{version}.tgz"
    return addresses.remember(quote(gate, safe=""), encoded)
