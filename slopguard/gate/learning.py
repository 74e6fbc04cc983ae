"""The names that served versions require, read from the very bytes that were served. Pure.

Only needed when nobody told the gate what was typed. Invariant: what is no well-formed name is left out; it will be
judged as `bad-name` if a client asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import BadName, normalize

REQUIRES = re.compile(r"^Requires-Dist:\s*([A-Za-z0-9._-]+)", re.MULTILINE | re.IGNORECASE)
"""The name in a core metadata requirement; its markers and extras are the client's business."""


class _Manifest(msgspec.Struct, rename={"optional": "optionalDependencies", "peer": "peerDependencies"}):
    """What one version requires; the rest of it stays undecoded."""

    dependencies: dict[str, str] = {}
    optional: dict[str, str] = {}
    peer: dict[str, str] = {}


class _Packument(msgspec.Struct):
    versions: dict[str, _Manifest] = {}


def npm_requirements(packument: bytes) -> frozenset[NormalizedName]:
    """Every name that some version in a served packument requires; `npm:` aliases count by their target."""
    try:
        versions = msgspec.json.decode(packument, type=_Packument, strict=False).versions.values()
    except msgspec.DecodeError:  # a version with fields of the wrong shape teaches nothing
        return frozenset()
    wanted = (
        _target(name, spec)
        for version in versions
        for table in (version.dependencies, version.optional, version.peer)
        for name, spec in table.items()
    )
    return _well_formed(Ecosystem.NPM, wanted)


def pypi_requirements(metadata: bytes) -> frozenset[NormalizedName]:
    """Every name in the `Requires-Dist` lines of a core metadata file."""
    return _well_formed(Ecosystem.PYPI, REQUIRES.findall(metadata.decode("utf-8", "replace")))


def _target(name: str, spec: str) -> str:
    alias = spec.removeprefix("npm:")
    return name if alias == spec else alias[:1] + alias[1:].partition("@")[0]


def _well_formed(ecosystem: Ecosystem, names: Iterable[str]) -> frozenset[NormalizedName]:
    found = set()
    for raw in set(names):
        try:
            found.add(normalize(ecosystem, raw))
        except BadName:
            continue
    return frozenset(found)
