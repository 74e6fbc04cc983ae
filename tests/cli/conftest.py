"""One home a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.allowing import index, key  # noqa: F401  fixtures of the tests about allow
from tests.cli.curators import lists, published, secret, template  # noqa: F401  fixtures of the tests about lists
from tests.cli.editing import edit, repository  # noqa: F401  fixtures of the tests about editing lists
from tests.cli.program import Program


@pytest.fixture
def slopguard(tmp_path: Path) -> Program:
    return Program(tmp_path)
