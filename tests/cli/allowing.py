"""An account with an approval key, an index, and `slopguard allow` typed at a terminal."""

from __future__ import annotations

import pytest

from tests.cli.program import Ended, Program
from tests.cli.terminal import at_a_terminal, user_folder, written
from tests.simulators.keys import PASSPHRASE, give
from tests.simulators.pypi import PyPI

ASKED = "key 'approval': "
RIGHT = ((ASKED, PASSPHRASE),)
FIRST = (("characters): ", PASSPHRASE), ("The same again: ", PASSPHRASE))
KEY = ["keys/approval.json", "keys/approval.pem"]


@pytest.fixture
def index(pypi: PyPI, slopguard: Program) -> PyPI:
    """The index that pip is configured for, with a package that nothing vouches for."""
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    return pypi.add("sg-fresh", "1.0", days_old=20, source=True).add("sg-fresh", "2.0", days_old=10)


@pytest.fixture
def key(slopguard: Program) -> None:
    """The account has an approval key."""
    give(user_folder(slopguard))


def allow(slopguard: Program, *argv: str, script: tuple[tuple[str, str], ...] = RIGHT, **env: str) -> Ended:
    return at_a_terminal(slopguard, "allow", *argv, "--why", "read it", script=script, **env)


def released(slopguard: Program) -> list[str]:
    return [name for name in written(slopguard) if name.startswith("released/")]


def releases(slopguard: Program) -> list[dict[str, object]]:
    found: list[dict[str, object]] = slopguard("allow", "list", "--format", "json").json["releases"]
    return found


def acts(slopguard: Program) -> list[tuple[str, str, str]]:
    rows = slopguard("log", "--format", "json").json["entries"]
    return [(row["verdict"], row["rule"], row["door"]) for row in rows]
