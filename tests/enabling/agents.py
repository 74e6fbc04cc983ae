"""Agents' settings in a scratch home, and their hooks started as the agents start them."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slopguard.agents.model import Output
from slopguard.guard.enabling.jsonc import parse
from tests.agents import spoken
from tests.cli.program import Ended, Program

SETTINGS = {
    "claude-code": ".claude/settings.json",
    "codex": ".codex/hooks.json",
    "gemini": ".gemini/settings.json",
    "cursor": ".cursor/hooks.json",
    "copilot": ".copilot/hooks/slopguard.json",
    "windsurf": ".codeium/windsurf/hooks.json",
    "cline": "Documents/Cline/Hooks/PreToolUse",
    "opencode": ".config/opencode/plugin/slopguard.js",
    "qwen": ".qwen/settings.json",
}
PROJECT = SETTINGS | {
    "copilot": ".github/hooks/slopguard.json",
    "windsurf": ".windsurf/hooks.json",
    "cline": ".clinerules/hooks/PreToolUse",
    "opencode": ".opencode/plugin/slopguard.js",
}
JSON = tuple(agent for agent in SETTINGS if agent not in ("cline", "opencode"))
GHOST = "pip install sg-ghost-of-a-package"
THEIRS = "echo theirs >>ran; :"


def others(agent: str) -> dict[str, Any]:
    """Settings as somebody has them who uses hooks already."""
    hook: dict[str, Any] = {"command": THEIRS}
    group = {"matcher": "*", "hooks": [{"type": "command", **hook}]}
    event = {"cursor": "beforeShellExecution", "copilot": "preToolUse", "windsurf": "pre_run_command"}
    if agent in event:
        theirs: dict[str, Any] = {event[agent]: [{"bash": THEIRS} if agent == "copilot" else hook], "stop": [hook]}
        return {"version": 1, "hooks": theirs}
    before = "BeforeTool" if agent == "gemini" else "PreToolUse"
    return {"hooks": {"Stop": [group], before: [group]}} | ({} if agent == "codex" else {"model": "m"})


def commands(path: Path) -> list[str]:
    """Every command in a file of settings, in its order."""
    return list(_commands(parse(path.read_text("utf-8").removeprefix("\ufeff")).plain()))


def _commands(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (each for key, each in value.items() if key in ("command", "bash") and isinstance(each, str))
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _commands(each)


def ours(slopguard: Program, agent: str, path: Path) -> str:
    """The command of slopguard's in an agent's settings."""
    if agent == "cline":
        return f"sh {shlex.quote(str(path))}"
    if agent == "opencode":
        (line,) = (line for line in path.read_text("utf-8").splitlines() if line.startswith("// It runs: "))
        return line.removeprefix("// It runs: ")
    (command,) = {each for each in commands(path) if "hooks/run" in each}
    return command


def start(slopguard: Program, command: str, data: bytes, *, shell: str = "sh", **env: str) -> Output:
    """Start a hook as an agent does."""
    variables = {**slopguard.env, "SLOPGUARD_OFFLINE": "1", **env}
    done = subprocess.run([shell, "-c", command], input=data, env=variables, cwd=slopguard.cwd, capture_output=True)
    return Output(done.stdout.decode(), done.stderr.decode(), done.returncode)


def told(slopguard: Program, agent: str, path: Path, line: str = GHOST, **env: str) -> str:
    """What an agent that is about to run a line is told: `none`, `ask` or `deny`."""
    data = spoken.shell(agent, line, slopguard.cwd)
    return spoken.decision(agent, start(slopguard, ours(slopguard, agent, path), data, **env))


def undo(slopguard: Program) -> Ended:
    """`sh undo.sh --force`."""
    script = str(slopguard.root / "data" / "shims" / "undo.sh")
    done = subprocess.run(["sh", script, "--force"], env=slopguard.env, capture_output=True, text=True)
    return Ended(done.returncode, done.stdout, done.stderr)


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything in a folder but slopguard's own data: kind, mode, and of files content and time of change."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not name.startswith((".local", ".cache")):
            about = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            when = 0 if stat.S_ISDIR(about.st_mode) else about.st_mtime_ns
            found[name] = (stat.S_IFMT(about.st_mode), stat.S_IMODE(about.st_mode), when, content)
    return found


def put(slopguard: Program, name: str, content: str | bytes) -> Path:
    """A file in the home that was written some time ago, with a mode of its own."""
    path = slopguard.root / "home" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(0o600)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    return path


def pretty(value: object) -> str:
    """As most agents write their settings."""
    return json.dumps(value, indent=2) + "\n"
