"""Where a machine keeps what it fetched: one pack, one floor and one note of the last check for each accepted root.

Invariant: the folder of the floors is the user's settings folder, which nothing that moves `SLOPGUARD_HOME` moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.errors import ConfigError

if TYPE_CHECKING:
    from slopguard.config import ListSource, Settings

FOLDER = "lists"
SHORT = 16
"""Hexadecimal digits of the root's digest in a file's name."""
_ROOT = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one accepted root.

    Args:
        pin: SHA-256 (hexadecimal) of the root.
        pack: the list as last verified.
        floor: what was seen of it.
        checked: when it was last asked for.
        lock: held by whoever fetches it.
    """

    pin: str
    pack: Path
    floor: Path
    checked: Path
    lock: Path


def place(settings: Settings, source: ListSource) -> Place:
    """Where one source's files lie.

    Raises:
        ConfigError: its root is no digest.
    """
    found = _ROOT.fullmatch(source.root)
    if found is None:
        raise ConfigError("a source of lists has a root that is no digest", 'Write root = "sha256:" and 64 digits')
    name = found[1][:SHORT]
    lists, floors = settings.home / FOLDER, (settings.user or settings.home) / FOLDER
    return Place(
        found[1],
        lists / f"{name}.pack",
        floors / f"{name}.floor",
        lists / f"{name}.checked",
        lists / f"{name}.lock",
    )


def by_root(settings: Settings, sources: Iterable[ListSource] | None = None) -> dict[str, list[ListSource]]:
    """The sources, those of one root together: they are mirrors of one list, in the order of the settings."""
    found: dict[str, list[ListSource]] = {}
    for source in settings.list_sources if sources is None else sources:
        found.setdefault(place(settings, source).pin, []).append(source)
    return found
