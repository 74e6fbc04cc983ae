"""poetry: a package of a trusted index that requires something from a place of its own never gets it fetched."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.artefacts import Artefact
from tests.simulators.drivers.poetry import DRIVER
from tests.simulators.pypi import File, PyPI
from tests.simulators.registry import ago

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

BOTH = [("poetry", version) for version in DRIVER.versions]
EVIL, PARENT = "sg-evil", "sg-parent"
VERSIONS = (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300))
BACKEND = """import pathlib, zipfile
WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
ABOUT = "Metadata-Version: 2.1\\nName: sg-parent\\nVersion: VERSION\\nRequires-Dist: PLACE\\n"

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    inside = pathlib.Path(folder) / "sg_parent-VERSION.dist-info"
    inside.mkdir()
    (inside / "METADATA").write_text(ABOUT)
    return inside.name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "sg_parent-VERSION-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as archive:
        archive.writestr("sg_parent-VERSION.dist-info/METADATA", ABOUT)
        archive.writestr("sg_parent-VERSION.dist-info/WHEEL", WHEEL)
        archive.writestr("sg_parent-VERSION.dist-info/RECORD", "")
    return name
"""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.fixture
def rogue(world: World) -> Iterator[PyPI]:
    """A registry that nobody configured; installing what it holds leaves a marker."""
    with PyPI(markers=world.box.markers) as registry:
        World(world.box, registry).release(EVIL, armed=True)
        yield registry


def made_up(version: str, place: str) -> Artefact:
    """An sdist that says nothing about what it requires until it is built."""
    stem = f"sg_parent-{version}"
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {PARENT}\nVersion: {version}\n",
        "pyproject.toml": PROJECT,
        "backend.py": BACKEND.replace("VERSION", version).replace("PLACE", place),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{stem}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return Artefact(f"{stem}.tar.gz", buffer.getvalue())


@for_clients(BOTH)
@pytest.mark.parametrize("kind", ["metadata", "wheel", "sdist", "build"])
def test_a_direct_reference_in_a_file_is_refused(world: World, rogue: PyPI, kind: str) -> None:
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
    world.refuses(ran, 1, "foreign-source", EVIL)
    assert rogue.requests == [], ran
    assert world.box.installed == {}, ran


@for_clients(BOTH[:1])  # poetry 1 builds with what its pip fetches, which this registry does not hold
@pytest.mark.parametrize("scheme", ["", "git+"])
def test_what_a_build_makes_up_is_not_fetched(world: World, rogue: PyPI, scheme: str) -> None:
    assert isinstance(world.registry, PyPI)
    ending = "x.git" if scheme else f"files/{EVIL}/sg_evil-1.0.0.tar.gz"
    place = f"{EVIL} @ {scheme}{rogue.server.origin}/{ending}"
    world.registry.projects[PARENT] = [
        File(made_up(v, place), v, ago(days), core_metadata=False) for v, days in VERSIONS
    ]
    ran = world.install(PARENT)
    assert ran.rc != 0, ran
    assert "nothing is fetched past the guard" in ran.text
    assert rogue.requests == [], ran
    assert world.box.installed == {}, ran
