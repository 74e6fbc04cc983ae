"""What the full look at a call imports: nothing that only another kind of call needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, sys
from slopguard.agents import hook
found = hook.answered("claude-code", sys.stdin.buffer.read())
print(json.dumps([found.stdout, sorted(set(sys.argv[1:]) & set(sys.modules))]))
"""
JUDGING = ("sqlite3", "slopguard.judge", "slopguard.lists", "cedarpy")
STARTING = ("subprocess", "tomllib", "netrc")
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
    call = {"session_id": "s", "hook_event_name": "PreToolUse", "cwd": str(tmp_path), "tool_name": "Bash"}
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "SLOPGUARD_HOME": str(tmp_path / "data"),
        "SLOPGUARD_OFFLINE": "1",
        "SLOPGUARD_DAEMON": "off",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *never],
        input=json.dumps({**call, "tool_input": {"command": command}}),
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (json.loads(done.stdout), done.stderr) == (["", []], "")
