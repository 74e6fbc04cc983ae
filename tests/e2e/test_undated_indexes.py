"""An index that does not say when its files appeared: quarantine, until a trusted layer says where dates come from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break

pytestmark = pytest.mark.clients

CLIENTS = [("pip", "newest"), ("uv", "newest"), ("npm", "newest")]
NAME = "sg-alpha"


@pytest.fixture
def dates(world: World) -> Iterator[PyPI | Npm]:
    """Another index, with dates; the world's own has none."""
    if isinstance(world.registry, PyPI):
        world.registry.speaks = "html"
    else:
        world.registry.dated = False
    with type(world.registry)(markers=world.box.markers) as registry:
        yield registry


def settings(world: World, line: str) -> str:
    return f"timeout = 2\n[upstream.{world.ecosystem}]\n{line}\n"


@for_clients(CLIENTS)
def test_without_dates_nothing_is_established(world: World, dates: PyPI | Npm) -> None:
    world.established(NAME)
    world.refuses_all(world.install(NAME), 3, "no-dates", NAME)
    assert dates.requests == []


@for_clients(CLIENTS)
def test_dates_may_come_from_another_index_for_the_very_same_files(world: World, dates: PyPI | Npm) -> None:
    world.established(NAME)
    World(world.box, dates).established(NAME)
    world.box.settings(settings(world, f'dates_from = "{dates.url}"'))
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.2.0"}
    assert dates.downloads == []


@for_clients(CLIENTS[1:])
def test_dates_of_other_files_under_the_same_name_do_not_count(world: World, dates: PyPI | Npm) -> None:
    """A version that only the undated index has, and one whose bytes differ, stay without a date."""
    world.established(NAME)
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        World(world.box, dates).release(NAME, version, days_old=900, needs={"sg-other": ""})
    world.box.settings(settings(world, f'dates_from = "{dates.url}"'))
    world.refuses_all(world.install(NAME), 3, "no-dates", NAME)


@for_clients(CLIENTS[1:])
def test_a_young_version_is_stepped_over_by_dates_from_elsewhere(world: World, dates: PyPI | Npm) -> None:
    for registry in (world.registry, dates):
        World(world.box, registry).established(NAME)
        World(world.box, registry).release(NAME, "1.3.0", hours_old=5)
    world.box.settings(settings(world, f'dates_from = "{dates.url}"'))
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.2.0"}


@for_clients(CLIENTS[1:])
def test_a_source_of_dates_that_does_not_answer_leaves_it_unchecked(world: World, dates: PyPI | Npm) -> None:
    world.established(NAME)
    dates.fail("*", Break.STATUS, status=503)
    world.box.settings(settings(world, f'dates_from = "{dates.url}"'))
    world.refuses_all(world.install(NAME), 4, "upstream-down", NAME)


@for_clients(CLIENTS[1:])
def test_a_curated_index_owes_no_dates_for_what_a_list_allows(world: World, dates: PyPI | Npm) -> None:
    """Nothing becomes established by that: of unknown age is not old."""
    world.release(NAME, "1.0.0")
    world.established("sg-other")
    command, rows = world.box.install(NAME), f"{world.ecosystem} {NAME} allow"
    world.refuses_all(world.box.guarded(*command, rows=rows), 3, "no-dates", NAME)
    world.box.settings(settings(world, "curated = true"))
    ran = world.box.guarded(*command, rows=rows)
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.0.0"}
    world.refuses(world.install("sg-other"), 3, "unverified", "sg-other")


@for_clients(CLIENTS[:1])
def test_a_project_decides_none_of_this(world: World, dates: PyPI | Npm) -> None:
    world.established(NAME)
    World(world.box, dates).established(NAME)
    for key, value in (("dates_from", f'"{dates.url}"'), ("curated", "true"), ("url", f'"{dates.url}"')):
        world.box.write("slopguard.toml", f"[upstream.pypi]\n{key} = {value}\n")
        ran = world.install(NAME)
        assert ran.rc == 2, ran
        assert f"upstream.pypi.{key}" in ran.err, ran
        assert world.box.installed == {}
    assert dates.requests == []
