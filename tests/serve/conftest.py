"""`team`: a server's machine, configured for the test's registries; what it started is gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.team import Team
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI


@pytest.fixture
def team(tmp_path: Path, pypi: PyPI, npm: Npm) -> Iterator[Team]:
    """A machine whose settings name both registries."""
    made = Team(tmp_path / "team").settings(pypi.url, npm.url)
    yield made
    if made.process is not None:
        made.stop()
