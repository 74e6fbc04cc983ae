"""The two ways to a verdict on an agent's call: a daemon that is up, and the hook's own process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slopguard.agents import verdicts
from slopguard.daemon.near import Near
from slopguard.daemon.places import Places
from slopguard.daemon.questions import Answers, Questions
from slopguard.store import Entry, Store
from slopguard.store.suggestions import Suggested
from tests.agents.machine import Machine, machine_in
from tests.daemon.house import House
from tests.simulators import warm

DAEMON, HERE = "daemon", "here"
WAYS = (DAEMON, HERE)
PATH = os.environ.get("PATH", os.defpath)


class Beside(House):
    """The daemons of a machine."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine.root)
        self.home, self.places = machine.data, Places(machine.data)
        self.env["SLOPGUARD_HOME"] = str(machine.data)


@dataclass(frozen=True)
class World:
    """A machine, its daemons, and the way that its hooks take."""

    machine: Machine
    house: Beside
    patch: pytest.MonkeyPatch

    def online(self, address: str) -> None:
        """Give pip an index."""
        self.patch.delenv("SLOPGUARD_OFFLINE")
        self.patch.setenv("PATH", PATH)
        folder = self.machine.root / ".config" / "pip"
        folder.mkdir(parents=True)
        (folder / "pip.conf").write_text(f"[global]\nindex-url = {address}\n", encoding="utf-8")

    def start(self) -> None:
        """See that a daemon is up, and that hooks use one."""
        self.patch.setenv("SLOPGUARD_DAEMON", "60")
        with warm.copies():
            host = self.house.host()
        assert host is not None
        host.close()

    def ledger(self) -> list[Entry]:
        """What the ledger says, but for the time and what hangs on the place of the folder."""
        rows = Store(self.machine.data).ledger.rows()
        return [replace(row, time="", config="", files=tuple(map(self._placeless, row.files))) for row in rows]

    def _placeless(self, text: str) -> str:
        return text.replace(str(self.machine.root), "ROOT")

    def suggested(self) -> list[Suggested]:
        """What was suggested, but for the time."""
        rows = Store(self.machine.data).suggestions.rows()
        return [replace(row, time=datetime.min.replace(tzinfo=UTC)) for row in rows]


@contextmanager
def world_in(root: Path) -> Iterator[World]:
    """A machine on which nobody took a way yet: hooks judge by themselves, and start no daemon."""
    with machine_in(root) as machine, pytest.MonkeyPatch.context() as patch:
        house = Beside(machine)
        try:
            yield World(machine, house, patch)
        finally:
            house.close()
            shutil.rmtree(machine.data, ignore_errors=True)


@contextmanager
def way_in(root: Path, way: str) -> Iterator[World]:
    """A machine whose hooks take one way, and fail where they would take the other."""
    with world_in(root) as world:
        world.patch.setenv("SLOPGUARD_DEBUG", "1")
        if way == DAEMON:
            world.start()
            world.patch.setattr(verdicts, "_here", _never)
        else:
            world.patch.setattr(Near, "_answers", _never)
        yield world


def _never(*_: object) -> Answers:
    raise AssertionError("the other way was taken")


def counted(world: World) -> list[Questions]:
    """From now on every question that is answered in the hook's own process."""
    asked: list[Questions] = []
    real = verdicts._here

    def here(questions: Questions) -> Answers:
        asked.append(questions)
        return real(questions)

    world.patch.setattr(verdicts, "_here", here)
    return asked
