"""An account on which slopguard is switched on and off: its shells, a snapshot of its home, whoever sits in front."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.cli.program import Ended, Program
from tests.simulators.person import typed
from tests.simulators.sandbox import Ran, Sandbox

SHELLS = ("bash", "dash", "zsh", "fish")
ALWAYS = ("bash", "dash")
"""Shells without which these tests fail; the others are looked at where they are installed."""
OURS = (".cache", ".local", ".npm", "project")
"""What clients and slopguard keep in a home for themselves, and the project that is installed into."""


class Account:
    """One account: a sandbox, and whoever sits in front of it."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.shims = box.root / "slopguard" / "shims"

    def enable(self, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
        """`slopguard enable --yes`."""
        return self.box.guarded("enable", "--yes", *argv, env=env)

    def disable(self, *argv: str, answer: str = "yes") -> Ran:
        """`slopguard disable` by a person at a terminal."""
        return self.at_a_terminal("disable", *argv, answer=answer)

    def at_a_terminal(self, *argv: str, answer: str = "yes", **env: str) -> Ran:
        """`slopguard ARGV` by a person at a terminal; `out` has both streams."""
        command = [sys.executable, "-m", "slopguard", *argv]
        code, shown = typed(command, {**self.box.env, **env}, self.box.project, answer)
        return Ran(tuple(command), code, shown, "")

    def shell(self, start: str, line: str, env: Mapping[str, str] | None = None) -> Ran:
        """A shell that reads its own profiles and runs `line`; `start` is like `bash -lc`."""
        need(start.split()[0])
        return self.box.direct(*start.split(), line, env=env)

    def snapshot(self) -> dict[str, tuple[object, ...]]:
        """Everything in the home: path to mode, and content and time of change of files."""
        found: dict[str, tuple[object, ...]] = {}
        for folder, folders, names in os.walk(self.box.home):
            folders[:] = [name for name in folders if Path(folder) != self.box.home or name not in OURS]
            for name in (*folders, *names):
                path = Path(folder) / name
                found[str(path.relative_to(self.box.home))] = _state(path)
        return found


def answered(
    slopguard: Program, *argv: str, answer: str = "yes", meanwhile: Callable[[], object] = bool, **env: str
) -> Ended:
    """`slopguard ARGV` by a person at a terminal who answers when asked to type yes; `out` has both streams."""
    command = [sys.executable, "-m", "slopguard", *argv]
    return Ended(*typed(command, slopguard.env | env, slopguard.cwd, answer, meanwhile=meanwhile), err="")


def need(shell: str) -> None:
    """Skip where an optional shell is missing."""
    if shutil.which(shell) is None:
        assert shell not in ALWAYS, f"{shell} is not installed"
        pytest.skip(f"{shell} is not installed")


def _state(path: Path) -> tuple[object, ...]:
    about = path.lstat()
    if path.is_symlink():
        return ("link", str(path.readlink()))
    if stat.S_ISDIR(about.st_mode):
        return ("folder", stat.S_IMODE(about.st_mode))
    return ("file", stat.S_IMODE(about.st_mode), about.st_mtime_ns, path.read_bytes())
