"""Files that only the user may read: what they accepted, their keys, what they let through.

Invariants: a write leaves the old content or the new, whole, and is on disk before it returns; the file is 0600 and
folders made for it are 0700; a new file never takes the place of one that is there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from slopguard.errors import ConfigError

NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def put(path: Path, data: bytes) -> None:
    """Write a file, or replace it as a whole.

    Raises:
        ConfigError: it cannot be written; what was there before still is.
    """
    try:
        with _Fresh(path, data) as fresh:
            fresh.replace(path)
    except OSError as why:
        raise _unwritable(path, why) from None


def put_new(path: Path, data: bytes) -> None:
    """Write a file that must not be there yet.

    Raises:
        ConfigError: it is there already, or cannot be written.
    """
    try:
        with _Fresh(path, data) as fresh:
            _link(fresh, path)
    except OSError as why:
        raise _unwritable(path, why) from None


def _link(fresh: Path, path: Path) -> None:
    """Give a file its second name; unlike a rename, this fails where something is in the way."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        raise ConfigError(f"{path}: is there already, and is not overwritten", "Choose another name") from None


def remove(path: Path) -> None:
    """Take a file away, if it is there.

    Raises:
        ConfigError: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as why:
        raise ConfigError(f"{path}: cannot be removed ({type(why).__name__})", "Check its folder") from None


class _Fresh:
    """The new content in a file of its own beside its place, which is gone afterwards."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._place = path.with_name(f".{path.name}.{os.getpid()}")
        self._data = data

    def __enter__(self) -> Path:
        self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(self._place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NO_LINK, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(self._data)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError:
            self._away()
            raise
        return self._place

    def __exit__(self, *error: object) -> None:
        self._away()

    def _away(self) -> None:
        with suppress(OSError):
            self._place.unlink(missing_ok=True)


def _unwritable(path: Path, why: OSError) -> ConfigError:
    return ConfigError(f"{path}: cannot be written ({type(why).__name__})", "Check its folder")
