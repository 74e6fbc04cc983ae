"""What is never lost of an agent's settings: by a write that fails, is late or killed; what is not slopguard's."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.agents import settings as agents
from slopguard.errors import ConfigError
from slopguard.guard.enabling import plan, record, switch
from slopguard.guard.enabling.insertions import is_ours
from slopguard.guard.enabling.plan import Plan
from tests.cli.program import Program
from tests.enabling.account import answered
from tests.enabling.agents import SETTINGS, pretty, put, snapshot

CLAUDE = SETTINGS["claude-code"]
LARGE = pretty({"model": "m" * 30_000})
SMALL_DISK = "ulimit -f 8; trap '' XFSZ; exec sh {} --force"
"""No file can grow beyond some kilobytes, as on a disk that is full."""


KILLED = """import os, sys
from pathlib import Path
from slopguard.guard.enabling import files
name, when, path = sys.argv[1:]
real = getattr(Path, name)
def killed(*words):
    if when == "after":
        real(*words)
    os._exit(9)
setattr(Path, name, killed)
files.put(Path(path), b"old", mtime_ns=7)
"""


def killed(name: str, when: str, path: Path) -> None:
    """Write a file, and be killed before or after one step of it."""
    done = subprocess.run([sys.executable, "-c", KILLED, name, when, str(path)], capture_output=True, text=True)
    assert done.returncode == 9, done


def made(home: Path, root: Path) -> Plan:
    env = {"HOME": str(home), "PATH": ""}
    wanted = agents.files_for("claude-code", env, root, None)
    return plan.make(root, env, (), (), record.read(root), "2026-01-01T00:00:00+00:00", wanted)


def test_undo_on_a_full_disk_keeps_the_copies_says_so_and_takes_it_up_again(slopguard: Program) -> None:
    put(slopguard, CLAUDE, LARGE)
    before = snapshot(slopguard.root / "home")
    assert slopguard("enable", "--yes", "claude-code").rc == 0
    script = slopguard.root / "data" / "shims" / "undo.sh"
    full = subprocess.run(["sh", "-c", SMALL_DISK.format(script)], env=slopguard.env, capture_output=True, text=True)
    assert (full.returncode, full.stdout) == (1, "")
    assert "not all of it could be put back" in full.stderr
    assert (slopguard.root / "data" / "hooks" / "run").exists()
    again = subprocess.run(["sh", str(script), "--force"], env=slopguard.env, capture_output=True, text=True)
    assert again.returncode == 0, again
    assert snapshot(slopguard.root / "home") == before
    assert not script.exists()


@pytest.mark.parametrize("theirs", [{"includeCoAuthoredBy": False}, {"cleanupPeriodDays": 30}, {"x": None}])
def test_a_switch_that_was_set_since_in_a_file_that_slopguard_made_stays(
    slopguard: Program, theirs: dict[str, object]
) -> None:
    assert slopguard("enable", "--yes", "claude-code").rc == 0
    path = slopguard.root / "home" / CLAUDE
    path.write_text(pretty(json.loads(path.read_text()) | theirs))
    assert answered(slopguard, "disable").rc == 0
    assert json.loads(path.read_text()) == theirs


def test_nor_does_another_slopguard_home_take_it_away(slopguard: Program) -> None:
    path = put(slopguard, CLAUDE, pretty({"includeCoAuthoredBy": False}))
    other = str(slopguard.root / "other")
    assert slopguard("enable", "--yes", "claude-code").rc == 0
    assert slopguard("enable", "--yes", "claude-code", env={"SLOPGUARD_HOME": other}).rc == 0
    assert answered(slopguard, "disable", SLOPGUARD_HOME=other).rc == 0
    assert answered(slopguard, "disable").rc == 0
    assert json.loads(path.read_text()) == {"includeCoAuthoredBy": False}


def test_what_the_agent_wrote_after_the_plan_was_made_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / CLAUDE
    path.parent.mkdir()
    path.write_text("{}")
    late = made(tmp_path, tmp_path / "sg")
    path.write_text('{"permissions": {"allow": ["Bash(ls)"]}}')
    with pytest.raises(ConfigError, match="was changed just now"):
        switch.carry_out(late)
    assert path.read_text() == '{"permissions": {"allow": ["Bash(ls)"]}}'
    assert not record.read(tmp_path / "sg").on


def test_a_hook_of_the_users_that_is_called_like_ours_stays(slopguard: Program) -> None:
    run = slopguard.write("home/dotfiles/hooks/run", "#!/bin/sh\nexit 0\n")
    theirs = [f"{run} claude-code", "logger 'it ran slopguard hook claude-code'", "tee log | slopguard hook"]
    entries = [{"matcher": "*", "hooks": [{"type": "command", "command": each}]} for each in theirs]
    path = put(slopguard, CLAUDE, pretty({"hooks": {"PreToolUse": entries}}))
    assert slopguard("enable", "--yes", "claude-code").rc == 0
    assert json.loads(path.read_text())["hooks"]["PreToolUse"][2:] == entries


@pytest.mark.parametrize("text", ["'/a' b/hooks/run' qwen", "/a\0/hooks/run qwen", "$X/hooks/run codex"])
def test_what_cannot_be_told_is_not_ours(text: str) -> None:
    assert not is_ours(text)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_write_that_is_killed_leaves_nothing_that_others_can_read_and_disable_takes_it_away(
    tmp_path: Path, moment: str
) -> None:
    path = tmp_path / "home" / CLAUDE
    path.parent.mkdir(parents=True)
    path.write_text('{"env": {"TOKEN": "s"}}')
    path.chmod(0o600)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    before = snapshot(tmp_path / "home")
    late = made(tmp_path / "home", tmp_path / "sg")
    if moment == "after":
        switch.carry_out(late)
    killed("chmod", "before", path)
    (left,) = (each for each in path.parent.iterdir() if each != path)
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    if moment == "before":
        switch.carry_out(late)
    assert switch.put_back(tmp_path / "sg", record.read(tmp_path / "sg")) == []
    assert snapshot(tmp_path / "home") == before


def test_the_old_time_is_there_as_soon_as_the_old_content_is(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("new")
    killed("replace", "after", path)
    assert (path.read_text(), path.stat().st_mtime_ns) == ("old", 7)
