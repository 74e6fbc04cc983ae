"""Edits of files that are protected, and the part of a file that is.

Invariants: what is protected in a file is compared before and after, so that an edit of another part passes; what a
file will hold and cannot be read counts as changed; nothing here raises, whatever a file holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slopguard.agents.protected.places import Guarded, Kind, Places, edited
from slopguard.config.places import FILE_NAME
from slopguard.errors import InputError

if TYPE_CHECKING:
    from slopguard.agents.model import Edit

_DEEPEST = 12
_PARTS = (Kind.SETTINGS, Kind.TABLE, Kind.MIXED, Kind.LINE)
"""Kinds of which only a part of the file is protected."""


def of_edit(edit: Edit, before: str | None, after: str | None, places: Places, cwd: Path) -> Guarded | None:
    """See `slopguard.agents.protected.of_edit`."""
    if "\0" in edit.path or not edit.path:
        return None
    path = places.path(edit.path, cwd)
    kind = places.kind(path)
    if kind is None and path.name == "pyproject.toml":
        kind = Kind.TABLE if "slopguard" in (after or "") else None
    if kind is None or not _touches(kind, edit, path, before, after):
        return None
    return edited(kind)


def _touches(kind: Kind, edit: Edit, path: Path, before: str | None, after: str | None) -> bool:
    """Whether what is protected in a file changes."""
    if edit.removed:
        return before is None or kind not in _PARTS or kind is Kind.SETTINGS or changed(path, before, None)
    if after is None:
        return True
    return changed(path, before, after) if kind in _PARTS else before != after


def changed(path: Path, before: str | None, after: str | None) -> bool:
    """Whether the part of a file that is protected differs; `None`: the file is not there."""
    if before == after:
        return False
    if path.name not in (FILE_NAME, "pyproject.toml") and path.suffix not in (".json", ".toml", ".orig"):
        return _ours(before) != _ours(after) if _ours(before) else before is None or _plain(path)
    try:
        return bool(_part(path, before) != _part(path, after))
    except (InputError, RecursionError):
        return True


def _plain(path: Path) -> bool:
    """Whether a file is protected as a whole, such as a policy; a profile without our line is anybody's."""
    return path.suffix in (".cedar",)


def _ours(text: str | None) -> list[str]:
    """The lines of slopguard's in a shell profile."""
    from slopguard.guard.enabling.profiles import MARK

    return [line.rstrip("\r") for line in (text or "").split("\n") if MARK in line]


def _part(path: Path, text: str | None) -> Any:
    """What is protected in a settings file: slopguard's own table, or what concerns hooks.

    Raises:
        InputError: it cannot be parsed.
    """
    from slopguard.readers.text import json_object, plain_json, table, toml

    if path.name == "pyproject.toml":
        tool = table(toml(text or "", path).get("tool"))
        return tool.get("slopguard")
    if path.suffix != ".toml":
        clean = plain_json((text or "").removeprefix("\ufeff"))
        return dict(_hooks(json_object(clean if clean.strip() else "{}", path)))
    said = toml(text, path) if text is not None else None
    if path.name == "config.toml":
        return dict(_hooks(said or {}))
    return said


def _hooks(value: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The settings whose names say that they concern hooks, whether they may run, or slopguard."""
    for key, inner in value.items():
        low = key.casefold()
        if "hook" in low or "trust" in low or key.startswith("SLOPGUARD_"):
            yield (*at, key), inner
        elif isinstance(inner, dict) and len(at) < _DEEPEST:
            yield from _hooks(inner, (*at, key))
