"""Which settings count for a file: those at the root, tightened by those of the folders that it lies in.

Invariants: a nested settings file is read by the same rules as one at the root: it may only tighten; it counts for a
file however that was named, and in a pull request though the change removed it; a repository inside leaves no settings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slopguard.config import ProjectTables, Settings

Load = Callable[[Path], Settings]
"""The settings in force for a command in a folder."""


def together(sources: Sequence[ProjectTables], cwd: Path) -> ProjectTables:
    """The settings tables of several sources for a folder: those that cover `cwd`, then each folder down to it."""

    def tables(folder: Path, account: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        between = [each for each in reversed(folder.parents) if each.is_relative_to(cwd)]
        for source in sources:
            yield from {path: table for at in (cwd, *between, folder) for path, table in source(at, account)}.items()

    return tables


@dataclass(slots=True)
class Layered:
    """The settings of one check.

    Args:
        root: those where the command runs.
        cwd: that folder, absolute.
        load: gives those of another folder.
        holds: whether a folder holds settings of its own.
    """

    root: Settings
    cwd: Path
    load: Load
    holds: Callable[[Path], bool]
    _held: dict[Path, bool] = field(default_factory=dict)
    _known: dict[Path, Settings] = field(default_factory=dict)

    def of(self, path: Path) -> Settings:
        """The settings for one file.

        Raises:
            ConfigError: a nested file is malformed, or would loosen.
        """
        nearest = self._nearest(Path(os.path.normpath(self.cwd / path)))
        if nearest == self.cwd:
            return self.root
        if nearest not in self._known:
            self._known[nearest] = self.load(nearest)
        return self._known[nearest]

    def _nearest(self, path: Path) -> Path:
        """The folder whose settings count for a file, absolute."""
        if not path.is_relative_to(self.cwd):
            return path.parent
        for folder in path.parents:
            if folder not in self._held:
                self._held[folder] = folder == self.cwd or self.holds(folder)
            if self._held[folder]:
                return folder
        return self.cwd
