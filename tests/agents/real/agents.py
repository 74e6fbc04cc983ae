"""The agents that are driven: how each is had, started without a person, and which of its tools runs and writes.

Invariants: one version each is pinned; none logs in anywhere, and what its makers let one switch off of telemetry and
updates is off; everything that differs from agent to agent stands here, not in a claim.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.agents.real.dialects import Tool

CHAT = "gpt-4.1"
SERVER: dict[str, Any] = {"command": sys.executable, "args": [str(Path(__file__).with_name("mcp.py"))]}


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent.

    Args:
        name: slopguard's name for it.
        package: its npm package.
        version: the pinned one.
        argv: the command line that starts it; `{url}` is the model's address, `{home}` the home.
        env: variables; `{url}` likewise.
        settings: files of settings that its user has already, in the home: path to content; `{url}` likewise.
        shell: the call that runs a command.
        write: the call that writes a whole file.
        hooks: the file in the home that holds slopguard's part.
        read: the call that reads a file, of an agent that lets a model change only what it has read.
        first: a command line to run once before all others.
        mcp: the call that has a server of tools run a command, of an agent that is given that server (`mcp.py`).
    """

    name: str
    package: str
    version: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    shell: Callable[[str], Tool]
    write: Callable[[Path, str], Tool]
    hooks: str
    settings: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[Path], Tool] | None = None
    first: tuple[str, ...] = ()
    mcp: Callable[[str], Tool] | None = None


def _added(path: Path, content: str) -> str:
    """A patch that writes a whole file, as models of OpenAI's write it."""
    lines = "".join(f"+{line}\n" for line in content.splitlines())
    return f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch"


