"""A machine without a network on which a hook runs in this process: one home, one project, no settings of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from slopguard.agents.hook import answered
from tests.agents.spoken import decision, reason, shell, written

_NOBODYS = ("PIP_", "UV_", "NPM_CONFIG_", "npm_config_", "SLOPGUARD_", "COPILOT_", "CURSOR_", "XDG_", "BUN_CONFIG_")
"""How variables begin that would change what a hook says."""


@dataclass(frozen=True)
class Machine:
    """Where things are."""

    root: Path

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def data(self) -> Path:
        return self.root / "data"

    def run(self, agent: str, command: str, *, strict: bool = False, session: str = "s-1") -> tuple[str, str]:
        """The decision on a command, and what the model reads."""
        output = answered(agent, shell(agent, command, self.project, session), strict=strict)
        return decision(agent, output), reason(agent, output)

    def write(self, agent: str, name: str, content: str) -> tuple[str, str]:
        """The decision on a file to be written, and what the model reads."""
        output = answered(agent, written(agent, str(self.project / name), content, self.project))
        return decision(agent, output), reason(agent, output)

    def settings(self, text: str) -> None:
        """Put settings into the project."""
        (self.project / "slopguard.toml").write_text(text, encoding="utf-8")

    def guarded_path(self) -> str:
        """PATH with one client on it, behind its shim."""
        clients = self.root / "bin"
        if clients.exists():
            return f"{self.data / 'shims'}:{clients}"
        clients.mkdir()
        (clients / "pip").write_text("#!/bin/sh\n", encoding="utf-8")
        (clients / "pip").chmod(0o755)
        env = {"HOME": str(self.root), "SLOPGUARD_HOME": str(self.data), "PATH": f"{clients}:/usr/bin:/bin"}
        command = [sys.executable, "-m", "slopguard", "enable", "--yes", "pip"]
        done = subprocess.run(command, env=env, cwd=self.root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return f"{self.data / 'shims'}:{clients}"

    def poor_path(self) -> str:
        """PATH with git on it and nothing else: no client to look for, and no gate."""
        tools = self.root / "tools"
        tools.mkdir()
        git = shutil.which("git")
        if git:
            (tools / "git").symlink_to(git)
        return str(tools)


@contextmanager
def machine_in(root: Path) -> Iterator[Machine]:
    """A machine in a folder, as long as the body runs."""
    machine = Machine(root)
    (machine.project / ".git").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(_NOBODYS):
                patch.delenv(name)
        patch.setenv("HOME", str(root))
        patch.setenv("SLOPGUARD_HOME", str(machine.data))
        patch.setenv("SLOPGUARD_OFFLINE", "1")
        patch.setenv("SLOPGUARD_DAEMON", "off")
        patch.setenv("PATH", machine.poor_path())
        patch.chdir(machine.project)
        yield machine
