"""Agents among the processes above: a variable taken out of one's own environment still stands in theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.config.actors import MOST_ANCESTORS, agent_ancestor

Told = dict[int, tuple[int, str, str]]


def processes(root: Path, told: Told) -> Path:
    """A folder like /proc: number to (parent, command line, environment), words parted by spaces."""
    for number, (parent, command, environment) in told.items():
        folder = root / str(number)
        folder.mkdir()
        (folder / "stat").write_text(f"{number} (od) d) S {parent} 1 1 0")
        (folder / "cmdline").write_bytes(command.replace(" ", "\0").encode() + b"\0")
        (folder / "environ").write_bytes(environment.replace(" ", "\0").encode() + b"\0")
    return root


@pytest.mark.parametrize(
    ("told", "agent"),
    [
        ({9: (5, "slopguard", ""), 5: (1, "/bin/sh", "HOME=/"), 1: (0, "init", "")}, False),
        ({9: (5, "slopguard", ""), 5: (1, "/bin/sh", "HOME=/ CLAUDECODE=1"), 1: (0, "init", "")}, True),
        ({9: (5, "slopguard", ""), 5: (4, "sh", ""), 4: (1, "sh", "CURSOR_TRACE_ID=x"), 1: (0, "init", "")}, True),
        ({9: (5, "slopguard", "CLAUDECODE=1"), 5: (1, "/bin/sh", ""), 1: (0, "init", "")}, False),
        ({9: (5, "slopguard", ""), 5: (1, "/bin/sh", "CLAUDECODE=0"), 1: (0, "init", "")}, False),
        ({9: (5, "slopguard", ""), 5: (1, "claude", ""), 1: (0, "init", "")}, True),
        ({9: (5, "slopguard", ""), 5: (1, "node /usr/bin/codex", ""), 1: (0, "init", "")}, True),
        ({9: (5, "slopguard", ""), 5: (1, "vi notes about claude", ""), 1: (0, "init", "")}, False),
        ({9: (5, "slopguard", "")}, False),
        ({}, False),
    ],
)
def test_an_agent_is_any_process_above_with_its_mark_or_name(tmp_path: Path, told: Told, agent: bool) -> None:
    assert agent_ancestor(9, processes(tmp_path, told)) is agent


def test_a_circle_of_processes_ends(tmp_path: Path) -> None:
    assert not agent_ancestor(9, processes(tmp_path, {9: (8, "a", ""), 8: (9, "b", "")}))


def test_a_long_line_of_processes_is_looked_at_as_far_as_it_goes(tmp_path: Path) -> None:
    line = {number: (number - 1, "sh", "AGENT=1" if number == 3 else "") for number in range(2, MOST_ANCESTORS)}
    assert agent_ancestor(MOST_ANCESTORS - 1, processes(tmp_path, line))


def test_a_file_that_is_damaged_says_nothing(tmp_path: Path) -> None:
    place = processes(tmp_path, {9: (5, "slopguard", "")})
    for text in ("", "9", "9 (x) S", "9 (x) S y", "9 (x) S 0"):
        (place / "9" / "stat").write_text(text)
        assert not agent_ancestor(9, place)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system has no /proc")
def test_this_systems_own_processes_are_read() -> None:
    script = "from slopguard.config.actors import agent_ancestor; print(agent_ancestor())"
    line = f'env -u CLAUDECODE "{sys.executable}" -c "{script}"; exit'
    env = {"PATH": os.environ["PATH"], "CLAUDECODE": "1"}
    done = subprocess.run(["/bin/sh", "-c", line], env=env, capture_output=True, text=True)
    assert done.stdout == "True\n"
