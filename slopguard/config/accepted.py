"""The record of what a person accepted: project settings, indexes, and the lock files of adopted projects.

It lies in the user's settings folder, beside their own settings: `accepted.toml`, and a snapshot in `adopted/` for each
adopted project. Invariants: a snapshot counts only with the digest that `accepted.toml` names; a record that is there
and is not what it should be is an error, never an empty one; a write leaves the old content or the new, whole, and
keeps every other entry; only the user may read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from slopguard.config.places import read_bytes, read_toml, table_digest
from slopguard.config.private import put
from slopguard.errors import ConfigError
from slopguard.model import Ecosystem

FILE = "accepted.toml"
SNAPSHOTS = "adopted"
STRONG = ("sha256:", "sha384:", "sha512:")
"""Digests that identify a file; an entry with none of these is not locked."""

Locked = Mapping[tuple[Ecosystem, str, str], frozenset[str]]
"""Ecosystem, name and version of a locked package, with the digests of its files."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a person accepted.

    Args:
        files: settings files, path to the digest of their table.
        indexes: URL prefixes.
        projects: adopted projects, resolved folder to the digest of the snapshot of its lock files.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    indexes: tuple[str, ...] = ()
    projects: Mapping[str, str] = field(default_factory=dict)

    def covers(self, path: Path, table: Mapping[str, Any]) -> bool:
        """Whether a person accepted exactly this content at exactly this place."""
        wanted = self.files and (self.files.get(str(path)) or self.files.get(str(path.resolve())))
        return bool(wanted) and wanted == table_digest(table, path.parent)

    def around(self, cwd: Path, folder: Path) -> tuple[tuple[Path, str], ...]:
        """The snapshots that count in `cwd`, each with its digest: those of the adopted projects that it lies in.

        Args:
            folder: the user's settings folder.
        """
        if not self.projects:
            return ()
        place = cwd.resolve()
        names = (str(parent) for parent in (place, *place.parents))
        return tuple((snapshot(folder, name), self.projects[name]) for name in names if name in self.projects)

    def plus(
        self,
        files: Mapping[str, str] | None = None,
        indexes: Iterable[str] = (),
        projects: Mapping[str, str] | None = None,
    ) -> Accepted:
        """The record with more in it."""
        known = tuple(dict.fromkeys((*self.indexes, *indexes)))
        return replace(
            self, files={**self.files, **(files or {})}, indexes=known, projects={**self.projects, **(projects or {})}
        )

    def without(self, what: str) -> Accepted:
        """The record less what goes by this path or address: the index, the project, the file or all files in it."""
        return replace(
            self,
            files={path: digest for path, digest in self.files.items() if what not in (path, str(Path(path).parent))},
            indexes=tuple(index for index in self.indexes if index != what),
            projects={path: digest for path, digest in self.projects.items() if path != what},
        )


def read(folder: Path) -> Accepted:
    """The record in the user's settings folder; empty where there is none.

    Raises:
        ConfigError: it is there and is not what it should be.
    """
    path = folder / FILE
    table = read_toml(path) or {}
    files, indexes, projects = table.get("files", {}), table.get("indexes", []), table.get("projects", {})
    if not isinstance(files, dict) or not isinstance(indexes, list) or not isinstance(projects, dict):
        raise ConfigError(f"{path}: 'files' and 'projects' must be tables and 'indexes' a list")
    return Accepted(_texts(files), tuple(map(str, indexes)), _texts(projects))


def write(folder: Path, accepted: Accepted) -> None:
    """Put the record in its place.

    Raises:
        ConfigError: it cannot be written, or could not be read again.
    """
    lines = ["# What a person accepted; written by `slopguard trust`.", f"indexes = {_list(accepted.indexes)}"]
    for title, entries in (("files", accepted.files), ("projects", accepted.projects)):
        lines += ["", f"[{title}]", *(f"{_text(key)} = {_text(value)}" for key, value in sorted(entries.items()))]
    try:
        data = ("\n".join(lines) + "\n").encode()
    except UnicodeEncodeError:
        raise ConfigError("a path that is not UTF-8 cannot be accepted", "Rename it") from None
    put(folder / FILE, data)


def snapshot(folder: Path, project: str) -> Path:
    """Where the lock files of an adopted project are kept."""
    return folder / SNAPSHOTS / f"{sha256(project.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.json"


def take(folder: Path, project: str, locked: Locked) -> str:
    """Keep what the lock files of a project hold; gives the digest that `accepted.toml` must name.

    Raises:
        ConfigError: it cannot be written.
    """
    rows = sorted((key[0].value, key[1], key[2], sorted(digests)) for key, digests in locked.items())
    data = json.dumps({"project": project, "packages": rows}, separators=(",", ":")).encode()
    put(snapshot(folder, project), data)
    return _digest(data)


def intact(path: Path, wanted: str) -> bool:
    """Whether a snapshot is the one that was accepted."""
    data = read_bytes(path)
    return data is not None and _digest(data) == wanted


def locked_by(snapshots: Iterable[tuple[Path, str]]) -> Locked:
    """What the snapshots hold together.

    Raises:
        ConfigError: one is missing, or is not the one that was accepted.
    """
    found: dict[tuple[Ecosystem, str, str], frozenset[str]] = {}
    for path, wanted in snapshots:
        data = read_bytes(path)
        if data is None or _digest(data) != wanted:
            hint = "Let a person adopt the project again (slopguard trust) or forget it (slopguard trust remove)"
            raise ConfigError(f"{path}: not the record of lock files that a person accepted", hint)
        for ecosystem, name, version, digests in json.loads(data)["packages"]:
            key = (Ecosystem(ecosystem), name, version)
            found[key] = found.get(key, frozenset()) | frozenset(digests)
    return found


def _digest(data: bytes) -> str:
    return "sha256:" + sha256(data).hexdigest()


def _texts(table: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in table.items()}


def _text(value: str) -> str:
    """A TOML basic string: a JSON string but for the delete character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"
