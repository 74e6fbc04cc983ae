"""A command whose standard streams were closed by its caller ends in the code that it would end in anyway."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CLOSED = ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]


def code(words: str, tmp_path: Path) -> int:
    """The exit code of a command line, in a home of its own without any client."""
    env = {"HOME": str(tmp_path), "SLOPGUARD_HOME": str(tmp_path / "data"), "PATH": "/nowhere", "TMPDIR": str(tmp_path)}
    line = f"{sys.executable} -m slopguard {words}"
    return subprocess.run(["/bin/sh", "-c", line], env=env, cwd=tmp_path, capture_output=True, check=False).returncode


@pytest.mark.parametrize("closed", CLOSED)
def test_a_commands_own_code_is_kept(closed: str, tmp_path: Path) -> None:
    assert code(f"run -- /bin/sh -c 'echo said; echo more >&2; exit 7' {closed}", tmp_path) == 7


@pytest.mark.parametrize("closed", CLOSED)
def test_so_are_ours(closed: str, tmp_path: Path) -> None:
    assert code(f"--version {closed}", tmp_path) == 0
    assert code(f"npm install sg-alpha {closed}", tmp_path) == 2


def test_what_is_printed_goes_into_no_file_that_took_the_number(tmp_path: Path) -> None:
    """A number that is free is taken by the next file that is opened: the ledger, say."""
    assert code("run -- /bin/sh -c 'echo lost; echo lost >&2' >&- 2>&-", tmp_path) == 0
    written = [path for path in tmp_path.rglob("*") if path.is_file() and b"lost\n" in path.read_bytes()]
    assert written == []
