"""The ways around, as an agent would try them: its hook refuses the command before anything starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slopguard.agents import hook
from tests.bypasses.listed import HOOK, stops

GHOST = "flask-auth-magic"
WAYS = {
    "absolute path to the manager": f"/usr/bin/pip3 install {GHOST}",
    "activated venv shadowing a PATH shim": f". .venv/bin/activate && pip install {GHOST}",
    "`python -m pip`": f"python3 -I -m pip install {GHOST}",
    "shell variable or script file hiding the word": f"P=pip; V=install; $P $V {GHOST}",
    "`bash -lc`": f"bash -lc 'pip install {GHOST}'",
    "`$(...)`": f"echo $(pip install {GHOST})",
    "aliases such as `npm isntall`": "npm isntall sg-no-such-thing",
    "`npm:` alias specs": "npm install react@npm:sg-no-such-thing",
    "`npx -p`": "npx -y -p sg-no-such-thing tool",
    "`uvx --with`": f"uvx --with {GHOST} black",
    "git specs": "pip install git+https://code.example/a/b",
    "tarball and URL specs": "npm install https://files.example/a.tgz",
    "`--index-url` and `--extra-index-url` changes": "pip install --index-url https://packages.example/simple flask",
    "an agent editing the guard's cache": 'rm -rf "$SLOPGUARD_HOME"/*.db',
    "an agent editing the guard's config": "printf 'mode = \"observe\"' > ~/.config/slopguard/slopguard.toml",
    "the guard's own binary replaced": "uv pip uninstall slopguard",
}
"""Way to a command that goes it."""


def refused(command: str, cwd: Path) -> str:
    """The answer to an agent that wants to run a command; `""` if there is nothing to object."""
    call = {"session_id": "s", "hook_event_name": "PreToolUse", "cwd": str(cwd), "tool_name": "Bash"}
    answer = hook.answered("claude-code", json.dumps({**call, "tool_input": {"command": command}}).encode())
    said = json.loads(answer.stdout or "{}").get("hookSpecificOutput", {})
    return str(said.get("permissionDecisionReason", "")) if said.get("permissionDecision") == "deny" else ""


def shown(way: str) -> pytest.MarkDecorator:
    """The parameter for one way, marked in the list."""
    stops(way, HOOK)
    return pytest.param(WAYS[way], id=way.strip("`"))


@pytest.mark.parametrize("command", [shown(way) for way in WAYS])
def test_an_agent_that_goes_around_is_refused(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "data"
    (tmp_path / ".config" / "slopguard").mkdir(parents=True)
    home.mkdir(mode=0o700)
    for name, value in {"HOME": tmp_path, "SLOPGUARD_HOME": home, "SLOPGUARD_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, str(value))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    (home / "slopguard.db").touch()
    assert refused(command, tmp_path).startswith("slopguard: ")


def test_what_goes_no_way_around_is_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SLOPGUARD_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("SLOPGUARD_OFFLINE", "1")
    for command in (
        "/usr/bin/pip3 install flask",
        "bash -lc 'pip install flask'",
        "cat ~/.config/slopguard/slopguard.toml",
    ):
        assert refused(command, tmp_path) == ""
