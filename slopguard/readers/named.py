"""Python dependencies written as a name and what is said of it: a version, or a table (Pipfile, pixi).

Invariants: the name is as written; a table that names a place (git, URL, path, file) is read as that place; what is
neither text nor table says nothing and is the caller's to report.
"""

from __future__ import annotations

import re
from pathlib import Path

from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places
from slopguard.readers.text import Table, string, strings

_EXACT = regex(r"={2,3}[ \t]*v?(\d[0-9A-Za-z.!+_-]*)")
_VCS = ("git", "hg", "svn", "bzr")
_MARKERS = ("os_name", "sys_platform", "platform_machine", "platform_system", "python_version", "python_full_version")
"""Markers that a Pipfile may give as keys of their own, as in `sys_platform = "== 'win32'"`."""


def exact(specifier: str) -> str | None:
    """The one version that a specifier names; `*`, `>=1` and `==1.*` name none."""
    found = _EXACT.fullmatch(specifier.strip())
    return found[1] if found else None


def sighting(name: str, said: object, base: Path, location: Location, group: str) -> Sighting | None:
    """One dependency; `None` if what is said of it is neither text nor table.

    Args:
        said: `"*"`, `"==1.0"`, or a table with `version`, `git`, `path`, `file`, `url`, `index`, `extras`, `markers`.
        base: the folder that relative paths start from.
        group: the table it stands in.
    """
    if not isinstance(said, str | dict):
        return None
    entry: Table = {"version": said} if isinstance(said, str) else said
    version = string(entry.get("version")).strip()
    specifier = "" if version == "*" else version
    source, extra, digests = _place(entry, base)
    if marker := _marker(entry):
        extra["marker"] = marker
    if extras := strings(entry.get("extras")):
        extra["extras"] = ",".join(extras)
    return Sighting(
        Ecosystem.PYPI, name, specifier, exact(specifier), digests, source, location, {**extra, "group": group}
    )


def _place(entry: Table, base: Path) -> tuple[Source, dict[str, str], frozenset[str]]:
    """Where a dependency comes from, with more `extra`, and the digests that its address holds."""
    editable = {"editable": "1"} if entry.get("editable") is True else {}
    for kind in _VCS:
        if address := string(entry.get(kind)):
            return Source(SourceKind.VCS, places.clean(address), trusted=False), editable, frozenset()
    for key in ("file", "url", "path"):
        if address := string(entry.get(key)):
            archive = {"archive": "1"} if places.is_archive(re.split(r"[?#]", address)[0]) else {}
            remote = "://" in address or address.lower().startswith("file:")
            source = places.url_source(address) if remote else places.path_source(address, base)
            return source, editable | archive, places.digests(address)
    index = string(entry.get("index"))
    return REGISTRY, {"index": index} if index else {}, frozenset()


def _marker(entry: Table) -> str:
    """The markers of a table as one PEP 508 marker."""
    single = [f"{key} {value}" for key in _MARKERS if (value := string(entry.get(key)))]
    return " and ".join(filter(None, [string(entry.get("markers")), *single]))
