"""One machine that uses signed lists: its folders, its settings, and what is planted on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slopguard.config import ListSource, Settings
from slopguard.errors import SlopguardError
from slopguard.lists import floor, pack
from slopguard.lists.places import place
from slopguard.lists.sources import Installed, installed
from slopguard.lists.sync import Synced, sync
from tests.simulators.lists_repository import ListsRepository


class Machine:
    """A machine whose settings name one publisher.

    Args:
        root: its folders are made in here.
        publisher: whose root was accepted.
        url: where its lists are fetched from.
    """

    def __init__(self, root: Path, publisher: ListsRepository, url: str = "", **settings: object) -> None:
        self.publisher = publisher
        source = ListSource(url or publisher.write(root / "published"), f"sha256:{publisher.pin}")
        self.settings = Settings(
            home=root / "home", user=root / "user", list_sources=(source,), list_teams=("payments",), timeout=5.0
        )
        self.settings = replace(self.settings, **settings)  # type: ignore[arg-type]  # fields of Settings by keyword
        self.place = place(self.settings, source)
        self.folder = root / "published"

    @property
    def source(self) -> ListSource:
        return self.settings.list_sources[0]

    def sync(self, now: datetime | None = None, **more: object) -> Synced:
        """Fetch what is published now."""
        self.publisher.write(self.folder)
        return sync(self.settings, self.source, now or datetime.now(UTC), **more)  # type: ignore[arg-type]

    def plant(self, files: Mapping[str, bytes]) -> None:
        """Put a pack where the verified one lies, as whoever can write there."""
        pack.write(self.place.pack, files)

    def installed(self, now: datetime | None = None) -> Installed:
        return installed(self.settings, now or datetime.now(UTC))

    def state(self) -> tuple[bytes, bytes]:
        """What a failed sync must leave as it was."""
        return self.place.pack.read_bytes(), self.place.floor.read_bytes()

    def refuses_to_sync(self, says: str, error: type[SlopguardError], **more: object) -> None:
        """It fails, says so in these words, and leaves everything as it was."""
        before = self.state() if self.place.pack.exists() else None
        with pytest.raises(error, match=says):
            self.sync(**more)  # type: ignore[arg-type]
        assert before is None or self.state() == before
        assert before is not None or not self.place.pack.exists()

    def refuses_planted(self, files: Mapping[str, bytes], says: str, error: type[SlopguardError]) -> None:
        """The same list in the place of the verified one is refused by whoever judges with it."""
        self.plant(files)
        with pytest.raises(error, match=says):
            self.installed()

    def seen(self) -> floor.Floor:
        return floor.read(self.place.floor)
