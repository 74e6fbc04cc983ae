"""What a project is about: the packages it asks for, the modules it imports, the words of its instruction files.

Invariants: files are read, never run; what cannot be read is left out, as nothing is judged here; of prose only words
are kept that packages are called after, so that no secret, name or address written there goes any further; bounded.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from slopguard.errors import SlopguardError
from slopguard.forecast.topics.asked import words_of
from slopguard.model import Ecosystem
from slopguard.names import BadName, normalize
from slopguard.readers import js_imports, load, python_imports, reader_for
from slopguard.readers.interface import Imported, Reading

MOST_FILES = 3000
"""Files of one project that are looked at."""
LARGEST = 512 << 10
"""Bytes of a source or prose file; a longer one is left out."""
_LEFT_OUT = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "dist", "build", "vendor", "target"})
_PROSE = frozenset({"readme", "claude", "agents", "gemini", "copilot-instructions", "contributing", "skill", "llms"})
_PROSE_FILES = frozenset({".cursorrules", ".windsurfrules", ".clinerules"})
_TEXT = frozenset({"", ".md", ".mdc", ".rst", ".txt"})
_PYTHON, _JS = frozenset({".py"}), frozenset({".js", ".mjs", ".cjs", ".ts", ".mts", ".tsx", ".jsx", ".vue", ".svelte"})


@dataclass(frozen=True, slots=True)
class Project:
    """What was found.

    Args:
        asked: per ecosystem the packages that its manifests name, each with how often.
        locked: the same of its lock files.
        imported: the first names of the modules that it imports.
        words: words of its instruction files, each with how often.
    """

    asked: Mapping[Ecosystem, Counter[str]]
    locked: Mapping[Ecosystem, Counter[str]]
    imported: Mapping[Ecosystem, Counter[str]]
    words: Counter[str]


def read_project(path: Path) -> Project:
    """The project in a folder, or what one file says.

    Args:
        path: a folder or a file; where there is nothing, the project is empty.
    """
    project = Project(_counters(), _counters(), _counters(), Counter())
    for file in _files(path):
        try:
            _take(project, file)
        except (SlopguardError, OSError, ValueError, RecursionError):
            continue  # a broken file tells nothing about what models invent
    return project


def _counters() -> Mapping[Ecosystem, Counter[str]]:
    return {each: Counter() for each in Ecosystem}


def _files(path: Path) -> Iterator[Path]:
    """Regular files, shallow ones first, in a fixed order."""
    if path.is_file():
        yield path
        return
    left, folders = MOST_FILES, [path]
    while folders and left > 0:
        below: list[Path] = []
        for folder in folders:
            for entry in sorted(_entries(folder), key=lambda each: each.name):
                if entry.is_dir(follow_symlinks=False):
                    below += [Path(entry.path)] if _looked_into(entry.name) else []
                elif entry.is_file(follow_symlinks=False) and left > 0:
                    left -= 1
                    yield Path(entry.path)
        folders = below


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _looked_into(name: str) -> bool:
    return name not in _LEFT_OUT and (not name.startswith(".") or name in (".github", ".cursor", ".claude"))


def _take(project: Project, path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix in _PYTHON or suffix in _JS:
        _take_imports(project, path, Ecosystem.PYPI if suffix in _PYTHON else Ecosystem.NPM)
    elif (reader := reader_for(path)) is not None:
        _take_reading(project, reader.read(path, load))
    elif path.name.lower() in _PROSE_FILES or (path.stem.lower() in _PROSE and suffix in _TEXT):
        project.words.update(words_of(_text(path)))


def _take_reading(project: Project, reading: Reading) -> None:
    found = project.locked if reading.locked else project.asked
    for sighting in reading.sightings:
        if sighting.extra.get("unnamed"):
            continue
        try:
            found[sighting.ecosystem][normalize(sighting.ecosystem, sighting.raw)] += 1
        except BadName:
            continue


def _take_imports(project: Project, path: Path, ecosystem: Ecosystem) -> None:
    read = python_imports.read if ecosystem is Ecosystem.PYPI else js_imports.read
    modules: tuple[Imported, ...] = read(path, _text(path))
    project.imported[ecosystem].update({_first(each) for each in modules})


def _first(imported: Imported) -> str:
    return imported.module.partition(".")[0] if imported.ecosystem is Ecosystem.PYPI else imported.module


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise ValueError
    return path.read_text("utf-8", "replace")
