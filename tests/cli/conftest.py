"""One home a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Program


@pytest.fixture
def slopguard(tmp_path: Path) -> Program:
    return Program(tmp_path)
