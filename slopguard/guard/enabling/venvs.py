"""Virtual environments: their own pips move aside, and a shim stands in each one's place.

Invariants: at every moment there is a file under the name `pip`; what is put back is the very file that was moved; a
pip that somebody installed over the shim since is newer, so it stays and the moved one goes.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slopguard.errors import ConfigError, UsageError
from slopguard.guard.enabling import files
from slopguard.guard.enabling.shims import of_venv
from slopguard.guard.find import MOVED, is_shim

_PIP = re.compile(r"pip(3(\.\d+)?)?")


@dataclass(frozen=True, slots=True)
class Move:
    """One pip that moves aside.

    Args:
        folder: the environment's `bin`.
        name: `pip`, `pip3` ...
    """

    folder: Path
    name: str


def bin_of(place: Path) -> Path:
    """The folder of executables of a virtual environment.

    Raises:
        UsageError: there is none.
    """
    folder = place.resolve() / "bin"
    if not (place / "pyvenv.cfg").is_file() or not folder.is_dir():
        raise UsageError(f"{place}: there is no virtual environment", "Name its folder: slopguard enable --venv .venv")
    return folder


def pips(folder: Path) -> list[str]:
    """Its pips that can be, or are, guarded."""
    names = sorted(path.name for path in folder.iterdir() if _PIP.fullmatch(path.name))
    return [
        name
        for name in names
        if os.access(folder / name, os.X_OK) and (not is_shim(folder / name) or _kept(folder, name))
    ]


def moves(folder: Path) -> list[Move]:
    """What must still move aside.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    found = [Move(folder, name) for name in pips(folder) if not is_shim(folder / name)]
    if found:
        files.check_writable(folder / MOVED, "Make the folder writable, or leave out --venv")
    return found


def move(one: Move, shims: Path) -> None:
    """Move one pip aside and put its shim there.

    Raises:
        OSError: it cannot be done.
    """
    place, kept = one.folder / one.name, one.folder / MOVED / one.name
    kept.parent.mkdir(exist_ok=True)
    kept.unlink(missing_ok=True)
    try:
        os.link(place, kept, follow_symlinks=False)
    except OSError:  # a file system without hard links: for a moment there is no pip
        place.rename(kept)
    write_shim(one.folder, one.name, shims)


def write_shim(folder: Path, name: str, shims: Path) -> None:
    """Put a shim in the place of a pip that was moved aside, or of an older shim.

    Raises:
        OSError: it cannot be written.
    """
    place = folder / name
    fresh = place.with_name(f".{name}.slopguard-{os.getpid()}")
    fresh.write_text(of_venv(folder, name, shims), encoding="utf-8", errors="surrogateescape")
    fresh.chmod(0o755)
    fresh.replace(place)


def put_back(folder: Path, name: str) -> bool:
    """Put one pip back; whether it was moved at all.

    Raises:
        ConfigError: it cannot be put back.
    """
    place, kept = folder / name, folder / MOVED / name
    if not os.path.lexists(kept):
        return False
    try:
        if is_shim(place):
            kept.replace(place)
        else:
            kept.unlink()
        with suppress(OSError):
            kept.parent.rmdir()
    except OSError as why:
        raise ConfigError(f"{place}: cannot be put back ({type(why).__name__})", "Check its folder") from None
    return True


def _kept(folder: Path, name: str) -> bool:
    return os.path.lexists(folder / MOVED / name)