CLAUDE_CODE = Agent(
    "claude-code",
    "@anthropic-ai/claude-code",
    "2.1.332",
    (
        *("claude", "-p", "do it", "--allowedTools", "Bash,Read,Write,mcp__loop__run_cmd"),
        *("--permission-mode", "acceptEdits", "--mcp-config", json.dumps({"mcpServers": {"loop": SERVER}})),
    ),
    {
        "ANTHROPIC_BASE_URL": "{url}",
        "ANTHROPIC_API_KEY": "none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
    },
    lambda command: Tool("Bash", {"command": command, "description": "as told"}),
    lambda path, content: Tool("Write", {"file_path": str(path), "content": content}),
    ".claude/settings.json",
    {".claude/settings.json": '{\n  "includeCoAuthoredBy": false\n}\n'},
    lambda path: Tool("Read", {"file_path": str(path)}),
    mcp=lambda command: Tool("mcp__loop__run_cmd", {"command": command}),
)
CODEX = Agent(
    "codex",
    "@openai/codex",
    "0.169.0",
    ("codex", "exec", "--skip-git-repo-check", "-s", "danger-full-access", "--dangerously-bypass-hook-trust", "do it"),
    {"LOOP_KEY": "none"},
    lambda command: Tool("exec_command", {"cmd": command}),
    lambda path, content: Tool("apply_patch", _added(path, content)),
    ".codex/hooks.json",
    {
        ".codex/config.toml": 'model = "gpt-5.5"\nmodel_provider = "loop"\ncheck_for_update_on_startup = false\n\n'
        "[analytics]\nenabled = false\n\n"
        '[model_providers.loop]\nname = "loop"\nbase_url = "{url}/v1"\nwire_api = "responses"\nenv_key = "LOOP_KEY"\n'
        f"\n[mcp_servers.loop]\ncommand = {json.dumps(SERVER['command'])}\nargs = {json.dumps(SERVER['args'])}\n"
    },
    mcp=lambda command: Tool("run_cmd", {"command": command}, "mcp__loop"),
)
GEMINI = Agent(
    "gemini",
    "@google/gemini-cli",
    "0.61.0",
    ("gemini", "--yolo", "--include-directories", "{home}/.gemini", "-m", "gemini-2.5-flash", "-p", "do it"),
    {
        "GOOGLE_GEMINI_BASE_URL": "{url}",
        "GEMINI_API_KEY": "none",
        "GEMINI_CLI_TRUST_WORKSPACE": "true",
        "GEMINI_TELEMETRY_ENABLED": "false",
    },
    lambda command: Tool("run_shell_command", {"command": command, "description": "as told"}),
    lambda path, content: Tool("write_file", {"file_path": str(path), "content": content}),
    ".gemini/settings.json",
    {
        ".gemini/settings.json": '{\n  // mine\n  "security": {"auth": {"selectedType": "gemini-api-key"}},\n'
        '  "general": {"enableAutoUpdate": false},\n  "privacy": {"usageStatisticsEnabled": false},\n'
        f'  "mcpServers": {{"loop": {json.dumps({**SERVER, "trust": True})}}}\n}}\n'
    },
    mcp=lambda command: Tool("mcp_loop_run_cmd", {"command": command}),
)
QWEN = Agent(
    "qwen",
    "@qwen-code/qwen-code",
    "0.24.4",
    ("qwen", "--auth-type", "openai", "-m", CHAT, "--yolo", "-p", "do it"),
    {"OPENAI_BASE_URL": "{url}/v1", "OPENAI_API_KEY": "none", "OPENAI_MODEL": CHAT},
    lambda command: Tool("run_shell_command", {"command": command, "description": "as told", "is_background": False}),
    lambda path, content: Tool("write_file", {"file_path": str(path), "content": content}),
    ".qwen/settings.json",
    {
        ".qwen/settings.json": '{\n  "general": {"enableAutoUpdate": false},\n'
        '  "privacy": {"usageStatisticsEnabled": false},\n'
        f'  "mcpServers": {{"loop": {json.dumps({**SERVER, "trust": True})}}}\n}}\n'
    },
    mcp=lambda command: Tool("mcp__loop__run_cmd", {"command": command}),
)
OPENCODE = Agent(
    "opencode",
    "opencode-ai",
    "1.18.33",
    ("opencode", "run", "do it"),
    {
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    },
    lambda command: Tool("bash", {"command": command, "description": "as told"}),
    lambda path, content: Tool("write", {"filePath": str(path), "content": content}),
    ".config/opencode/plugin/slopguard.js",
    {
        ".npmrc": "fetch-retries=0\n",  # it fetches a package beside any plugin, and waits for that
        ".config/opencode/opencode.json": json.dumps(
            {
                "autoupdate": False,
                "share": "disabled",
                "provider": {
                    "loop": {
                        "npm": "@ai-sdk/openai-compatible",
                        "options": {"baseURL": "{url}/v1", "apiKey": "none"},
                        "models": {"m": {"name": "m", "tool_call": True}},
                    }
                },
                "model": "loop/m",
                "small_model": "loop/m",
                "permission": {"*": "allow", "external_directory": "allow"},
                "mcp": {"loop": {"type": "local", "command": [SERVER["command"], *SERVER["args"]]}},
            }
        ),
    },
    mcp=lambda command: Tool("loop_run_cmd", {"command": command}),
)
COPILOT = Agent(
    "copilot",
    "@github/copilot",
    "1.0.102",
    ("copilot", "-p", "do it", "--allow-all-tools", "--allow-all-paths"),
    {
        "COPILOT_OFFLINE": "true",
        "COPILOT_AUTO_UPDATE": "false",
        "COPILOT_PROVIDER_BASE_URL": "{url}/v1",
        "COPILOT_PROVIDER_TYPE": "openai",
        "COPILOT_PROVIDER_API_KEY": "none",
        "COPILOT_MODEL": CHAT,
    },
    lambda command: Tool("bash", {"command": command, "description": "as told"}),
    lambda path, content: Tool("create", {"path": str(path), "file_text": content}),
    ".copilot/hooks/slopguard.json",
    {".copilot/mcp-config.json": json.dumps({"mcpServers": {"loop": {"type": "local", "tools": ["*"], **SERVER}}})},
    mcp=lambda command: Tool("loop-run_cmd", {"command": command}),
)
CLINE = Agent(
    "cline",
    "cline",
    "3.0.65",
    ("cline", "-P", "openai", "-m", CHAT, "--json", "do it"),
    {
        "CLINE_TELEMETRY_DISABLED": "1",
        "TELEMETRY_DISABLED": "1",
        "CLINE_NO_AUTO_UPDATE": "1",
        "DO_NOT_TRACK": "1",
        "OTEL_SDK_DISABLED": "true",
    },
    lambda command: Tool("run_commands", {"commands": [command]}),
    lambda path, content: Tool("apply_patch", {"input": _added(path, content)}),
    "Documents/Cline/Hooks/PreToolUse",
    first=("cline", "auth", "-p", "openai", "-k", "none", "-m", CHAT, "-b", "{url}/v1"),
)
AGENTS = {agent.name: agent for agent in (CLAUDE_CODE, CODEX, GEMINI, QWEN, OPENCODE, COPILOT, CLINE)}
