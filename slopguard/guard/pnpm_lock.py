"""`pnpm-lock.yaml` with the gate's addresses: pnpm fetches a package from its `tarball`, where that is recorded.

Pure text in, text out; see `addresses` for what holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from slopguard.guard.addresses import Addresses, npm_index
from slopguard.readers.pnpm_lock import split
from slopguard.readers.spec import npm_version
from slopguard.registries.npm.names import mirrored

_KEY = re.compile(r"""^  (?:'([^'\n]+)'|"([^"\n]+)"|([^\s'"][^\n]*?)):\s*$""")
_TARBALL = re.compile(r"""(\btarball:\s*['"]?)(https?://[^\s'",}]+)""")


def forward(addresses: Addresses, text: str) -> str:
    """The text with the gate's addresses."""
    lines, name, version = [], "", ""
    for line in text.splitlines(keepends=True):
        if key := _KEY.match(line):
            name, version = split(next(filter(None, key.groups())))
            name = name if npm_version(version) else ""
        lines.append(_TARBALL.sub(_served(addresses, name, f"{name.rpartition('/')[2]}-{version}.tgz"), line))
    return "".join(lines)


def _served(addresses: Addresses, name: str, file: str) -> Callable[[re.Match[str]], str]:
    """Where the gate serves a tarball, under its usual name; an address that is no registry's stays."""

    def change(found: re.Match[str]) -> str:
        index = npm_index(addresses.indexes, name) if name else None
        if index is None:
            return found[0]
        gate = f"{addresses.base}/npm/{index.key}/{name}/-/"
        query = mirrored(found[2], f"{index.url.rstrip('/')}/{name}/-/", file).removeprefix(file)
        served = addresses.remember(gate + file, found[2])
        return found[1] + (served + query if served.startswith(gate) else served)

    return change
