"""One database with its four parts, and the one transaction in which an answer is written down."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.model import Actor, Ecosystem, Facts
from slopguard.store.db import Database, account_key
from slopguard.store.facts import FactStore
from slopguard.store.ledger import Entry, Ledger
from slopguard.store.suggestions import Suggested, Suggestions
from slopguard.store.watch import Watch

if TYPE_CHECKING:
    from slopguard.config import Settings


@dataclass(frozen=True, slots=True)
class Learned:
    """What answering taught: facts worth keeping, and names that do not exist."""

    facts: Sequence[tuple[Ecosystem, str, Facts]] = ()
    missing: Sequence[tuple[Ecosystem, str, Actor]] = ()


class Store:
    """The database of one `SLOPGUARD_HOME`.

    Args:
        home: the folder.
        scope: stands for the indexes whose recorded answers count, and for the account (see `facts`).
    """

    def __init__(self, home: Path, scope: str = "") -> None:
        self._lock = threading.Lock()
        self._database = Database(home)
        self.ledger = Ledger(self._database)
        self.watch = Watch(self._database)
        self.suggestions = Suggestions(self._database)
        self.facts = FactStore(self._database, scope)

    @classmethod
    def open(cls, settings: Settings) -> Store:
        """The store that these settings name; made when it does not exist.

        Raises:
            StoreError: it cannot be opened.
            ConfigError: it was written by a newer slopguard.
        """
        urls = [(eco.value, setting.url, setting.dates_from) for eco, setting in sorted(settings.upstream.items())]
        key = account_key(settings.account) if settings.account not in (None, settings.home) else b""
        trusted = repr((urls, settings.accepted_indexes, settings.private_indexes, key))
        return cls(settings.home, sha256(trusted.encode()).hexdigest())

    def write(
        self, entries: Iterable[Entry], learned: Learned, now: datetime, suggestions: Sequence[Suggested] = ()
    ) -> None:
        """Write answers, what they taught and who suggested it; all of it is on disk when this returns.

        Raises:
            StoreError: it is not.
        """
        with self._lock:
            fresh = self.ledger.unwritten(entries)
            if not fresh and not suggestions:
                return
            with self._database.write() as connection:
                self.ledger.append_within(connection, fresh)
                self.watch.prune_within(connection, now)
                self.watch.observe_within(connection, learned.missing, now)
                self.facts.keep_within(connection, learned.facts)
                self.suggestions.add_within(connection, suggestions)
            self.ledger.committed()

    def probe(self) -> None:
        """Make sure that answers can be written.

        Raises:
            StoreError: they cannot.
        """
        self._database.probe()

    def close(self) -> None:
        """Write what is still counted in memory and close the database.

        Raises:
            StoreError: it could not be written.
        """
        try:
            with self._lock:
                self.ledger.close()
        finally:
            self._database.close()
