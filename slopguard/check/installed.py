"""What is installed here: in the Python environment that the user means, and in `node_modules`.

The Python environment is the active one (`VIRTUAL_ENV`, `CONDA_PREFIX`), else the project's own (`.venv`, `venv`), else
the one that slopguard runs in. Invariant: see the rooms below; nothing that is installed is run.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slopguard.check import node_modules, site_packages
from slopguard.readers.interface import Reading

_ACTIVE = ("VIRTUAL_ENV", "CONDA_PREFIX")
_OWN = (".venv", "venv")
_FOLDERS = ("lib/python*/site-packages", "lib64/python*/site-packages", "Lib/site-packages")


@dataclass(frozen=True, slots=True)
class Installed:
    """What is installed.

    Args:
        readings: one for each folder of packages, `path` being that folder; `extra["requested"]` of a sighting says
            that it was asked for, not brought along.
        notes: what a person should know, one line each.
    """

    readings: tuple[Reading, ...] = ()
    notes: tuple[str, ...] = ()


def read(cwd: Path, env: Mapping[str, str], *, pip: bool = True) -> Installed:
    """What is installed for the project in a folder.

    Args:
        cwd: the project's folder.
        env: the user's variables.
        pip: whether our own pip is asked as well.
    """
    folders = environment(cwd, env)
    readings = [site_packages.read(folder, pip=pip) for folder in folders]
    notes = [] if folders else ["no Python environment was found"]
    notes += [
        f"{reading.path}: {reading.skipped} packages of conda were not looked at"
        for reading in readings
        if reading.skipped
    ]
    if (cwd / "node_modules").is_dir():
        readings.append(node_modules.read(cwd / "node_modules"))
    if (cwd / ".pnp.cjs").is_file():
        notes.append("yarn keeps the packages in archives here: its lock file says which")
    return Installed(tuple(readings), tuple(notes))


def environment(cwd: Path, env: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders of packages of the Python environment that the user means; empty if it has none."""
    active = next((Path(cwd, env[name]) for name in _ACTIVE if env.get(name)), None)
    own = (cwd / name for name in _OWN if (cwd / name / "pyvenv.cfg").is_file())
    prefix = active or next(own, None)
    if prefix is None:
        found = [Path(place) for place in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))]
    else:
        found = [place for pattern in _FOLDERS for place in sorted(prefix.glob(pattern))]
    different = {place.resolve(): place for place in reversed(found) if place.is_dir()}  # lib64 is a link to lib
    return tuple(reversed(different.values()))
