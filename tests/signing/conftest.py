"""Keys whose passphrases are checked at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.signing.keys import KeyFolder
from tests.simulators.keys import quick

__all__ = ["quick"]


@pytest.fixture
def folder(tmp_path: Path, quick: None) -> KeyFolder:
    """An empty folder of keys."""
    return KeyFolder(tmp_path / "keys")
