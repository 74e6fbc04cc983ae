"""Registries of scopes in a project's .npmrc, for a bun that believes it before anything else (before 1.4).

Invariant: only the addresses of this session's scopes change; the gate's secret is never written here.
"""

from __future__ import annotations

import re

from slopguard.clients.sources import canonical
from slopguard.guard.addresses import Addresses
from slopguard.indexes import IndexKind

_SCOPE = re.compile(r"""^(\s*(@[^:=\s]+):registry\s*=\s*["']?)(https?://[^\s"';#]+)""", re.MULTILINE)


def forward(addresses: Addresses, text: str) -> str:
    """The text with the gate's address for every scope."""
    scopes = {index.name: index for index in addresses.indexes if index.kind is IndexKind.SCOPE}

    def gate(found: re.Match[str]) -> str:
        index = scopes.get(found[2])
        if index is None or canonical(index.url) != canonical(found[3]):
            return found[0]
        return found[1] + addresses.remember(f"{addresses.base}/npm/{index.key}/", found[3])

    return _SCOPE.sub(gate, text)
