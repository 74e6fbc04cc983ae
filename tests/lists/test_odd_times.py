"""Times at the edges of what can be counted with, in lists, floors and notes: an answer, never a traceback."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slopguard.errors import ListInvalid
from slopguard.lists import checks, floor, pack
from slopguard.lists.floor import Floor
from slopguard.lists.sync import refresh_if_due
from tests.lists.machine import Machine
from tests.simulators.lists_repository import ListsRepository

LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
EDGES = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]


class ForEver(ListsRepository):
    """A publisher whose signatures end on the last day there is."""

    def _end(self, role: str) -> datetime:
        return LAST


def test_a_list_that_hardly_ever_ends_is_fetched_carried_and_used(tmp_path: Path) -> None:
    acme = ForEver()
    machine = Machine(tmp_path, acme)
    pack.write(tmp_path / "usb.pack", acme.files())
    machine.sync(carried=tmp_path / "usb.pack")
    assert machine.sync().after.expires.year > 8000
    assert machine.installed().notes == ()


@pytest.mark.parametrize("signed", [datetime(1999, 12, 31, tzinfo=UTC), LAST])
def test_a_list_that_was_signed_at_no_sensible_time_is_refused(tmp_path: Path, signed: datetime) -> None:
    acme = ListsRepository()
    machine = Machine(tmp_path, acme)
    machine.sync()
    acme.signed = signed
    acme.publish_timestamp()
    machine.refuses_to_sync("cannot be read as what it should be", ListInvalid)
    machine.refuses_planted(acme.files(), "cannot be read as what it should be", ListInvalid)


@pytest.mark.parametrize("signed", EDGES)
def test_a_floor_with_such_a_time_is_damaged(tmp_path: Path, signed: str) -> None:
    machine = Machine(tmp_path, ListsRepository())
    machine.sync()
    written = floor.packed(Floor(signed=datetime.fromisoformat(signed)))
    machine.place.floor.write_bytes(written)
    machine.refuses_to_sync("damaged", ListInvalid)


@pytest.mark.parametrize("moment", EDGES)
def test_a_note_with_such_a_time_means_that_it_is_due(tmp_path: Path, moment: str) -> None:
    machine = Machine(tmp_path, ListsRepository())
    machine.sync()
    machine.place.checked.write_text(json.dumps({"tried": moment, "checked": moment}))
    refresh_if_due(machine.settings, datetime.now(UTC))
    noted = checks.read(machine.place.checked).checked
    assert noted is not None
    assert noted.year not in (1, 9999)


@pytest.mark.parametrize("name", ["floor", "checked", "pack"])
def test_a_pipe_in_the_place_of_a_file_holds_nobody_up(tmp_path: Path, name: str) -> None:
    machine = Machine(tmp_path, ListsRepository())
    machine.sync()
    path: Path = getattr(machine.place, name)
    path.unlink()
    os.mkfifo(path)
    refresh_if_due(machine.settings, datetime.now(UTC))
    if name == "checked":
        assert checks.read(path).checked is not None
    else:
        with pytest.raises(ListInvalid):
            machine.installed()
