"""Agents beside clients on the command line: what is named is done, and what `status` says of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from slopguard.guard.enabling import agent_hook
from tests.cli.program import Program
from tests.enabling.account import answered
from tests.enabling.agents import SETTINGS, put, snapshot, start, undo


def homes(slopguard: Program) -> set[str]:
    """What there is in the home."""
    found = snapshot(slopguard.root / "home")
    return {name for name in found if (slopguard.root / "home" / name).is_file()}


def shims(slopguard: Program) -> set[str]:
    return {path.name for path in (slopguard.root / "data" / "shims").iterdir()}


def status(slopguard: Program) -> dict[str, Any]:
    found: dict[str, Any] = slopguard("status", "--format", "json").json
    return found


def test_an_agent_alone_needs_no_shims_and_no_line_in_a_profile(slopguard: Program) -> None:
    ended = slopguard("enable", "--yes", "Claude", "cursor")
    assert ended.rc == 0
    assert homes(slopguard) == {SETTINGS["claude-code"], SETTINGS["cursor"]}
    assert shims(slopguard) == {"undo.sh"}
    assert "slopguard: on. Hooks in: Claude Code, Cursor\n" in ended.out
    assert "outside these agents is not guarded; that with: slopguard enable\n" in ended.out
    again = slopguard("enable", "--yes", "claude-code")
    assert again.out == "slopguard: already on; nothing to change. Guarded: hooks in Claude Code, Cursor\n"


def test_each_can_be_let_go_by_itself(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "npm", "claude-code", "codex").rc == 0
    assert "npm" in shims(slopguard)
    assert answered(slopguard, "disable", "codex").rc == 0
    assert SETTINGS["codex"] not in homes(slopguard)
    assert SETTINGS["claude-code"] in homes(slopguard)
    assert not (slopguard.root / "home" / ".codex").exists(), "a folder that was made for it"
    assert answered(slopguard, "disable", "npm").rc == 0
    assert "npm" not in shims(slopguard)
    assert SETTINGS["claude-code"] in homes(slopguard)
    assert answered(slopguard, "disable", "claude").rc == 0
    assert SETTINGS["claude-code"] not in homes(slopguard)
    assert not (slopguard.root / "data" / "hooks").exists()


def test_the_last_one_that_is_let_go_takes_everything_with_it(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "gemini", "cline").rc == 0
    shown = slopguard("disable", "--dry-run", "gemini").out
    assert f"remove  {slopguard.root}/home/{SETTINGS['gemini']}\n" in shown
    assert answered(slopguard, "disable", "gemini", "cline").rc == 0
    assert homes(slopguard) == set()
    assert not (slopguard.root / "data" / "shims").exists()
    assert slopguard("disable").out == "slopguard: it is not on; nothing to undo.\n"


def test_clients_enabled_later_come_beside_the_agents(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "qwen").rc == 0
    assert slopguard("enable", "--yes", "npm").rc == 0
    assert {SETTINGS["qwen"], ".bashrc", ".profile"} <= homes(slopguard)
    assert undo(slopguard).rc == 0
    assert homes(slopguard) == set()


def test_all_that_are_here_only_if_so_asked(slopguard: Program) -> None:
    put(slopguard, SETTINGS["gemini"], "{}")
    put(slopguard, ".qwen/other.json", "{}")
    assert slopguard("enable", "--yes").rc == 0
    assert status(slopguard)["agents"]["gemini"] == "open"
    assert slopguard("enable", "--yes", "--agents").rc == 0
    agents = status(slopguard)["agents"]
    assert (agents["gemini"], agents["qwen"]) == ("on", "on")


def test_what_was_taken_out_comes_back_with_the_next_enable(slopguard: Program) -> None:
    path = put(slopguard, SETTINGS["gemini"], '{"a": 1}')
    assert slopguard("enable", "--yes", "gemini", "npm").rc == 0
    path.write_text('{"a": 2}')
    assert status(slopguard)["agents"]["gemini"] == "gone"
    assert "Gemini CLI (its hook was taken out or changed: slopguard enable gemini)" in told(slopguard)
    assert slopguard("enable", "--yes").rc == 0
    assert status(slopguard)["agents"]["gemini"] == "on"
    (slopguard.root / "data" / "hooks" / "run").unlink()
    assert status(slopguard)["agents"]["gemini"] == "gone"
    assert slopguard("enable", "--yes", "gemini").rc == 0
    assert answered(slopguard, "disable").rc == 0
    assert path.read_text() == '{"a": 2}'


def told(slopguard: Program) -> str:
    return " ".join(slopguard("status").out.split())


def test_status_says_which_agents_run_the_hook_and_why_others_do_not(slopguard: Program) -> None:
    put(slopguard, SETTINGS["claude-code"], '{"disableAllHooks": true}')
    put(slopguard, SETTINGS["gemini"], '{"hooksConfig": {"enabled": false}}')
    put(slopguard, ".cursor/other", "")
    assert slopguard("enable", "--yes", "claude-code", "gemini", "codex", "cline", "qwen").rc == 0
    (slopguard.root / "home" / SETTINGS["qwen"]).write_text("{ hooks/run qwen")
    agents = status(slopguard)["agents"]
    expected = {"claude-code": "off", "gemini": "off", "codex": "untrusted", "cline": "on", "qwen": "gone"}
    assert {agent: agents[agent] for agent in expected} == expected
    found = told(slopguard)
    assert "hooks in Cline NOT guarded" in found
    for words in (
        "Claude Code (its settings switch hooks off)",
        "Codex CLI (it does not trust the hook yet: type /hooks there)",
        "Cursor (slopguard enable cursor)",
    ):
        assert words in found
    assert "installed since" not in found, "no client was there to be guarded"
    hooks = slopguard.root / "home" / SETTINGS["codex"]
    key = f'[hooks.state."{hooks}:pre_tool_use:0:0"]'
    (hooks.parent / "config.toml").write_text(f'{key}\ntrusted_hash = "sha256:0"\n')
    assert status(slopguard)["agents"]["codex"] == "on"


def test_a_hook_that_does_nothing_any_more_is_not_told_as_on(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "gemini").rc == 0
    script = slopguard.root / "data" / "hooks" / "run"
    assert "hooks in Gemini CLI" in told(slopguard)
    for text in ("#!/bin/sh\nexit 0\n", agent_hook.OFF):
        script.write_text(text)
        assert "Gemini CLI (its hook was taken out or changed: slopguard enable gemini)" in told(slopguard)


def test_the_hook_of_another_project_does_not_count_here(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "--project", "gemini").rc == 0
    assert "hooks in Gemini CLI" in told(slopguard)
    slopguard.cwd = slopguard.root / "elsewhere"
    slopguard.cwd.mkdir()
    assert "Gemini CLI (slopguard enable gemini)" in told(slopguard)


def test_a_home_folder_is_no_project(slopguard: Program) -> None:
    slopguard.cwd = slopguard.root / "home"
    ended = slopguard("enable", "--yes", "--project", "claude-code")
    assert (ended.rc, ended.err) == (
        2,
        "slopguard: your home folder is no project, so nothing was changed. Leave --project out.\n",
    )
    assert not (slopguard.root / "home" / ".claude").exists()


def test_a_pipe_where_an_agent_has_a_file_keeps_nobody_waiting(slopguard: Program) -> None:
    for name in ("Documents/Cline/Hooks/PreToolUse", ".codex/config.toml"):
        path = slopguard.root / "home" / name
        path.parent.mkdir(parents=True)
        os.mkfifo(path)
    assert slopguard("enable", "--yes", "cline", "codex").rc == 0
    assert (slopguard.root / "home" / "Documents/Cline/Hooks/PreToolUse.sh").is_file()
    assert "Codex CLI (it does not trust the hook yet" in told(slopguard)


def test_a_project_that_is_gone_is_not_made_again(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "--project", "gemini").rc == 0
    assert slopguard("enable", "--yes", "npm").rc == 0
    path = slopguard.cwd / ".gemini"
    (path / "settings.json").unlink()
    path.rmdir()
    elsewhere = slopguard.cwd.rename(slopguard.root / "elsewhere")
    slopguard.cwd = elsewhere
    assert slopguard("enable", "--yes").rc == 0
    assert not (slopguard.root / "project").exists()
    assert answered(slopguard, "disable").rc == 0


def test_with_agents_alone_a_project_is_not_accepted(slopguard: Program) -> None:
    """An agent or a CI job may put a hook into a project's settings; accepting the project is a person's."""
    slopguard.write("project/slopguard.toml", 'mode = "strict"\n')
    marker = {"CLAUDECODE": "1"}
    assert slopguard("enable", "--yes", "--project", "claude-code", env=marker).rc == 0
    assert (slopguard.cwd / SETTINGS["claude-code"]).is_file()
    refused = slopguard("enable", "--yes", "--project", "npm", "claude-code", env=marker)
    assert (refused.rc, "only a person can accept a project" in refused.err) == (2, True)


def test_everything_is_shown_first_and_nobody_elses_line_is(slopguard: Program) -> None:
    put(slopguard, SETTINGS["gemini"], json.dumps({"key": "hunter2", "hooks": {"BeforeTool": [{"command": OLD}]}}))
    shown = slopguard("enable", "--dry-run", "gemini", "cline")
    assert shown.rc == 0
    home = slopguard.root / "home"
    assert f"new     {slopguard.root}/data/hooks/run   what agents run before a tool\n" in shown.out
    assert f"change  {home}/{SETTINGS['gemini']}   Gemini CLI\n          +{{" in shown.out
    assert "          in the place of an older one of slopguard's\n" in shown.out
    assert f"new     {home}/{SETTINGS['cline']}   Cline\n" in shown.out
    assert "hunter2" not in shown.out
    assert homes(slopguard) == {SETTINGS["gemini"]}
    found = slopguard("enable", "--dry-run", "--format", "json", "gemini", "cline").json
    assert found["agents"] == ["gemini", "cline"]
    kinds = {Path(each["path"]).name: each["kind"] for each in found["changes"]}
    assert (kinds["run"], kinds["settings.json"], kinds["PreToolUse"]) == ("hook", "entry", "new")


OLD = "/old/hooks/run gemini"

GONE = {
    "claude-code": (2, "", "stderr"),
    "codex": (2, "", "stderr"),
    "cursor": (2, "", "stderr"),
    "windsurf": (2, "", "stderr"),
    "copilot": (2, "permissionDecisionReason", "stderr"),
    "cline": (0, "errorMessage", ""),
    "opencode": (0, "reason", ""),
}


@pytest.mark.parametrize("line", ["pip install x", "cd a && npm i x", "uvx x", "python3.12 -m pip3 install x"])
def test_where_slopguard_is_gone_what_installs_is_refused_with_the_way_back(tmp_path: Path, line: str) -> None:
    for agent, (code, key, where) in GONE.items():
        output = gone(tmp_path, agent, line)
        assert output.code == code
        said = json.loads(output.stdout)[key] if key else ""
        for words in (said, output.stderr if where else said):
            assert not words or f"Tell the user to run: sh '{tmp_path}/a b/shims/undo.sh'" in words


@pytest.mark.parametrize("line", ["ls", "git commit -m 'pipeline'", "echo uvula", "npm --version", "rg grep"])
def test_and_all_else_goes_on(tmp_path: Path, line: str) -> None:
    for agent in GONE:
        output = gone(tmp_path, agent, line)
        assert (output.code, output.stdout, output.stderr) == (0, "", "")


def gone(tmp_path: Path, agent: str, line: str) -> Any:
    """What the script says where Python is no longer there."""
    script = tmp_path / "run"
    text = agent_hook.script(tmp_path / "a b", []).decode()
    script.write_text(text.replace("[ -x ", "[ -x /nonexistent"))
    return start(Program(tmp_path / agent), f"sh '{script}' {agent}", json.dumps({"command": line}).encode())


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $$"])
def test_where_slopguard_ends_without_an_answer_it_is_refused(tmp_path: Path, end: str) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ncat >/dev/null\n{end}\n")
    python.chmod(0o755)
    script = tmp_path / "run"
    text = agent_hook.script(tmp_path, []).decode()
    script.write_text(text.replace(sys.executable, str(python)))
    for agent, (code, key, where) in GONE.items():
        output = start(Program(tmp_path / agent), f"sh '{script}' {agent}", b"{}")
        assert output.code == code
        said = json.loads(output.stdout)[key] if key else ""
        assert "slopguard status" in (output.stderr if where else said)
