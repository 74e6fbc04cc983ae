"""With a daemon up, a guarded command imports nothing that only a host needs: imports decide what a command costs."""

from __future__ import annotations

import sys

import pytest

from tests.conftest import MakeSandbox
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

HEAVY = {
    *("aiohttp", "asyncio", "cedarpy", "cryptography", "logging", "packaging", "requests", "sqlite3", "ssl", "yaml"),
    *("optparse", "platform", "slopguard.gate", "slopguard.judge", "slopguard.evidence", "slopguard.lists"),
    *("slopguard.lookalike", "slopguard.policy", "slopguard.registries", "slopguard.store"),
}
"""What takes long to import and belongs to whoever judges, serves or records."""
SCRIPT = """
import os, sys
from slopguard.entry import main
os._exit = lambda code: None
sys.argv = ["slopguard", *sys.argv[1:]]
code = main()
sys.stdout.write("\\n" + " ".join(sys.modules))
sys.exit(code)
"""


@pytest.mark.parametrize(("family", "version"), [("pip", "newest"), ("uv", "newest"), ("npm", "machine")])
def test_a_guarded_install_imports_no_host(
    family: str, version: str, make_sandbox: MakeSandbox, pypi: PyPI, npm: Npm
) -> None:
    registry = npm if family == "npm" else pypi
    registry.add_established("sg-alpha")
    box = make_sandbox(family, version).use(registry)
    box.env["SLOPGUARD_DAEMON"] = "60"
    assert box.guarded(*box.install("sg-alpha")).rc == 0
    ran = box.direct(sys.executable, "-c", SCRIPT, *box.install("sg-alpha"))
    assert ran.rc == 0, ran
    assert "sg-alpha" in box.installed
    assert HEAVY & set(ran.out.splitlines()[-1].split()) == set()
