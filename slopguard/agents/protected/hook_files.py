"""Where coding agents keep their hooks: data only, for all nine agents, user and project level alike.

A row is the end of a path: `.claude/settings.json` is protected in the account's home, in this project and in any other
folder, since an agent may be started in each.
"""

from __future__ import annotations

Tail = tuple[str, ...]

HOOKS: tuple[Tail, ...] = (
    (".cursor", "hooks.json"),
    (".codex", "hooks.json"),
    (".windsurf", "hooks.json"),
    (".codeium", "hooks.json"),
    (".codeium", "windsurf", "hooks.json"),
    (".github", "hooks", "*.json"),
    (".copilot", "hooks", "*.json"),
    (".clinerules", "hooks", "*"),
    (".cline", "hooks", "*"),
    ("Cline", "Hooks", "*"),
    (".gemini", "trustedFolders.json"),
    (".gemini", "trusted_hooks.json"),
    (".qwen", "trustedFolders.json"),
    (".opencode", "plugin", "*slopguard*"),
    (".opencode", "plugins", "*slopguard*"),
    ("opencode", "plugin", "*slopguard*"),
    ("opencode", "plugins", "*slopguard*"),
)
"""Files that hold nothing but hooks, or which of them may run: no change of theirs is an agent's to make."""
MIXED: tuple[Tail, ...] = (
    (".claude", "settings.json"),
    (".claude", "settings.local.json"),
    (".gemini", "settings.json"),
    (".qwen", "settings.json"),
    (".qwen", "settings.json.orig"),
    (".codex", "config.toml"),
    (".copilot", "settings.json"),
    (".copilot", "config.json"),
    (".github", "copilot", "settings.json"),
    (".github", "copilot", "settings.local.json"),
)
"""Files that hold hooks among other settings: only what concerns hooks is protected."""
MACHINE: tuple[tuple[str, bool], ...] = (
    ("/etc/claude-code", False),
    ("/etc/codex", False),
    ("/etc/gemini-cli", False),
    ("/etc/qwen-code", False),
    ("/etc/cursor", False),
    ("/etc/windsurf", False),
    ("/etc/github-copilot", False),
    ("/Library/Application Support/ClaudeCode", False),
    ("/Library/Application Support/Cursor/hooks.json", True),
    ("/Library/Application Support/Windsurf/hooks.json", True),
    ("/Library/Application Support/GeminiCli", False),
    ("/Library/Application Support/QwenCode", False),
)
"""Folders (and, with `True`, files) of machine-wide settings: whoever looks after the machine changes those."""
MOVED: tuple[tuple[str, str, Tail], ...] = (
    ("CLAUDE_CONFIG_DIR", "settings.json", (".claude", "settings.json")),
    ("CLAUDE_CONFIG_DIR", "settings.local.json", (".claude", "settings.local.json")),
    ("CODEX_HOME", "config.toml", (".codex", "config.toml")),
    ("CODEX_HOME", "hooks.json", (".codex", "hooks.json")),
    ("COPILOT_HOME", "settings.json", (".copilot", "settings.json")),
    ("COPILOT_HOME", "config.json", (".copilot", "config.json")),
    ("COPILOT_HOME", "hooks", (".copilot", "hooks", "*.json")),
    ("CLINE_DIR", "hooks", (".cline", "hooks", "*")),
    ("QWEN_HOME", "settings.json", (".qwen", "settings.json")),
    ("OPENCODE_CONFIG_DIR", "plugin", (".opencode", "plugin", "*slopguard*")),
    ("OPENCODE_CONFIG_DIR", "plugins", (".opencode", "plugins", "*slopguard*")),
    ("GEMINI_CLI_SYSTEM_SETTINGS_PATH", "", (".gemini", "settings.json")),
    ("QWEN_CODE_SYSTEM_SETTINGS_PATH", "", (".qwen", "settings.json")),
)
"""Variables that move an agent's folder: variable, what lies there, the row that it stands for."""
TELLING = frozenset(
    {".claude", ".cursor", ".codex", ".gemini", ".qwen", ".windsurf", ".codeium", ".copilot", ".clinerules", ".cline"}
    | {".opencode", "opencode", "Cline", "slopguard"}
)
"""Folders whose names say whose they are, wherever they lie."""
