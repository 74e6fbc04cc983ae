"""The ready-made settings in `hooks/agents`: what `enable` writes, and what they start answers."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from slopguard.agents.protocols import AGENTS
from slopguard.guard.enabling import agent_hook
from tools.agent_hooks import PLACE, ready_made

INPUTS = Path(__file__).parent / "inputs"


def test_they_are_what_enable_writes_into_an_empty_project() -> None:
    written = {f"{path.parent.name}/{path.name}": path for path in PLACE.glob("*/*")}
    assert {name: path.read_bytes() for name, path in written.items()} == {
        name: content for name, (content, _) in ready_made().items()
    }
    assert {name: os.access(path, os.X_OK) for name, path in written.items()} == {
        name: bool(mode & 0o100) for name, (_, mode) in ready_made().items()
    }


def test_the_readme_names_each_of_them() -> None:
    readme = (PLACE / "README.md").read_text()
    assert [name for name in ready_made() if f"({name})" not in readme] == []


def commands(agent: str) -> list[str]:
    """Every command that the ready-made settings of an agent start."""
    (path,) = (PLACE / agent).iterdir()
    if path.suffix != ".json":
        return [str(path)] if agent == "cline" else []
    found, waiting = [], [json.loads(path.read_text())]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found += [each[key] for key in ("command", "bash") if key in each]
        waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else []
    return sorted(set(found))


@pytest.mark.parametrize("agent", [each for each in AGENTS if each != "opencode"])  # its plugin has its own tests
def test_what_they_start_answers_an_input_of_their_agent(agent: str, tmp_path: Path) -> None:
    home = tmp_path / ".local" / "share" / "slopguard"
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "SLOPGUARD_OFFLINE": "1"}
    given = _ghost(agent, tmp_path)
    (command,) = commands(agent)
    without = subprocess.run(["sh", "-c", command], input=given, env=env, cwd=tmp_path, capture_output=True)
    assert (without.returncode, without.stdout, without.stderr) == (0, b"", b"")  # where slopguard is not: nothing
    script = agent_hook.path(home)
    script.parent.mkdir(parents=True)
    script.write_bytes(agent_hook.script(home, ()))
    script.chmod(0o755)
    answer = subprocess.run(["sh", "-c", command], input=given, env=env, cwd=tmp_path, capture_output=True)
    assert b"flask-auth-magic" in answer.stdout + answer.stderr
    assert answer.returncode == (2 if agent == "windsurf" else 0)


def _ghost(agent: str, cwd: Path) -> bytes:
    """An input of an agent whose shell tool is about to install an invented name."""
    for path in sorted((INPUTS / agent).glob("shell*.json")):
        sample = json.loads(path.read_text())
        said = sample["understood"]
        if said["event"] == "before" and said["commands"]:
            text = json.dumps(sample["input"]).replace(
                json.dumps(said["commands"][0])[1:-1], "pip install flask-auth-magic"
            )
            return text.replace("/home/dev/project", str(cwd)).encode()
    raise AssertionError(f"no input of {agent} runs a command")
