"""What the full look at a call imports: nothing that only another kind of call needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.store import Store
from tests.daemon.house import House
from tests.simulators import warm

SCRIPT = """
import json, sys
from slopguard.agents import hook
found = hook.answered("claude-code", sys.stdin.buffer.read())
print(json.dumps([found.stdout, sorted(set(sys.argv[1:]) & set(sys.modules))]))
"""
JUDGING = ("sqlite3", "slopguard.judge", "slopguard.lists", "cedarpy")
STARTING = ("subprocess", "tomllib", "netrc")
HEAVY = (
    *JUDGING,
    *STARTING,
    "slopguard.evidence",
    "slopguard.policy",
    "slopguard.store",
    "slopguard.daemon.starting",
    "slopguard.daemon.weighing",
    "asyncio",
    "aiohttp",
)
VERDICTS = ("slopguard.model.known", "slopguard.messages", "slopguard.rules", "slopguard.daemon.interface")
"""What a verdict is, and says: where none refuses, nobody needs to know."""
LOCKS = ("slopguard.check.locked", "slopguard.check.lock_hosts", "slopguard.check.lock_digests")


@pytest.mark.parametrize(
    ("command", "never"),
    [
        ("rm -rf build", (*JUDGING, *STARTING, *LOCKS, "tomli", "slopguard.check")),
        ("echo $HOME", (*JUDGING, *STARTING, *LOCKS, "tomli", "slopguard.guard.coverage")),
        ("pip install flask requests", (*STARTING, *LOCKS, "tomli", "slopguard.guard.coverage")),
    ],
)
def test_what_it_imports(tmp_path: Path, command: str, never: tuple[str, ...]) -> None:
    assert looked(tmp_path, command, never, SLOPGUARD_DAEMON="off") == ("", [])


@pytest.mark.parametrize(
    ("command", "never", "refused"),
    [
        ("pip install flask requests", (*HEAVY, *VERDICTS), False),
        ("cd src && npm install left-pad", (*HEAVY, *VERDICTS), False),
        ("pip install zz-ghost", HEAVY, True),
    ],
)
def test_with_a_daemon_up_it_imports_nothing_that_judges(
    tmp_path: Path, command: str, never: tuple[str, ...], refused: bool
) -> None:
    house = House(tmp_path)
    try:
        with warm.copies():
            host = house.host()
        assert host is not None
        said, found = looked(tmp_path, command, never, SLOPGUARD_HOME=str(house.home), SLOPGUARD_DAEMON="60")
        assert (found, '"deny"' in said) == ([], refused)
        assert Store(house.home).ledger.rows()
    finally:
        house.close()


def looked(folder: Path, command: str, never: tuple[str, ...], **more: str) -> tuple[str, list[str]]:
    """What a hook says, and which of some modules it imported."""
    call = {"session_id": "s", "hook_event_name": "PreToolUse", "cwd": str(folder), "tool_name": "Bash"}
    home = {"HOME": str(folder), "SLOPGUARD_HOME": str(folder / "data"), "SLOPGUARD_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *never],
        input=json.dumps({**call, "tool_input": {"command": command}}),
        env={**os.environ, **home, **more},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    said, found = json.loads(done.stdout)
    return said, found
