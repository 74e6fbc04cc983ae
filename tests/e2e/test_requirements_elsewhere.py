"""A package of a trusted index that requires something by URL or repository: the client never fetches it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.world import NODE, PYTHON, World, for_clients
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

EVIL, PARENT = "sg-evil", "sg-parent"
VERSIONS = (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300))


@pytest.fixture
def rogue(world: World) -> Iterator[PyPI | Npm]:
    """A registry that nobody configured; installing what it holds leaves a marker."""
    made = Npm(markers=world.box.markers) if world.ecosystem == "npm" else PyPI(markers=world.box.markers)
    with made as registry:
        World(world.box, registry).release(EVIL, armed=True)
        yield registry


@for_clients(PYTHON)
@pytest.mark.parametrize("kind", ["metadata", "wheel", "sdist", "build"])
def test_a_direct_reference_in_a_file_of_an_index_is_refused(world: World, rogue: PyPI | Npm, kind: str) -> None:
    assert isinstance(world.registry, PyPI)
    place = f"{EVIL} @ {rogue.server.origin}/files/{EVIL}/sg_evil-1.0.0.tar.gz"
    archive = kind in ("sdist", "build")
    for version, days in VERSIONS:
        world.registry.add(
            PARENT,
            version,
            days_old=days,
            requires=[] if kind == "build" else [place],
            build_requires=[place] if kind == "build" else [],
            wheels=() if archive else ("py3-none-any",),
            source=archive,
            core_metadata_file=kind == "metadata",
        )
    ran = world.install(PARENT)
    assert ran.rc == 1, ran
    assert rogue.requests == [], ran
    assert world.box.installed == {}, ran
    assert world.box.traces == [], ran
    if not (kind == "wheel" and world.box.client.family == "uv"):  # which refuses it in its own words
        world.refuses(ran, 1, "foreign-source", EVIL)


@for_clients([*NODE, ("npm", "machine")])
@pytest.mark.parametrize("table", ["dependencies", "optionalDependencies", "peerDependencies"])
@pytest.mark.parametrize("scheme", ["", "git+", "npm:x@"])
def test_a_version_that_requires_a_url_steps_back(world: World, rogue: PyPI | Npm, table: str, scheme: str) -> None:
    assert isinstance(world.registry, Npm)
    place = f"{scheme}{rogue.server.origin}/{EVIL}/-/{EVIL}-1.0.0.tgz"
    for version, days in VERSIONS[:2]:
        world.registry.add(PARENT, version, days_old=days)
    world.registry.add(PARENT, "1.2.0", days_old=300, **{table: {EVIL: place}})
    ran = world.install(PARENT)
    assert ran.rc == 0, ran
    assert world.box.installed == {PARENT: "1.1.0"}, ran
    assert any("(foreign-source)" in line for line in ran.lines), ran
    pinned = world.install(world.exactly(PARENT, "1.2.0"))
    assert pinned.rc == 1, pinned
    assert world.box.installed == {PARENT: "1.1.0"}, pinned
    assert rogue.requests == []
