"""Whether a version of an npm package requires something that no registry serves: a URL, a repository, a path.

npm fetches such a dependency past its registry, so the version must step back. Invariant: pure; most tables are
dismissed by a glance at their bytes and never decoded.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import UNSET, Raw, UnsetType

_SUSPECT = re.compile(rb':\s*"[^"]*[/:\\]|:\s*"\s*[.~]|\.t(?:gz|ar)', re.IGNORECASE)
"""What the bytes of a table have that could hold such a spec; most tables are not decoded for it."""
_PLACE = re.compile(r"[/:\\]|^[.~]{1,2}$|\.(?:tgz|tar|tar\.gz)$", re.IGNORECASE)
_TABLE = msgspec.json.Decoder()


def leads_elsewhere(table: Raw | UnsetType) -> bool:
    """Whether a table of dependencies holds a spec that is neither a range nor a tag nor an alias of these.

    What is no table at all counts as one unless npm would find nothing in it.
    """
    if table is UNSET or (bytes(memoryview(table)[:1]) == b"{" and not _SUSPECT.search(table)):
        return False
    try:
        found = _TABLE.decode(table)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    if isinstance(found, dict):
        return any(isinstance(spec, str) and _elsewhere(spec) for spec in found.values())
    return isinstance(found, list | str) and bool(found)  # npm takes the places of a list for names


def _elsewhere(spec: str) -> bool:
    """Whether npm would take a spec for a URL, a repository, a path or an archive (npm-package-arg)."""
    inner = spec.strip()
    if inner[:4].lower() == "npm:":
        inner = inner[5:].partition("@")[2]
    return bool(_PLACE.search(inner))
