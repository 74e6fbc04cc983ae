"""`world`: a client of the test's choice in a sandbox, configured for an empty registry of its ecosystem."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import MakeSandbox
from tests.e2e.walled import walled as walled
from tests.e2e.world import World
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI


@pytest.fixture
def world(request: pytest.FixtureRequest, make_sandbox: MakeSandbox) -> Iterator[World]:
    """Parametrise indirectly with `(family, version)`, e.g. `@for_clients(ALL)`."""
    family, version = request.param
    box = make_sandbox(family, version)
    made = Npm(markers=box.markers) if box.driver.ecosystem == "npm" else PyPI(markers=box.markers)
    with made as registry:
        box.use(registry)
        yield World(box, registry)
