"""The uv.toml that stands in for all of a user's uv settings while uv runs behind the gate.

Measured with uv 0.13: `UV_CONFIG_FILE` replaces every settings file and a project's own `[[tool.uv.index]]` as far as
settings go; unlike `UV_INDEX` and `UV_DEFAULT_INDEX` it keeps `explicit = true`, and `uv add` does not copy the
indexes from it into pyproject.toml. Invariants: everything the user set that names no index is carried over; every
index is a route of the gate, flat ones too, and what has none of its own the gate adds to the others (`beside`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from slopguard.clients import uv_config
from slopguard.clients.argv import listed
from slopguard.clients.interface import GateAddress
from slopguard.clients.uv_config import Table
from slopguard.indexes import Index, IndexKind, beside
from slopguard.model import Sighting, SourceKind
from slopguard.readers.spec import pypi

_OURS = listed("""
    index index-url extra-index-url find-links no-index allow-insecure-host offline http-proxy https-proxy no-proxy
    """)
"""Keys that the gate and the net answer for: where indexes are and how they are reached."""
_METADATA = listed("""
    build-backend build-constraint-dependencies conflicts constraint-dependencies default-groups dependency-groups
    dev-dependencies environments exclude-dependencies managed override-dependencies package required-environments
    sources workspace
    """)
"""Keys of `[tool.uv]` that uv reads from a project whatever its settings files are."""
PIP_LISTS = listed("constraint-dependencies override-dependencies exclude-dependencies build-constraint-dependencies")
"""Of these, what `uv pip` reads from its settings files: limits on what it installs, which hold here too."""


def text(tables: Sequence[Table], gate: GateAddress, indexes: Iterable[Index], *, pip: bool = False) -> str:
    """The file's text.

    Args:
        tables: the user's own settings, strongest first.
        indexes: the session's indexes in uv's order.
        pip: for one of the `uv pip` commands.
    """
    values: dict[str, Any] = {}
    left = _METADATA - PIP_LISTS if pip else _METADATA
    for table in tables:
        merge(values, {key: value for key, value in table.values.items() if key not in left})
    kept = {key: value for key, value in values.items() if key not in _OURS}
    if isinstance(kept.get("pip"), dict):
        kept["pip"] = {key: value for key, value in kept["pip"].items() if key not in _OURS}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in kept.items()]
    entries = _entries(indexes, gate, uv_config.cutoffs(tables))
    if not any(entry["default"] for entry in entries):
        lines.append("no-index = true")
    lines.append(f"index = {_value(entries)}")
    return "\n".join(lines) + "\n"


def _entries(
    indexes: Iterable[Index], gate: GateAddress, cutoffs: Mapping[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """The gate's routes in uv's order, which stops at the first index that has a name; links of strangers first.

    uv looks into links, but into no index, when it is told `--no-index`: they are the default index then.
    """
    found = tuple(indexes)
    routes = [index for index in found if not beside(index, found)]
    routes.sort(key=lambda index: index.trusted or index.kind is not IndexKind.FIND_LINKS)
    last = next((i for i in routes if i.kind is IndexKind.DEFAULT), next((i for i in routes if i.joined), None))
    entries = []
    for index in routes:
        entry: dict[str, Any] = {"name": index.name} if index.name else {}
        entry |= {"url": gate.index_url(index.key), "default": index is last, "explicit": index.explicit}
        entries.append(entry | cutoffs.get(index.key, {}))
    return entries


def places(tables: Iterable[Table], *, pip: bool) -> Iterator[Sighting]:
    """What settings name by URL, repository or path: uv would fetch it from there, to build or to install with."""
    for table in tables:
        for text in _requirements(table.values, PIP_LISTS if pip else frozenset()):
            found = pypi(text, table.folder)
            if found.source.kind is not SourceKind.REGISTRY:
                yield found


def _requirements(values: Mapping[str, Any], lists: Iterable[str]) -> Iterator[str]:
    """The requirements in settings that are not a project's own dependencies."""
    entries = [entry for key in lists for entry in _list(values.get(key))]
    build = values.get("extra-build-dependencies")
    entries += [entry for found in (build.values() if isinstance(build, dict) else ()) for entry in _list(found)]
    for entry in entries:
        text = entry.get("requirement") if isinstance(entry, dict) else entry
        if isinstance(text, str):
            yield text


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def merge(into: dict[str, Any], weaker: Mapping[str, Any]) -> None:
    """Add a weaker layer as uv does: lists are joined, tables merged, anything else only where unset."""
    for key, value in weaker.items():
        if key not in into:
            into[key] = value
        elif isinstance(into[key], list) and isinstance(value, list):
            into[key] = [*into[key], *value]
        elif isinstance(into[key], dict) and isinstance(value, dict):
            into[key] = dict(into[key])
            merge(into[key], value)


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _value(value: object) -> str:
    """A value in TOML's inline form; JSON strings are TOML basic strings but for the delete character."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)
