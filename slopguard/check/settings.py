"""Which settings count for a file: those at the root, tightened by those of the folders that it lies in.

Invariant: a nested settings file is read by the same rules as one at the root: it may only tighten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from slopguard.config import Settings
from slopguard.config.places import FILE_NAME, settings_table

Load = Callable[[Path], Settings]
"""The settings in force for a command in a folder."""


@dataclass(slots=True)
class Layered:
    """The settings of one check.

    Args:
        root: those where the command runs.
        load: gives those of another folder.
        folders: folders that hold settings of their own.
    """

    root: Settings
    load: Load
    folders: frozenset[Path] = frozenset()
    _known: dict[Path, Settings] = field(default_factory=dict)

    @classmethod
    def over(cls, paths: Iterable[Path], root: Settings, load: Load) -> Layered:
        """The settings for the files at `paths`.

        Raises:
            ConfigError: a settings file is malformed.
        """
        found = frozenset(path.parent for path in paths if _holds_settings(path))
        return cls(root, load, found)

    def of(self, path: Path) -> Settings:
        """The settings for one file.

        Raises:
            ConfigError: a nested file would loosen.
        """
        if not self.folders:
            return self.root
        nearest = next((folder for folder in path.parents if folder in self.folders), None)
        if nearest is None:
            return self.root
        if nearest not in self._known:
            self._known[nearest] = self.load(nearest)
        return self._known[nearest]


def _holds_settings(path: Path) -> bool:
    if path.name == FILE_NAME:
        return True
    return path.name == "pyproject.toml" and path.is_file() and _named(path) and settings_table(path) is not None


def _named(path: Path) -> bool:
    try:
        return b"slopguard" in path.read_bytes()
    except OSError:
        return False
