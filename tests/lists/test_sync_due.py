"""A list that is carried, fetched by one process at a time, fetched when it is due; what arrived; readers meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import filelock
import pytest

from slopguard.config import ListSource
from slopguard.errors import ListExpired, ListInvalid, StoreError
from slopguard.lists import checks, pack, sync
from slopguard.lists.checks import Check
from tests.lists.machine import Machine
from tests.simulators.lists_repository import ListsRepository, ListsServer, key
from tests.simulators.server import Break, Fault

NOW = datetime.now(UTC)


@pytest.fixture
def acme() -> ListsRepository:
    return ListsRepository()


@pytest.fixture
def server(acme: ListsRepository) -> Iterator[ListsServer]:
    with acme.served() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, acme: ListsRepository, server: ListsServer) -> Machine:
    return Machine(tmp_path, acme, server.url)


# ------------------------------------------------------------------ one pack, carried


def test_a_pack_is_carried_to_a_machine_without_network(tmp_path: Path, acme: ListsRepository) -> None:
    carried = tmp_path / "usb.pack"
    pack.write(carried, acme.files())
    machine = Machine(tmp_path, acme, "http://lists.example/")
    assert machine.sync(carried=carried).after.name == "acme"
    assert machine.installed()
    assert checks.read(machine.place.checked).checked is None  # the publisher itself was not asked


def test_so_is_a_published_folder(tmp_path: Path, acme: ListsRepository) -> None:
    acme.write(tmp_path / "usb")
    assert Machine(tmp_path, acme, "http://lists.example/").sync(carried=tmp_path / "usb")


def test_a_carried_pack_is_checked_like_any_other(tmp_path: Path, acme: ListsRepository) -> None:
    carried, old = tmp_path / "usb.pack", acme.files()
    acme.publish()
    machine = Machine(tmp_path, acme)
    machine.sync()
    pack.write(carried, old)
    machine.refuses_to_sync("older than what was seen before", ListInvalid, carried=carried)
    pack.write(carried, ListsRepository().files())
    machine.refuses_to_sync("does not start at the root", ListInvalid, carried=carried)
    carried.write_bytes(b"x")
    machine.refuses_to_sync("holds something else", ListInvalid, carried=carried)


def test_a_carried_pack_is_not_older_than_the_list_that_is_there(tmp_path: Path, acme: ListsRepository) -> None:
    """Whoever was killed between pack and floor left a new list above an old floor, or none."""
    carried, old = tmp_path / "usb.pack", acme.files()
    acme.publish()
    machine = Machine(tmp_path, acme)
    machine.sync()
    machine.place.floor.unlink()
    pack.write(carried, old)
    before = machine.place.pack.read_bytes()
    with pytest.raises(ListInvalid, match="older than what was seen before"):
        machine.sync(carried=carried)
    assert machine.place.pack.read_bytes() == before


def test_a_carried_pack_may_have_ended_on_its_way_but_not_beyond_the_grace(tmp_path: Path) -> None:
    acme = ListsRepository(now=NOW - timedelta(days=12))
    carried = tmp_path / "usb.pack"
    pack.write(carried, acme.files())
    machine = Machine(tmp_path, acme)
    assert machine.sync(carried=carried)
    machine.refuses_to_sync("ended on", ListExpired, carried=carried, now=NOW + timedelta(days=10))


# ------------------------------------------------------------------ alone


def test_another_process_that_fetches_is_waited_for_and_then_given_up(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "BUSY", 0.05)
    machine.place.lock.parent.mkdir(parents=True)
    with filelock.FileLock(machine.place.lock):
        machine.refuses_to_sync("another process is fetching", StoreError)
        sync.refresh_if_due(replace(machine.settings, timeout=0.05), NOW)
    assert not machine.place.pack.exists()
    assert machine.sync()


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, acme: ListsRepository) -> None:
    (tmp_path / "file").write_text("")
    machine = Machine(tmp_path, acme, home=tmp_path / "file")
    with pytest.raises(StoreError, match="cannot be made"):
        machine.sync()
    sync.refresh_if_due(machine.settings, NOW)
    assert (tmp_path / "file").read_text() == ""


def test_a_floor_that_cannot_be_written_leaves_the_pack_as_it_was(tmp_path: Path, acme: ListsRepository) -> None:
    (tmp_path / "file").write_text("")
    Machine(tmp_path, acme, user=tmp_path / "file").refuses_to_sync("cannot be locked", StoreError)


def test_a_damaged_floor_is_no_empty_floor_until_a_person_says_so(machine: Machine) -> None:
    machine.sync()
    machine.place.floor.write_text("{}")
    machine.refuses_to_sync("damaged", ListInvalid)
    with pytest.raises(ListInvalid, match="damaged"):
        machine.installed()
    machine.sync(anew=True)
    assert machine.installed()


def test_a_person_who_forgets_the_floor_gets_the_older_list(machine: Machine, acme: ListsRepository) -> None:
    old = dict(acme.published)
    acme.publish()
    machine.sync()
    for path in set(acme.published) - set(old):
        del acme.published[path]
    acme.published |= old
    machine.refuses_to_sync("older than what was seen before", ListInvalid)
    assert machine.sync(anew=True).after.versions["timestamp"] == 1
    assert machine.seen().versions["timestamp"] == 1


# ------------------------------------------------------------------ when it is due


def test_a_guarded_command_fetches_what_is_missing_and_what_is_old(machine: Machine, server: ListsServer) -> None:
    sync.refresh_if_due(machine.settings, NOW)
    assert machine.installed()
    server.requests.clear()
    sync.refresh_if_due(machine.settings, NOW + timedelta(hours=5, minutes=59))
    assert server.requests == []
    sync.refresh_if_due(machine.settings, NOW + timedelta(hours=6))
    assert "metadata/timestamp.json" in server.asked


def test_what_it_brought_that_denies_is_told(machine: Machine, acme: ListsRepository) -> None:
    assert len(sync.refresh_if_due(machine.settings, NOW)) == 2
    acme.rows["watch"].append("pypi\tworse\tdeny\trule=malicious")
    acme.publish()
    later = NOW + timedelta(hours=7)
    assert sync.refresh_if_due(machine.settings, later) == (b"pypi\tworse\tdeny\trule=malicious",)
    assert sync.refresh_if_due(machine.settings, later) == ()


def test_offline_and_without_sources_nothing_is_asked(machine: Machine, server: ListsServer) -> None:
    sync.refresh_if_due(replace(machine.settings, offline=True), NOW)
    sync.refresh_if_due(replace(machine.settings, list_sources=()), NOW)
    sync.refresh_if_due(replace(machine.settings, list_sources=(ListSource(server.url, "sha256:x"),)), NOW)
    assert server.requests == []
    assert not machine.place.pack.exists()


def test_a_server_that_is_down_is_asked_every_ten_minutes_at_most(machine: Machine, server: ListsServer) -> None:
    server.faults = [Fault("*", Break.STATUS, 503)]
    asked = []
    for minutes in (0, 1, 9, 10, 15, 25):
        server.requests.clear()
        sync.refresh_if_due(machine.settings, NOW + timedelta(minutes=minutes))
        asked.append(len(server.requests))
    assert asked == [1, 0, 0, 1, 0, 1]


def test_a_list_that_cannot_be_verified_any_more_is_fetched_by_the_next_guarded_command(machine: Machine) -> None:
    sync.refresh_if_due(machine.settings, NOW)
    machine.place.pack.write_bytes(machine.place.pack.read_bytes()[:-1])
    with pytest.raises(ListInvalid):
        machine.installed()
    sync.refresh_if_due(machine.settings, NOW + timedelta(minutes=1))
    assert machine.installed()


def test_a_pack_that_was_deleted_is_fetched_at_once(machine: Machine) -> None:
    sync.refresh_if_due(machine.settings, NOW)
    machine.place.pack.unlink()
    sync.refresh_if_due(machine.settings, NOW + timedelta(minutes=1))
    assert machine.installed()


def test_mirrors_of_one_list_are_tried_in_turn(tmp_path: Path, acme: ListsRepository, server: ListsServer) -> None:
    machine = Machine(tmp_path, acme, server.url)
    down = ListSource("http://127.0.0.1:9/", machine.source.root)
    settings = replace(machine.settings, list_sources=(down, machine.source))
    sync.refresh_if_due(settings, NOW)
    assert machine.installed()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tried": 7, "checked": "x"}', '{"tried": null, "checked": null}'])
def test_a_note_that_cannot_be_read_means_that_it_is_due(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.checked"
    path.write_text(text)
    assert checks.read(path) == Check()
    assert checks.read(path).due(NOW)


def test_a_note_from_the_future_or_without_a_zone_holds_nobody_up(tmp_path: Path) -> None:
    assert Check(NOW + timedelta(days=1), NOW + timedelta(days=1)).due(NOW)
    path = tmp_path / "x.checked"
    path.write_text('{"tried": null, "checked": "2026-11-25T12:00:00"}')
    assert checks.read(path).checked == datetime(2026, 11, 25, 12, tzinfo=UTC)


# ------------------------------------------------------------------ what arrived


def test_the_deny_rows_that_are_new_are_told(machine: Machine, acme: ListsRepository) -> None:
    first = machine.sync()
    assert sync.arrived(first.before, first.after) == (
        b"npm\tbad\tdeny\trule=malicious",
        b"pypi\tevil\tdeny\trule=malicious\tid=MAL-1",
    )
    acme.rows["common"] += ["pypi\tdeny\tallow", "pypi\tworse\tdeny\trule=malicious"]
    acme.rows["payments"].append("npm\tx\tdeny\trule=denied")
    acme.publish()
    done = machine.sync()
    assert sync.arrived(done.before, done.after) == (
        b"npm\tx\tdeny\trule=denied",
        b"pypi\tworse\tdeny\trule=malicious",
    )
    assert sync.arrived(done.after, done.after) == ()


def test_fifty_readers_see_wholly_the_old_or_wholly_the_new_list(tmp_path: Path) -> None:
    acme = ListsRepository()
    machine = Machine(tmp_path, acme)

    def generation(number: int) -> None:
        for role in ("common", "payments", "watch"):
            acme.rows[role] = [f"pypi\tgeneration-{number}\tdeny\trule=denied"]
        acme.publish()
        machine.sync()

    def read() -> None:
        while not stop.wait(0.1):
            found = machine.installed()
            seen.append({bundle.data for bundle in found.bundles})

    generation(0)
    seen: list[set[bytes]] = []
    stop = threading.Event()
    readers = [threading.Thread(target=read) for _ in range(50)]
    for each in readers:
        each.start()
    try:
        for number in range(1, 1000):  # ends with everybody having read, or fails below
            generation(number)
            if number >= 5 and len(seen) >= 200:
                break
    finally:
        stop.set()
        for each in readers:
            each.join()
    assert len(seen) >= 50
    assert [mixed for mixed in seen if len(mixed) != 1] == []


def test_a_key_of_another_kind_is_no_surprise(machine: Machine, acme: ListsRepository) -> None:
    """A root that names keys python-tuf cannot use is refused like any other that is not signed."""
    machine.sync()
    acme.keys["timestamp"] = [key()]
    acme.publish_root()
    acme.publish()
    machine.refuses_to_sync("not signed by enough of the right keys", ListInvalid)
