"""`account`: a home with pip and uv on PATH, configured for a local registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.conftest import MakeSandbox
from tests.e2e.conftest import world  # noqa: F401  the claims about every client have it
from tests.enabling.account import Account
from tests.simulators.pypi import PyPI


@pytest.fixture
def slopguard(tmp_path: Path) -> Program:
    """The command in a home that is empty."""
    (tmp_path / "home").mkdir()
    return Program(tmp_path)


@pytest.fixture
def account(make_sandbox: MakeSandbox, pypi: PyPI) -> Account:
    """An account whose profiles put its virtual environment on PATH, as people's do."""
    box = make_sandbox("pip", "newest").use(pypi)
    pypi.add_established("sg-alpha")
    box.write("~/.profile", f"PATH='{box.env['PATH']}'\nexport PATH\n")
    return Account(box)
