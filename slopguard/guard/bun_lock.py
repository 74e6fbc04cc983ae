"""Addresses in bun.lock: the second text of a package's entry, empty where it is the built-in registry's.

Invariants: only the value of an address changes; an entry is found however it is laid out or commented; bun writes
an empty text for the built-in registry whichever one is configured, and so does `tidied`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from slopguard.clients.sources import canonical
from slopguard.guard.addresses import Addresses, npm_index
from slopguard.readers.text import plain_json

_TARBALL = re.compile(r"/(?P<name>(?:@[^/]+/)?[^/@]+)/-/(?P<file>[^/]+)$")
_ENTRY = re.compile(r'\[\s*"(?:[^"\\\n]|\\.)*"\s*,\s*("(?:[^"\\\n]|\\.)*")(?=\s*,)')


def forward(addresses: Addresses, text: str) -> str:
    """The text with the gate's address for every package of a registry."""

    def gate(address: str) -> str:
        found = _TARBALL.search(unquote(urlsplit(address).path))
        index = npm_index(addresses.indexes, found["name"]) if found else None
        if found is None or index is None or not address.startswith(("http://", "https://")):
            return address
        return addresses.remember(f"{addresses.base}/npm/{index.key}/{found['name']}/-/{found['file']}", address)

    return _changed(text, gate)


def tidied(addresses: Addresses, text: str) -> str:
    """The text as bun writes it by itself: no address where it is the built-in registry's."""

    def shortened(address: str) -> str:
        builtin = any(canonical(address).startswith(f"{own}/") for own in addresses.mapped) if address else False
        return "" if builtin else address

    return _changed(text, shortened)


def _changed(text: str, change: Callable[[str], str]) -> str:
    """The text with the address of every entry changed by `change(ADDRESS)`."""
    parts, done = [], 0
    for found in _ENTRY.finditer(plain_json(text)):
        try:
            before = json.loads(found[1])
            after = change(before)
        except ValueError:
            continue
        if after != before:
            parts += [text[done : found.start(1)], json.dumps(after, ensure_ascii=False)]
            done = found.end(1)
    return "".join([*parts, text[done:]])
