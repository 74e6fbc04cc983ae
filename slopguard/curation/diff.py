"""What the sources say differently from the lists as they were signed last.

The signed metadata names the digest of each bundle; the bundle itself lies in `bundles/`, as built or as published.
Invariants: only bytes with the digest that was signed are compared with; rows of one package and kind are shown
together, so that a reviewer sees what became of what. Signatures are not verified here: `lists verify` does that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from slopguard.curation.entries import rows_of
from slopguard.curation.layout import Layout
from slopguard.curation.sources import read_list
from slopguard.errors import InputError
from slopguard.lists.bundle import HEADER

_VERSION = re.compile(r"(\d{1,9})\.([a-z0-9][a-z0-9-]{0,31})\.json")
_PLACES = ("published", ".")
"""Where below `bundles/` a bundle may lie as it was signed."""
_HISTORY = "Take it from the history: git log -- metadata bundles"
Rows = dict[tuple[str, str, str], tuple[str, ...]]
"""Ecosystem, name and kind to what follows in each row."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of the rows of one kind about one package.

    Args:
        before: what the rows hold now, each without ecosystem, name and kind; empty for what is new.
        after: what they will hold; empty for what is taken out.
    """

    ecosystem: str
    name: str
    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def what(self) -> str:
        """`added`, `removed` or `changed`."""
        if not self.before or not self.after:
            return "removed" if self.before else "added"
        return "changed"

    @property
    def lets_go(self) -> bool:
        """Whether something that was refused may no longer be: a reviewer must not overlook it."""
        return self.kind in ("deny", "watch") and self.what != "added"


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of one list.

    Args:
        signed: whether it was ever signed.
        changes: sorted by ecosystem, name and kind.
    """

    name: str
    signed: bool
    changes: tuple[Change, ...]


def diff(layout: Layout) -> tuple[Difference, ...]:
    """The differences of all lists, those without any included.

    Raises:
        InputError: a source or the metadata cannot be read, or a bundle is not there as it was signed.
    """
    folders = layout.folders()
    gone = sorted(delegated(layout) - folders.keys())
    return tuple(_difference(layout, name, folders.get(name)) for name in (*folders, *gone))


def newest(layout: Layout) -> dict[str, Path]:
    """The file of each role's newest signed metadata, `timestamp` aside."""
    found: dict[str, tuple[int, Path]] = {}
    for path in sorted(layout.metadata.glob("*.json")):
        match = _VERSION.fullmatch(path.name)
        if match:
            found[match[2]] = max((int(match[1]), path), found.get(match[2], (0, path)))
    return {role: path for role, (_, path) in found.items()}


def delegated(layout: Layout) -> frozenset[str]:
    """The roles that sign lists of their own, as the newest signed metadata has it: teams that left are not in it.

    Raises:
        InputError: it cannot be read.
    """
    path = newest(layout).get("targets")
    part = signed_part(path) if path else {}
    try:
        return frozenset(str(role["name"]) for role in part.get("delegations", {}).get("roles", []))
    except (AttributeError, TypeError, KeyError):
        raise InputError(f"metadata/{path and path.name}: cannot be read as signed metadata", _HISTORY) from None


def signed_part(path: Path) -> dict[str, Any]:
    """What a signed file says; whether its signatures are right is not looked at.

    Raises:
        InputError: it cannot be read.
    """
    try:
        part = json.loads(path.read_bytes())["signed"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        part = None
    if not isinstance(part, dict):
        raise InputError(f"metadata/{path.name}: cannot be read as signed metadata", _HISTORY)
    return part


def fields(tail: str) -> str:
    """What a row holds, as people read it; may hold characters that must not be printed as they are."""
    return " ".join(unquote(each, errors="replace") for each in tail.split("\t") if each)


def _difference(layout: Layout, name: str, folder: Path | None) -> Difference:
    signed = _signed(layout, name)
    before = _grouped(signed.decode("ascii", "replace").splitlines()[1:] if signed else ())
    after = _grouped(rows_of(read_list(folder)) if folder else ())
    return Difference(name, signed is not None, tuple(_changes(before, after)))


def _changes(before: Rows, after: Rows) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        was, will = before.get(key, ()), after.get(key, ())
        if was != will:
            yield Change(*key, was, will)


def _grouped(lines: Iterable[str]) -> Rows:
    found: dict[tuple[str, str, str], list[str]] = {}
    for line in lines:
        ecosystem, name, kind, tail = [*line.split("\t", 3), "", "", ""][:4]
        found.setdefault((ecosystem, name, kind), []).append(tail)
    return {key: tuple(tails) for key, tails in found.items()}


def _signed(layout: Layout, name: str) -> bytes | None:
    """The bytes of a list as signed last, `None` if it never was.

    Raises:
        InputError: they are not there.
    """
    path = newest(layout).get("targets" if name == "common" else name)
    if path is None:
        return None
    digest = _digest(signed_part(path), f"{name}.tsv")
    for place in _PLACES:
        file = layout.bundles / place / f"{name}.tsv"
        data = file.read_bytes() if file.is_file() else b""
        if data.startswith(HEADER) and sha256(data).hexdigest() == digest:
            return data
    raise InputError(f"bundles/{name}.tsv is not what was signed last", _HISTORY)


def _digest(part: Mapping[str, Any], target: str) -> str | None:
    try:
        digest = part["targets"][target]["hashes"]["sha256"]
    except (KeyError, TypeError):
        return None
    return digest if isinstance(digest, str) else None
