"""Runs the command as a user would: a process of its own, in a home of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulators import warm


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    rc: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Program:
    """`slopguard` in `root/project`, with nothing of this machine's settings in sight."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cwd = root / "project"
        (self.cwd / ".git").mkdir(parents=True)
        self.env = {
            "HOME": str(root / "home"),
            "PATH": os.environ.get("PATH", os.defpath),
            "SLOPGUARD_HOME": str(root / "data"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def __call__(self, *argv: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Ended:
        asked = [sys.executable, "-m", "slopguard", *argv]
        done = warm.run(asked, self.env | _coverage() | dict(env or {}), self.cwd, stdin, timeout=120)
        return Ended(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def _coverage() -> dict[str, str]:
    """What coverage needs to follow into the process."""
    return {key: value for key, value in os.environ.items() if key.startswith(("COV", "COVERAGE"))}
