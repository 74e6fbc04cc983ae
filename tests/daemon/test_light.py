"""What a command imports to find its daemon is little: start-up is a feature."""

from __future__ import annotations

import subprocess
import sys

from tests.daemon.house import ROOT, House

HEAVY = {"aiohttp", "asyncio", "cedarpy", "msgspec", "packaging", "sqlite3", "ssl"}
OURS = {
    "slopguard.gate",
    "slopguard.judge",
    "slopguard.lists",
    "slopguard.policy",
    "slopguard.registries",
    "slopguard.store",
}

SCRIPT = """
import sys
from pathlib import Path
from slopguard import config
from slopguard.daemon import hosting
from slopguard.daemon.interface import Opening
from slopguard.model import Door, Ecosystem, Request
import os
settings = config.load(Path.cwd(), os.environ)
opening = Opening(settings, (), Door("pip"), requests=(Request(Ecosystem.PYPI, "flask", "flask"),))
with hosting.begin(settings, os.environ) as host, host.open(opening) as hosted:
    rule = hosted.verdicts[0].rule
    hosted.close()
print(rule, *sys.modules)
"""


def test_a_session_of_the_daemon_imports_nothing_heavy(house: House) -> None:
    house.host()
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=house.env, capture_output=True, text=True)
    rule, *modules = done.stdout.split()
    assert rule == "allowlisted"
    assert (HEAVY | OURS) & set(modules) == set()


def test_without_a_daemon_the_same_is_had_inside(house: House) -> None:
    env = {**house.env, "SLOPGUARD_DAEMON": "off"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout.startswith("allowlisted ")
    assert house.processes() == []
