"""A project on disk, and what edits of it add."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from slopguard.agents.editing.edits import Added, look
from slopguard.agents.model import Edit, Replacement
from slopguard.config import Settings
from slopguard.indexes import Index
from slopguard.model import Ecosystem

_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX_URL", "NPM_CONFIG_REGISTRY")


def nobody(ecosystem: Ecosystem, folder: Path) -> tuple[Index, ...]:
    """Fails: no client is to be asked."""
    raise AssertionError(f"{ecosystem} was asked for its indexes in {folder}")


@dataclass
class Project:
    """A folder; `write` puts files into it, `look` says what edits add.

    Args:
        root: the folder.
        ask: gives the indexes of clients; they are asked themselves if `None`.
    """

    root: Path
    ask: Callable[[Ecosystem, Path], tuple[Index, ...]] | None = nobody

    def write(self, files: dict[str, str]) -> Project:
        """Put files into it."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return self

    def look(self, *edits: Edit, **settings: object) -> Added:
        """What edits add."""
        return look(edits, self.root, Settings(home=self.root / "home", offline=True, **settings), ask=self.ask)


def project_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository in which no variable names an index."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    return Project(folder)


def written(path: str, content: str) -> Edit:
    """A file written whole."""
    return Edit(path, content=content)


def replaced(path: str, old: str, new: str) -> Edit:
    """A piece of a file replaced."""
    return Edit(path, replacements=(Replacement(old, new),))


def asked(added: Added) -> list[tuple[str, str, str, int | None]]:
    """Name, version, file and line of each question, in the places told."""
    return [(r.name or r.raw, r.version or "", place.path, place.line) for r in added.requests for place in r.locations]


def names(added: Added) -> list[str]:
    """The names asked about."""
    return [request.name or request.raw for request in added.requests]


def suggested(added: Added) -> list[str]:
    """The names suggested only."""
    return [request.name or request.raw for request in added.suggested]


def unclear(added: Added) -> list[tuple[str, int | None]]:
    """Where something is not clear."""
    return [(place.path, place.line) for place in added.unclear]
