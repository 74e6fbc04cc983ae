"""Where things lie in a repository of lists.

Invariant: a team's folder is one folder below `teams/`, whatever its name; nothing here reads what is in a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from slopguard.errors import InputError, UsageError
from slopguard.names import shown

SETTINGS = "lists.toml"
"""The file that makes a folder a repository of lists."""
RESERVED = frozenset({"root", "targets", "snapshot", "timestamp", "watch", "common", "lists"})
"""Names of roles and bundles that no team may have."""
_TEAM = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class Layout:
    """A repository of lists.

    Args:
        root: its folder.
    """

    root: Path

    @classmethod
    def find(cls, cwd: Path) -> Layout:
        """The repository that `cwd` lies in: the nearest folder upwards that holds a `lists.toml`.

        Raises:
            UsageError: there is none.
        """
        place = cwd.resolve()
        for folder in (place, *place.parents):
            if (folder / SETTINGS).is_file():
                return cls(folder)
        raise UsageError(
            f"there is no {SETTINGS} here or in a folder above",
            "Go to a repository of lists, name it with --repository, or start one: slopguard lists init DIR",
        )

    @property
    def settings(self) -> Path:
        """Who may sign what."""
        return self.root / SETTINGS

    @property
    def keys(self) -> Path:
        """The folder of public keys."""
        return self.root / "keys"

    @property
    def common(self) -> Path:
        """The entries that everybody reads."""
        return self.root / "common"

    @property
    def watch(self) -> Path:
        """The entries that only refuse."""
        return self.root / "watch"

    @property
    def metadata(self) -> Path:
        """The signed metadata as published last."""
        return self.root / "metadata"

    @property
    def staged(self) -> Path:
        """The next metadata, with the signatures so far."""
        return self.root / "staged"

    @property
    def bundles(self) -> Path:
        """The bundles as built last."""
        return self.root / "bundles"

    def team(self, name: str) -> Path:
        """The entries of one team; its folder may not be there yet.

        Raises:
            UsageError: no team may be called that.
        """
        if not _TEAM.fullmatch(name) or name in RESERVED:
            raise UsageError(f"no team can be called '{shown(name)}'", "Use small letters, digits and '-'")
        return self.root / "teams" / name

    def teams(self) -> tuple[str, ...]:
        """The teams that have a folder, sorted.

        Raises:
            InputError: a folder in `teams/` is called what no team may be called.
        """
        folder = self.root / "teams"
        names = sorted(each.name for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []
        found = [name for name in names if not name.startswith(".")]
        for name in found:
            if not _TEAM.fullmatch(name) or name in RESERVED:
                raise InputError(f"teams/{shown(name)}: no team can be called that", "Rename or remove the folder")
        return tuple(found)

    def folders(self) -> dict[str, Path]:
        """List name to the folder of its entries: `common`, every team with a folder, `watch`."""
        return {"common": self.common} | {name: self.team(name) for name in self.teams()} | {"watch": self.watch}

    def shown(self, path: Path) -> str:
        """A path below the repository, from there on, with `/`; fit to print."""
        return shown(path.relative_to(self.root).as_posix(), 200)
