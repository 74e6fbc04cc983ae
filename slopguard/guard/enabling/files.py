"""Files of the user's, written so that whoever else has to do with them notices nothing but the content.

Invariants: a symbolic link stays one, what it leads to is written; mode, owner and further names (hard links) stay; a
file that may not be written is an error before anything changes.
"""

from __future__ import annotations

import glob
import os
import stat
from contextlib import suppress
from pathlib import Path

from slopguard.errors import ConfigError

_WRITABLE = 0o222


def read(path: Path) -> bytes | None:
    """The content of a file, `None` where there is none.

    Raises:
        ConfigError: it is there and no file that can be read: a folder, `/dev/null`, a pipe.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigError(f"{path}: is no file", "Nothing was changed")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as why:
        raise ConfigError(f"{path}: cannot be read ({type(why).__name__})", "Nothing was changed") from None


def target(path: Path) -> Path:
    """What a path leads to, which need not be there.

    Raises:
        ConfigError: it is a link that leads in a circle.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        raise ConfigError(f"{path}: is a link that leads nowhere", "Nothing was changed") from None


def check_writable(path: Path, instead: str) -> None:
    """Go on only if a file can be written, or made.

    Args:
        instead: what a person can do, one line.

    Raises:
        ConfigError: it cannot.
    """
    file = target(path)
    if file.exists():
        fine = bool(file.stat().st_mode & _WRITABLE) and os.access(file, os.W_OK)
    else:
        folder = next(parent for parent in file.parents if parent.exists())
        fine = folder.is_dir() and bool(folder.stat().st_mode & _WRITABLE) and os.access(folder, os.W_OK)
    if not fine:
        raise ConfigError(f"{path}: is read-only, so nothing was changed", instead)


def put(path: Path, data: bytes, *, mode: int = 0o644, mtime_ns: int | None = None) -> None:
    """Write a file, or make it.

    Args:
        mode: of a file that is not there yet.
        mtime_ns: the time of change that it shall show.

    Raises:
        OSError: it cannot be written.
    """
    file = target(path)
    before = file.stat() if file.exists() else None
    if before is not None and (before.st_nlink > 1 or not os.access(file.parent, os.W_OK)):
        with file.open("r+b") as stream:  # another name of the same file, or a folder that takes no new file
            stream.write(data)
            stream.truncate()
            os.fsync(stream.fileno())
        _dated(file, mtime_ns)
    else:
        _replace(file, data, mode if before is None else before.st_mode & 0o7777, before, mtime_ns)


def left_over(file: Path) -> str:
    """How the names of files begin in which a killed write left what `file` was to hold; the process follows."""
    return f".{file.name}.slopguard-"


def tidy(file: Path) -> None:
    """Take away what killed writes of a file left beside it."""
    for fresh in file.parent.glob(f"{glob.escape(left_over(file))}*"):
        with suppress(OSError):
            fresh.unlink()


def make_folder(folder: Path) -> list[Path]:
    """Make a folder; those that were not there before, outermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _dated(file: Path, mtime_ns: int | None) -> None:
    if mtime_ns is not None:
        os.utime(file, ns=(file.stat().st_atime_ns, mtime_ns))


def _replace(target: Path, data: bytes, mode: int, before: os.stat_result | None, mtime_ns: int | None) -> None:
    fresh = target.with_name(f"{left_over(target)}{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # settings and profiles may hold secrets
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if before is not None and (before.st_uid, before.st_gid) != (fresh.stat().st_uid, fresh.stat().st_gid):
            os.chown(fresh, before.st_uid, before.st_gid)
        fresh.chmod(mode)
        _dated(fresh, mtime_ns)  # first, or what is killed in between would never be dated
        fresh.replace(target)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
