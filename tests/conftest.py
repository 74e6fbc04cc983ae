"""Fixtures every room may use: registries on loopback, sandboxes around real clients.

def test_a_claim(pypi, make_sandbox):
    pypi.add_established("sg-alpha")
    box = make_sandbox("pip", "newest").use(pypi)
    assert box.guarded("pip", "install", "sg-alpha").rc == 0
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.simulators import daemons, memory
from tests.simulators.clients import Unavailable
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox, sandbox

settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")  # no test measures time, hypothesis's own included

os.environ.setdefault("SLOPGUARD_DAEMON", daemons.SECONDS)
memory.use()
if not memory.used():
    memory.hasten()

if TYPE_CHECKING:
    from xdist.scheduler import Scheduling

MakeSandbox = Callable[[str, str], Sandbox]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The checks of the whole house come first: one process must not be left alone with them at the end."""
    items.sort(key=lambda item: item.path.name != "test_house.py")


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """With `-n auto` half as many again as there are cores, as tests wait for disks, networks and pauses so much."""
    cores = yield
    return cores if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else cores + (cores + 1) // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Whoever is done takes over what others have before them."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.fixture(autouse=True, scope="session")
def no_daemon_outlives_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever a test left running ends with the last one."""
    yield
    daemons.end(tmp_path_factory.getbasetemp())


@pytest.fixture
def markers(tmp_path: Path) -> Path:
    """Where packages of this test's registries leave a trace; the same folder as `Sandbox.markers`."""
    folder = tmp_path / "markers"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def pypi(markers: Path) -> Iterator[PyPI]:
    """An empty PyPI-protocol registry."""
    with PyPI(markers=markers) as registry:
        yield registry


@pytest.fixture
def npm(markers: Path) -> Iterator[Npm]:
    """An empty npm registry."""
    with Npm(markers=markers) as registry:
        yield registry


@pytest.fixture
def make_sandbox(tmp_path: Path) -> Iterator[MakeSandbox]:
    """Makes a sandbox around a client: `make_sandbox("uv", "newest")`; a client that cannot be had is a failure."""

    def make(family: str, version: str) -> Sandbox:
        try:
            return sandbox(tmp_path, family, version)
        except Unavailable as why:
            if version == "machine":
                pytest.skip(str(why))
            pytest.fail(str(why))

    yield make
    if (tmp_path / "slopguard" / "daemon").exists():
        daemons.end(tmp_path)
