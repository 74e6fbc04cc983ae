"""`pnpm-lock.yaml` with the gate's addresses: pnpm fetches a package from its `tarball`, where that is recorded.

Pure text in, text out; see `addresses` for what holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from slopguard.guard.addresses import Addresses, npm_index
from slopguard.readers.pnpm_lock import split
from slopguard.readers.spec import npm_version

_KEY = re.compile(r"""^  (?:'([^'\n]+)'|"([^"\n]+)"|([^\s'"][^\n]*?)):\s*$""")
_TARBALL = re.compile(r"""(\btarball:\s*['"]?)(https?://[^\s'",}]+)""")


def forward(addresses: Addresses, text: str) -> str:
    """The text with the gate's addresses."""
    lines, name, version = [], "", ""
    for line in text.splitlines(keepends=True):
        if key := _KEY.match(line):
            name, version = split(next(filter(None, key.groups())))
            name = name if npm_version(version) else ""
        file = f"{name}/-/{name.rpartition('/')[2]}-{version}.tgz" if name else ""
        lines.append(_TARBALL.sub(_served(addresses, name, file), line))
    return "".join(lines)


def _served(addresses: Addresses, name: str, file: str) -> Callable[[re.Match[str]], str]:
    """Where the gate serves a tarball, under its usual name; an address that is no registry's stays."""

    def change(found: re.Match[str]) -> str:
        index = npm_index(addresses.indexes, name) if name else None
        gate = f"{addresses.base}/npm/{index.key}/{file}" if index else found[2]
        return found[1] + (addresses.remember(gate, found[2]) if index else gate)

    return change
