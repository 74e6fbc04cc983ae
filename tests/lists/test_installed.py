"""Which fetched lists count on a machine, until when, and what it says about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.config import ListSource
from slopguard.errors import ListInvalid
from slopguard.lists.sources import installed
from slopguard.lists.sync import sync
from slopguard.model import Actor
from tests.lists.machine import Machine
from tests.simulators.lists_repository import ListsRepository

DAY = timedelta(days=1)
EVERYTHING = {"acme/common", "acme/payments", "acme/watch"}


@pytest.fixture
def acme() -> ListsRepository:
    return ListsRepository()


@pytest.fixture
def machine(tmp_path: Path, acme: ListsRepository) -> Machine:
    machine = Machine(tmp_path, acme)
    machine.sync()
    return machine


def test_a_fresh_list_counts_and_nothing_is_said(machine: Machine) -> None:
    found = machine.installed()
    assert [bundle.name for bundle in found.bundles] == ["acme/common", "acme/payments", "acme/watch"]
    assert (found.stale, found.notes) == (frozenset(), ())


def test_a_list_that_was_not_fetched_is_an_error_that_says_what_to_do(tmp_path: Path, acme: ListsRepository) -> None:
    with pytest.raises(ListInvalid, match="were not fetched yet") as caught:
        Machine(tmp_path, acme).installed()
    assert "slopguard lists sync" in caught.value.diagnosis()


def test_past_its_end_it_counts_for_two_weeks_and_that_is_said(machine: Machine, acme: ListsRepository) -> None:
    end = acme.now + 7 * DAY
    found = machine.installed(end + DAY)
    assert found.stale == frozenset()
    said = f"slopguard: NOTE lists 'acme' ended on {end:%Y-%m-%d}; they count until {end + 14 * DAY:%Y-%m-%d}"
    assert found.notes == (f"{said}. Next: slopguard lists sync",)
    assert machine.installed(end - timedelta(seconds=1)).notes == ()


def test_after_that_nothing_is_allowed_by_it_any_more(machine: Machine, acme: ListsRepository) -> None:
    end = acme.now + 7 * DAY
    assert machine.installed(end + 14 * DAY - timedelta(seconds=1)).stale == frozenset()
    found = machine.installed(end + 14 * DAY)
    assert found.stale == EVERYTHING
    said = f"slopguard: NOTE lists 'acme' ended on {end:%Y-%m-%d}: what they allow no longer counts"
    assert found.notes == (f"{said}. Next: slopguard lists sync",)
    assert len(found.bundles) == 3


@pytest.mark.parametrize(("actor", "days"), [(Actor.CI, 2), (Actor.HUMAN, 14), (Actor.AGENT, 14)])
def test_ci_has_two_days(machine: Machine, acme: ListsRepository, actor: Actor, days: int) -> None:
    settings = replace(machine.settings, actor=actor)
    end = acme.now + 7 * DAY
    assert installed(settings, end + days * DAY - timedelta(minutes=1)).stale == frozenset()
    assert installed(settings, end + days * DAY).stale == EVERYTHING


def test_a_team_that_signs_no_more_loses_its_own_list_only(tmp_path: Path, acme: ListsRepository) -> None:
    acme.ends = dict.fromkeys(acme.versions, acme.now + 365 * DAY) | {"payments": acme.now + DAY}
    acme.publish()
    machine = Machine(tmp_path, acme)
    machine.sync()
    assert "lists 'acme/payments' ended on" in machine.installed(acme.now + 2 * DAY).notes[0]
    assert machine.installed(acme.now + 20 * DAY).stale == {"acme/payments"}


def test_several_lists_that_end_apart_are_told_apart(tmp_path: Path, acme: ListsRepository) -> None:
    acme.ends = dict.fromkeys(acme.versions, acme.now + 365 * DAY)
    acme.ends |= {"payments": acme.now + DAY, "watch": acme.now + DAY}
    acme.publish()
    machine = Machine(tmp_path, acme)
    machine.sync()
    assert "lists 'acme/payments', 'acme/watch' ended on" in machine.installed(acme.now + 2 * DAY).notes[0]
    assert [note[16:28] for note in machine.installed(acme.now + 400 * DAY).notes] == ["lists 'acme/", "lists 'acme/"]


def test_a_clock_a_little_behind_is_no_matter_and_one_far_behind_is(machine: Machine, acme: ListsRepository) -> None:
    assert machine.installed(acme.now - timedelta(hours=23)).stale == frozenset()
    found = machine.installed(acme.now - timedelta(hours=25))
    assert found.stale == EVERYTHING
    assert found.notes[0].endswith("they allow nothing. Correct the clock. Next: date -u")


def test_every_note_is_one_short_line_of_plain_letters(machine: Machine, acme: ListsRepository) -> None:
    for days in (-400, 8, 400):
        for note in machine.installed(acme.now + days * DAY).notes:
            assert note.isascii()
            assert note.isprintable()
            assert len(note) <= 200


def test_a_team_that_no_publisher_has_is_named(tmp_path: Path, acme: ListsRepository) -> None:
    machine = Machine(tmp_path, acme, list_teams=("payments", "paymentz\n"))
    machine.sync()
    with pytest.raises(ListInvalid, match=r"has a team 'paymentz\\x0a'") as caught:
        machine.installed()
    assert "Correct teams in your settings" in caught.value.diagnosis()


def test_a_team_may_be_at_either_of_two_publishers(tmp_path: Path) -> None:
    one = Machine(tmp_path / "one", ListsRepository())
    other = Machine(tmp_path / "other", ListsRepository("zeta", teams=("web",)))
    both = replace(one.settings, list_sources=(one.source, other.source), list_teams=("payments", "web"))
    for source in both.list_sources:
        sync(both, source, datetime.now(UTC))
    found = installed(both, datetime.now(UTC))
    assert [bundle.name for bundle in found.bundles] == [
        "acme/common",
        "acme/payments",
        "acme/watch",
        "zeta/common",
        "zeta/web",
        "zeta/watch",
    ]


def test_two_publishers_of_one_name_are_refused(tmp_path: Path) -> None:
    one, other = (Machine(tmp_path / name, ListsRepository()) for name in ("one", "other"))
    both = replace(one.settings, list_sources=(one.source, other.source))
    for source in both.list_sources:
        sync(both, source, datetime.now(UTC))
    with pytest.raises(ListInvalid, match="the same name"):
        installed(both, datetime.now(UTC))


def test_two_addresses_of_one_root_are_one_list(machine: Machine) -> None:
    mirror = ListSource("https://mirror.example/", machine.source.root)
    both = replace(machine.settings, list_sources=(mirror, machine.source))
    assert len(installed(both, datetime.now(UTC)).bundles) == 3


def test_without_a_settings_folder_the_floor_lies_with_the_lists(tmp_path: Path, acme: ListsRepository) -> None:
    machine = Machine(tmp_path, acme, user=None)
    machine.sync()
    assert machine.place.floor.parent == machine.place.pack.parent
    assert machine.installed()
