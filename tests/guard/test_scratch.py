"""The private folder of a command: gone when it ends, and taken away later if the command was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.guard import scratch

HOLD = "from slopguard.guard import scratch\nwith scratch.folder() as made:\n    print(made, flush=True)\n    input()\n"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def holding(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process with such a folder, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env={**os.environ, "TMPDIR": str(place)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def aged(folder: Path) -> Path:
    """The folder, as it would be after two days."""
    when = folder.stat().st_mtime - 2 * scratch.KEPT
    os.utime(folder, (when, when))
    return folder


def test_it_is_private_and_gone_afterwards(temporary: Path) -> None:
    with scratch.folder() as made:
        assert made.stat().st_mode & 0o777 == 0o700
    assert list(temporary.iterdir()) == []


def test_what_a_killed_command_left_is_taken_away_after_a_day(temporary: Path) -> None:
    process, left = holding(temporary)
    process.kill()
    process.communicate()
    with scratch.folder():
        assert left.exists()
    aged(left)
    with scratch.folder():
        assert not left.exists()


def test_that_of_a_command_that_runs_is_left_alone_however_old_it_is(temporary: Path) -> None:
    process, held = holding(temporary)
    aged(held)
    with scratch.folder():
        assert held.exists()
    process.communicate("\n")
    assert not held.exists()


def test_nothing_else_is_touched(temporary: Path) -> None:
    (temporary / "slopguard-notes").mkdir()
    (temporary / "elsewhere").mkdir()
    (temporary / "elsewhere" / scratch.ALIVE).touch()
    (temporary / "slopguard-link").symlink_to(temporary / "elsewhere")
    aged(temporary / "slopguard-notes")
    aged(temporary / "elsewhere")
    with scratch.folder():
        pass
    assert {path.name for path in temporary.iterdir()} == {"slopguard-notes", "elsewhere", "slopguard-link"}
    assert (temporary / "elsewhere" / scratch.ALIVE).exists()
