"""`pnpm-workspace.yaml` with the gate's addresses: pnpm 10 takes the registries in it before any flag or variable.

So are the notes in node_modules: what pnpm compares with its settings is the same under the gate as without it.
Pure text in, text out; see `addresses` for what holds.
"""

from __future__ import annotations

import re

from slopguard.clients.sources import canonical
from slopguard.guard.addresses import Addresses
from slopguard.indexes import IndexKind
from slopguard.model import Ecosystem

_REGISTRY = re.compile(
    r"""^(\s*['"]?(?:registry|default|@[\w.-]+)['"]?:\s*['"]?)(https?://[^\s'"#,}]+)""", re.MULTILINE
)


def forward(addresses: Addresses, text: str) -> str:
    """The text with the gate's addresses."""
    return _REGISTRY.sub(lambda found: found[1] + _served(addresses, found[2]), text)


def _served(addresses: Addresses, url: str) -> str:
    """The gate's address of a registry, or the address itself if it is none of this session's."""
    kinds = (IndexKind.DEFAULT, IndexKind.SCOPE)
    mine = (i for i in addresses.indexes if i.ecosystem is Ecosystem.NPM and i.kind in kinds)
    index = next((i for i in mine if canonical(i.url) == canonical(url)), None)
    return url if index is None else addresses.remember(f"{addresses.base}/npm/{index.key}/", url)
