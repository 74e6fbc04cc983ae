"""Real clients for tests of what they read: the pip of this Python, uv, and this machine's npm if it has one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.simulators.clients import client


@pytest.fixture(scope="session")
def pip_command() -> tuple[str, ...]:
    beside = Path(sys.executable).with_name("pip")
    if not beside.is_file():
        pytest.skip("this Python has no pip beside it")
    return (str(beside),)


@pytest.fixture(scope="session")
def uv_command() -> tuple[str, ...]:
    return (str(client("uv", "newest").folder / "uv"),)


@pytest.fixture(scope="session")
def npm_command() -> tuple[str, ...]:
    return (shutil.which("npm") or str(client("npm", "10.9.9").folder / "npm"),)
