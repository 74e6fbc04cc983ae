"""An agent's settings are protected wherever a variable puts them, and both looks at a command know these variables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slopguard.agents import quick
from slopguard.agents.protected import Places, of_command
from slopguard.agents.protected.hook_files import MOVED

CHANGES = (
    "cp new.json {}",
    "sort -o {} new.json",
    "curl -o {} https://files.example/x",
    "gzip {}",
    "yq -i .a=1 {}",
    "python3 -c \"open('{}', 'w')\"",
)
FILES = [(variable, below) for variable, below, _ in MOVED if not below or below.endswith((".json", ".toml"))]


def test_the_first_look_knows_the_same_variables() -> None:
    assert {name.decode() for name in quick.MOVED} == {"SLOPGUARD_HOME", "SLOPGUARD_CONFIG", *(row[0] for row in MOVED)}


@pytest.mark.parametrize("command", CHANGES)
@pytest.mark.parametrize(("variable", "below"), FILES)
def test_a_change_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, below: str, command: str
) -> None:
    moved = tmp_path / "corp" / "own"
    monkeypatch.setenv(variable, str(moved))
    text = command.format(moved / below if below else moved)
    call = {"cwd": str(tmp_path), "tool_name": "Bash", "tool_input": {"command": text}}
    assert of_command(text, Places.of({variable: str(moved), "HOME": str(tmp_path)}, tmp_path)) is not None
    assert not quick.idle(json.dumps(call).encode())
