"""What a poll needs of this machine: its indexes, its watched names, what the radar remembers, who is told."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slopguard.check.facts import indexes_of
from slopguard.config import Settings
from slopguard.errors import EnvironmentFailed
from slopguard.indexes import Index
from slopguard.model import Ecosystem
from slopguard.radar.memory import Memory
from slopguard.radar.on_this_machine import OnThisMachine
from slopguard.radar.webhook import Webhook, secret_of
from slopguard.store import Store
from slopguard.watchlist.watchlist import Watchlist


@dataclass(slots=True)
class Machine:
    """See the module."""

    settings: Settings
    memory: Memory
    watched: OnThisMachine

    def indexes(self, ecosystems: Iterable[Ecosystem]) -> tuple[list[Index], dict[Ecosystem, EnvironmentFailed]]:
        """The indexes that the clients use here, and of which ecosystems there are watched names but no client.

        Raises:
            ConfigError: a client's configuration cannot be read.
        """
        found: list[Index] = []
        deaf: dict[Ecosystem, EnvironmentFailed] = {}
        for ecosystem in ecosystems:
            if next(iter(self.watched.targets(ecosystem)), None) is None:
                continue
            try:
                found += indexes_of(ecosystem, self.settings, Path.cwd())
            except EnvironmentFailed as why:
                deaf[ecosystem] = why
        return found, deaf

    def webhook(self) -> Webhook | None:
        """Who is told of alarms, `None` if nobody.

        Raises:
            ConfigError: what they are to be signed with is not there.
        """
        said = self.settings.radar
        if said.webhook is None:
            return None
        secret = secret_of(said.webhook_secret, os.environ, self.settings.home)
        return Webhook(said.webhook, secret, self.settings.timeout)


@contextmanager
def opened(settings: Settings) -> Iterator[Machine]:
    """The machine that the settings are for, its files open while the block runs.

    Raises:
        StoreError: one of them cannot be opened.
        ConfigError: a newer slopguard wrote it.
    """
    store = Store.open(settings)
    try:
        with Watchlist(settings.home) as watchlist, Memory(settings.home) as memory:
            yield Machine(settings, memory, OnThisMachine(watchlist, store.watch))
    finally:
        store.close()
