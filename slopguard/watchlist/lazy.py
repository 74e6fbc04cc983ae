"""The watchlist as a judge holds it: nothing of it is loaded, let alone opened, where there is no file.

Start-up is a feature: most commands run where nobody made a watchlist. Invariant: a file that appears later is read.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.model import Ecosystem, WatchRow

if TYPE_CHECKING:
    from slopguard.watchlist.reading import Reader

FILE = "watch.db"
"""As in `layout`, which is not loaded for its sake."""


class Lookup:
    """Looks names up in the watchlist of one `SLOPGUARD_HOME`, if there is one."""

    def __init__(self, home: Path) -> None:
        self._home, self._place = home, os.fspath(home / FILE)
        self._lock = threading.Lock()
        self._found: Reader | None = None

    def get(self, ecosystem: Ecosystem, name: str, now: datetime) -> WatchRow | None:
        """As `Reader.get`.

        Raises:
            StoreError: the file cannot be read, or makes no sense.
            ConfigError: a newer slopguard wrote it.
        """
        reader = self._found or self._reader()
        return reader.get(ecosystem, name, now) if reader is not None else None

    def expect(self, names: Iterable[tuple[Ecosystem, str]]) -> None:
        """As `Reader.expect`.

        Raises:
            StoreError: the file cannot be read.
            ConfigError: a newer slopguard wrote it.
        """
        reader = self._found or self._reader()
        if reader is not None:
            reader.expect(names)

    def close(self) -> None:
        """Close the file; the next look-up opens it again."""
        if self._found is not None:
            self._found.close()

    def _reader(self) -> Reader | None:
        if not os.path.lexists(self._place):
            return None
        from slopguard.watchlist.reading import Reader

        with self._lock:
            self._found = self._found or Reader(self._home)
        return self._found
