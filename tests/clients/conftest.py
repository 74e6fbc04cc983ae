"""Real clients for tests of what they read: the pip of this Python, and npm where it is installed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pip_command() -> tuple[str, ...]:
    beside = Path(sys.executable).with_name("pip")
    if not beside.is_file():
        pytest.skip("this Python has no pip beside it")
    return (str(beside),)


@pytest.fixture(scope="session")
def uv_command() -> tuple[str, ...]:
    found = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if found is None:
        pytest.skip("uv is not installed")
    return (found,)


@pytest.fixture(scope="session")
def npm_command() -> tuple[str, ...]:
    found = shutil.which("npm")
    if found is None:
        pytest.skip("npm is not installed")
    return (found,)
