"""Somebody at a terminal who runs `slopguard` and answers what it asks."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.cli.program import Ended, Program
from tests.simulators.person import Script, typed


def at_a_terminal(slopguard: Program, *argv: str, script: Script = (), **env: str) -> Ended:
    """`slopguard ARGV` at a terminal, with answers to its questions in turn; `out` has both streams."""
    return run(slopguard, [sys.executable, "-m", "slopguard", *argv], script, **env)


def run(slopguard: Program, argv: list[str], script: Script = (), **env: str) -> Ended:
    """Any command at a terminal, in the home of `slopguard`."""
    return Ended(*typed(argv, slopguard.env | env, slopguard.cwd, script=script), err="")


def user_folder(slopguard: Program) -> Path:
    """The user's settings folder."""
    return slopguard.root / "home" / ".config" / "slopguard"


def written(slopguard: Program) -> list[str]:
    """Every file below the user's settings folder."""
    folder = user_folder(slopguard)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
