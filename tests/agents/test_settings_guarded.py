"""What `enable` writes into agents' settings is kept from agents, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.agents import protected
from slopguard.agents.protocols import AGENTS
from slopguard.agents.settings import files_for

MOVED = ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "QWEN_HOME")


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("level", ["account", "project"])
@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_may_not_take_its_hook_away(tmp_path: Path, agent: str, level: str, moved: bool) -> None:
    project, data = tmp_path / "project", tmp_path / "data"
    (project / ".git").mkdir(parents=True)
    env = {"HOME": str(tmp_path), "SLOPGUARD_HOME": str(data), "PATH": "/usr/bin:/bin"}
    env |= {name: str(tmp_path / name.lower()) for name in MOVED} if moved else {}
    for file in files_for(agent, env, data, project if level == "project" else None):
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_bytes(file.content or b'{"hooks": "slopguard hook"}')
        places = protected.Places.of(env, project)
        assert protected.of_command(f"rm -f '{file.path}'", places) is not None
        assert protected.of_command(f"echo > '{file.path}'", places) is not None
        assert protected.of_command(f"cat '{file.path}'", places) is None
