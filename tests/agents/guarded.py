"""An account, and a project in it, that are guarded: what the tests of `slopguard.agents.protected` look at."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from slopguard.agents.protected import Places, of_command
from slopguard.guard.enabling import record
from slopguard.guard.enabling.profiles import sh_line
from slopguard.guard.enabling.record import Changed, Enabled

HOOK = {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "slopguard hook"}]}]}}
OTHER = {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "lint"}]}]}}
PYPROJECT = '[project]\nname = "demo"\nversion = "1.0"\n\n[tool.slopguard]\nmode = "strict"\n'


@dataclass(frozen=True)
class World:
    """See the module."""

    account: Path
    project: Path
    env: dict[str, str]

    @property
    def home(self) -> Path:
        """SLOPGUARD_HOME, where it is by default."""
        return self.account / ".local" / "share" / "slopguard"

    @property
    def places(self) -> Places:
        """As an agent in the project has them."""
        return Places.of(self.env, self.project)

    def code(self, command: str) -> str:
        """Why a command is refused, `""` if it is not."""
        found = of_command(command, self.places)
        return found.code if found else ""


def git(folder: Path, *words: str) -> None:
    """Run git, with nobody's settings."""
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    env = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *who, *words], cwd=folder, env=env, check=True, capture_output=True)


def write(path: Path, text: str = "") -> Path:
    """A file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def build(base: Path) -> World:
    """A guarded account below a folder."""
    account, project = base / "home" / "dev", base / "home" / "dev" / "work"
    world = World(account, project, {"HOME": str(account), "PATH": "/usr/bin:/bin"})
    for name in ("slopguard.db", "hooks/run", "shims/pip", "shims/undo.sh", "lists/a.pack"):
        write(world.home / name)
    write(account / ".config" / "slopguard" / "slopguard.toml", 'mode = "strict"\n')
    write(account / ".config" / "slopguard" / "accepted.toml")
    for place in (account, project):
        write(place / ".claude" / "settings.json", json.dumps(HOOK))
    write(account / ".claude" / "CLAUDE.md")
    write(project / ".gemini" / "settings.json", json.dumps(OTHER))
    write(project / ".cursor" / "hooks.json", json.dumps(OTHER))
    write(project / ".github" / "workflows" / "ci.yml")
    write(project / "slopguard.toml", 'mode = "strict"\n')
    write(project / "src" / "main.py")
    write(project / "build" / "out.txt")
    profile = write(account / ".bashrc", f"alias ll='ls -l'\n{sh_line(world.home / 'shims')}\n")
    write(account / ".zshrc", "alias ll='ls -l'\n")
    venv = project / ".venv" / "bin"
    write(venv / "pip", "#!/bin/sh\n# slopguard shim\n")
    write(venv / ".slopguard" / "pip")
    changed = Changed(str(profile), existed=True, mtime_ns=0, before="", after="")
    record.write(world.home, Enabled("2026-01-01", ("pip",), (changed,), venvs={str(venv): ("pip",)}), {})
    git(project, "init", "-q", "-b", "main")
    write(project / ".gitignore", ".venv\n")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "one")
    return world


def lines(texts: list[str]) -> list[str]:
    """Every command of a table; `\\n` in one is a line break, so that each stands on a line."""
    return [text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\") for text in texts]
