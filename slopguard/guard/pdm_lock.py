"""Addresses in pdm.lock and pylock.toml: pdm fetches a file from the one that stands there (strategy `static_urls`).

A package that came from an index has its name and the addresses of its files, but not its index: where several are in
use, it is the one at whose host the file lies, else the default one. Pure text in, text out; a package with a place of
its own (a URL, a repository) stays as it is: it was judged as that.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from slopguard.guard.addresses import Addresses
from slopguard.indexes import Index, IndexKind, origin
from slopguard.model import Ecosystem

_PACKAGE = re.compile(r"^\[\[(?:package|packages)\]\]\s*$", re.MULTILINE)
_NAME = re.compile(r"""^name = ["']([^"']+)["']""", re.MULTILINE)
_PLACES = {
    "package": re.compile(r"^(?:url|git|hg|svn|bzr|path)\s*=", re.MULTILINE),
    "packages": re.compile(r"^\[packages\.(?:vcs|archive|directory)\]|^(?:vcs|archive|directory)\s*=", re.MULTILINE),
}
"""What gives a package a place of its own, in pdm.lock and in pylock.toml."""
_FILE = re.compile(r"""((?:[{,\s]|^)url\s*=\s*["'])(https?://[^"']+)(["'])""")
_ROWS = re.compile(r'(?:^ +\{url = "[^"]*", hash = "[^"]*"\},?\n)+', re.MULTILINE)


def forward(addresses: Addresses, text: str) -> str:
    """The lock file with the gate's addresses."""
    starts = [found.start() for found in _PACKAGE.finditer(text)]
    parts = [text[: starts[0]] if starts else text]
    for at, start in enumerate(starts):
        parts.append(_package(addresses, text[start : starts[at + 1] if at + 1 < len(starts) else len(text)]))
    return "".join(parts)


def tidied(addresses: Addresses, text: str) -> str:
    """The lock file with the files of each package in pdm's order: by their addresses, the gate's were others."""
    return _ROWS.sub(lambda rows: "".join(sorted(rows[0].splitlines(keepends=True), key=_order)), text)


def _order(row: str) -> tuple[str, ...]:
    return tuple(re.findall(r'"([^"]*)"', row))


def _package(addresses: Addresses, text: str) -> str:
    """One package's entry."""
    name = _NAME.search(text)
    kind = "packages" if text.startswith("[[packages") else "package"
    if name is None or _PLACES[kind].search(text):
        return text

    def change(found: re.Match[str]) -> str:
        index = _index(addresses, found[2])
        if index is None:
            return found[0]
        file = quote(unquote(urlsplit(found[2]).path.rpartition("/")[2]), safe="!+@~-._")
        gate = f"{addresses.base}/pypi/{index.key}/files/{name[1]}/{file}"
        return found[1] + addresses.remember(gate, found[2]) + found[3]

    return _FILE.sub(change, text)


def _index(addresses: Addresses, url: str) -> Index | None:
    """The index that a file came from, as far as its address tells."""
    mine = [index for index in addresses.indexes if index.ecosystem is Ecosystem.PYPI]
    same = (index for index in mine if origin(index.url) == origin(url))
    default = (index for index in mine if index.kind is IndexKind.DEFAULT)
    return next(same, None) or next(default, None) or (mine[0] if mine else None)
