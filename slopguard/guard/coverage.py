"""Which clients are guarded here and now, and which are not: what the shell would start when their names are typed.

Invariant: this looks at what is there (PATH, files), never at what was recorded: a shim that something shadows guards
nothing, whatever the record says.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from slopguard.clients import plain
from slopguard.guard import find

VENVS = (".venv", "venv")
"""Folders in which projects keep their virtual environment."""


@dataclass(frozen=True, slots=True)
class Covered:
    """One client.

    Args:
        name: as it is typed.
        starts: the file that the shell starts for it.
        guarded: whether that file is a shim.
    """

    name: str
    starts: Path
    guarded: bool


def covered(env: Mapping[str, str]) -> tuple[Covered, ...]:
    """Every client that is installed, in the order of PATH."""
    found = ((name, shutil.which(name, path=env.get("PATH", os.defpath))) for name in find.installed(env))
    return tuple(Covered(name, Path(path), find.is_shim(Path(path))) for name, path in found if path)


def open_venvs(folder: Path, env: Mapping[str, str]) -> tuple[Path, ...]:
    """Virtual environments of a project, and the active one, whose own pip is no shim."""
    active = [Path(env["VIRTUAL_ENV"])] if env.get("VIRTUAL_ENV") else []
    places = [*active, *(folder / name for name in VENVS)]
    return tuple(dict.fromkeys(place for place in places if any(True for _ in _own_clients(place))))


def _own_clients(venv: Path) -> Iterator[Path]:
    """The clients in a virtual environment that are not guarded."""
    folder = venv / "bin"
    if (venv / "pyvenv.cfg").is_file() and folder.is_dir():
        yield from (path for path in folder.iterdir() if plain(path.name) and not find.is_shim(path))
