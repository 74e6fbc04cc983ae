"""A configuration of every client's shape, where that client looks: found, with its scope and its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.agents.inventory.places import Scope
from tests.agents.inventoried import SAMPLES, Home, codes

USER, PROJECT, MANAGED, PLUGIN = Scope.USER, Scope.PROJECT, Scope.MANAGED, Scope.PLUGIN
CODE = "~/.config/Code/User"
WHERE = {
    "amazon_q.json": ("amazon-q", USER, "~/.aws/amazonq/mcp.json", {"near": 1, "far": 1}),
    "amazon_q_agent.json": ("amazon-q", PROJECT, ".amazonq/cli-agents/default.json", {"near": 1}),
    "amp.jsonc": ("amp", USER, "~/.config/amp/settings.json", {"near": 3, "far": 4}),
    "antigravity.json": ("antigravity", USER, "~/.gemini/config/mcp_config.json", {"far": 1, "near": 1}),
    "augment_cli.json": ("augment", USER, "~/.augment/settings.json", {"near": 1, "far": 1}),
    "augment_vscode.json": (
        "augment", USER, f"{CODE}/globalStorage/augment.vscode-augment/augment-global-state/mcpServers.json",
        {"near": 2, "far": 3},
    ),
    "boltai.json": ("boltai", USER, "~/.boltai/mcp.json", {"near": 1}),
    "claude_code_managed-mcp.json": (
        "claude-code", MANAGED, "/etc/claude-code/managed-mcp.json", {"company": 1, "scanner": 1},
    ),
    "claude_code_plugin.json": ("claude-code", PLUGIN, ".claude-plugin/plugin.json", {"inline": 1}),
    "claude_code_plugin_flat.mcp.json": (
        "claude-code", PLUGIN, "~/.claude/plugins/cache/m/p/.mcp.json", {"database-tools": 2, "fetched": 3},
    ),
    "claude_code_project.mcp.json": ("claude-code", PROJECT, ".mcp.json", {"repo-tools": 3, "old-tools": 4}),
    "claude_desktop.json": (
        "claude-desktop", USER, "~/.config/Claude/claude_desktop_config.json", {"notes": 3, "clock": 4},
    ),
    "cline.json": (
        "cline", USER, f"{CODE}/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        {"flat": 1, "nested": 2, "far": 3},
    ),
    "codex.toml": ("codex", USER, "~/.codex/config.toml", {"docs": 3, "remote": 11}),
    "continue.yaml": ("continue", USER, "~/.continue/config.yaml", {"Near": 5, "Far": 10}),
    "continue_old.json": ("continue", USER, "~/.continue/config.json", {"": 1}),
    "copilot_agent.agent.md": ("copilot", PROJECT, ".github/agents/helper.agent.md", {"near": 6}),
    "copilot_cli.json": ("copilot", USER, "~/.copilot/mcp-config.json", {"near": 3, "far": 4}),
    "copilot_coding_agent.json": ("copilot", PROJECT, ".github/mcp.json", {"near": 1}),
    "copilot_jetbrains.json": (
        "copilot", USER, "~/.config/github-copilot/intellij/mcp.json", {"memory": 1, "far": 1},
    ),
    "crush.jsonc": ("crush", PROJECT, "crush.json", {"near": 4, "far": 5}),
    "crushrc": ("crush", USER, "~/.config/crush/crushrc", {"near": 2, "far": 3}),
    "cursor.json": ("cursor", PROJECT, ".cursor/mcp.json", {"local": 3, "remote": 4}),
    "devcontainer.jsonc": ("devcontainer", PROJECT, ".devcontainer/devcontainer.json", {"boxed": 5}),
    "devin.json": ("windsurf", USER, "~/.config/devin/mcp_config.json", {"far": 1}),
    "factory_droid.json": ("factory", USER, "~/.factory/mcp.json", {"near": 1, "far": 1}),
    "gemini-extension.json": ("gemini", PLUGIN, "~/.gemini/extensions/acme/gemini-extension.json", {"ext": 1}),
    "gemini.jsonc": ("gemini", PROJECT, ".gemini/settings.json", {"py": 5, "stream": 6, "events": 7}),
    "goose.yaml": ("goose", USER, "~/.config/goose/config.yaml", {"developer": 3, "near": 7, "far": 16}),
    "junie.json": ("junie", PROJECT, ".junie/mcp/mcp.json", {"near": 1, "far": 1}),
    "kiro.json": ("kiro", USER, "~/.kiro/settings/mcp.json", {"near": 1, "far": 1, "from-power": 2}),
    "lmstudio.json": ("lm-studio", USER, "~/.lmstudio/mcp.json", {"far": 1, "near": 1}),
    "opencode_v1.jsonc": ("opencode", PROJECT, "opencode.json", {"near": 4, "far": 5, "jira": 6}),
    "opencode_v2.jsonc": ("opencode", USER, "~/.config/opencode/opencode.jsonc", {"near": 5}),
    "qwen.jsonc": ("qwen", USER, "~/.qwen/settings.json", {"slow": 3, "far": 4}),
    "roo.json": ("roo", PROJECT, ".roo/mcp.json", {"near": 1, "far": 1}),
    "trae.json": ("trae", PROJECT, ".trae/mcp.json", {"near": 1, "far": 1}),
    "visual_studio.mcp.json": ("visual-studio", PROJECT, ".vs/mcp.json", {"github": 3, "local": 3}),
    "vscode.code-workspace": ("vscode", PROJECT, "x.code-workspace", {"space": 5}),
    "vscode.jsonc": ("vscode", PROJECT, ".vscode/mcp.json", {"acme": 7, "remote": 14}),
    "vscode_settings.jsonc": ("vscode", USER, f"{CODE}/settings.json", {"older": 4, "dotted": 5}),
    "warp.mcp.json": ("warp", USER, "~/.warp/.mcp.json", {"near": 1, "far": 1}),
    "windsurf.json": ("windsurf", USER, "~/.codeium/windsurf/mcp_config.json", {"far": 1, "near": 1}),
    "zed.jsonc": (
        "zed", PROJECT, ".zed/settings.json", {"old": 4, "new": 5, "far": 6, "mcp-server-github": 7},
    ),
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize("name", WHERE)
def test_each_clients_servers_are_found(home: Home, name: str) -> None:
    client, scope, where, expected = WHERE[name]
    path = home.sample(name, where)
    found = home.take().inventory
    assert {server.name: server.location.line for server in found.servers} == expected
    assert {server.scope for server in found.servers} == {scope}
    assert all(client in server.clients for server in found.servers)
    assert {server.location.path for server in found.servers} == {str(path)}
    assert (found.bad, found.files) == ((), 1)


def test_every_sample_is_used() -> None:
    others = {"claude_code_user.json", "claude_code_plugin_pointer.json", "pins.json"}
    assert {path.name for path in SAMPLES.iterdir()} == WHERE.keys() | others


def test_a_users_file_holds_servers_of_single_projects(home: Home) -> None:
    home.sample("claude_code_user.json", "~/.claude.json")
    found = home.servers()
    assert (found["shared"].scope, found["shared"].project) == (USER, "")
    assert (found["db"].scope, found["db"].project) == (PROJECT, "/home/me/work/app")
    assert codes(found["minted"]) == ["helper"]


def test_a_plugins_manifest_may_point_to_another_file(home: Home) -> None:
    home.sample("claude_code_plugin_pointer.json", "~/.claude/plugins/cache/m/p/.claude-plugin/plugin.json")
    home.sample("boltai.json", "~/.claude/plugins/cache/m/p/config/servers.json")
    server = home.servers()["near"]
    assert (server.scope, server.enabled) == (PLUGIN, None)
    assert server.location.path.endswith("/p/config/servers.json")


def test_a_manifest_points_no_further_than_its_own_folder(home: Home) -> None:
    home.sample("boltai.json", "~/secret.json")
    home.write(".claude-plugin/plugin.json", {"name": "x", "mcpServers": "../../secret.json"})
    assert home.servers() == {}


@pytest.mark.parametrize(
    ("system", "where"),
    [
        ("darwin", "~/Library/Application Support/Claude/claude_desktop_config.json"),
        ("win32", "~/AppData/Roaming/Claude/claude_desktop_config.json"),
        ("darwin", "/Library/Application Support/ClaudeCode/managed-mcp.json"),
        ("win32", "~/.mcp.json"),
    ],
)
def test_other_systems_have_other_places(tmp_path: Path, system: str, where: str) -> None:
    home = Home(tmp_path, system)
    home.sample("boltai.json", where)
    assert home.servers().keys() == {"near"}
    home.system = "linux"
    assert home.servers() == {}


def test_variables_move_places(home: Home) -> None:
    moved = home.root / "elsewhere"
    home.env = {
        "CLAUDE_CONFIG_DIR": str(moved),
        "CODEX_HOME": str(moved),
        "OPENCODE_CONFIG": str(moved / "mine.json"),
        "XDG_CONFIG_HOME": str(moved),
    }
    home.sample("claude_code_user.json", "/elsewhere/.claude.json")
    home.sample("codex.toml", "/elsewhere/config.toml")
    home.sample("opencode_v2.jsonc", "/elsewhere/mine.json")
    home.sample("vscode.jsonc", "/elsewhere/Code/User/mcp.json")
    assert {"shared", "docs", "near", "acme"} <= home.servers().keys()


def test_one_file_of_several_clients_is_told_once(home: Home) -> None:
    home.sample("claude_code_project.mcp.json", ".mcp.json")
    found = home.take().inventory.servers
    assert [server.name for server in found] == ["repo-tools", "old-tools"]
    assert found[0].clients == ("claude-code", "vscode", "visual-studio", "copilot")


def test_a_link_to_a_file_that_was_read_is_not_read_again(home: Home) -> None:
    home.sample("boltai.json", ".cursor/mcp.json")
    (home.home / ".cursor").mkdir()
    (home.home / ".cursor" / "mcp.json").symlink_to(home.project / ".cursor" / "mcp.json")
    assert len(home.take().inventory.servers) == 1


def test_one_server_in_several_places_is_told_once_a_place(home: Home) -> None:
    home.sample("boltai.json", ".cursor/mcp.json")
    home.sample("boltai.json", "~/.boltai/mcp.json")
    assert [server.scope for server in home.take().inventory.servers] == [PROJECT, USER]


def test_a_project_reaches_up_to_its_repositorys_root(home: Home) -> None:
    home.sample("boltai.json", ".cursor/mcp.json")
    home.project = home.project / "deep" / "er"
    home.project.mkdir(parents=True)
    assert home.servers().keys() == {"near"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "malformed"),
        ('{"mcpServers": [}', "malformed"),
        (b"\xff\xfe\xff", "malformed"),
        ("[" * 100_000, "malformed"),
    ],
)
def test_a_file_that_cannot_be_read_hides_no_other(home: Home, content: str | bytes, code: str) -> None:
    home.write("~/.cursor/mcp.json", content)
    home.sample("boltai.json", "~/.boltai/mcp.json")
    found = home.take().inventory
    assert [(bad.code, bad.clients) for bad in found.bad] == [(code, ("cursor",))]
    assert ([server.name for server in found.servers], found.exit_code()) == (["near"], 4)


def test_a_folder_and_a_link_to_nowhere_are_no_files(home: Home) -> None:
    (home.home / ".cursor" / "mcp.json").mkdir(parents=True)
    (home.home / ".boltai").mkdir()
    (home.home / ".boltai" / "mcp.json").symlink_to("nowhere")
    assert home.take().inventory.files == 0


def test_an_endless_file_is_not_read(home: Home) -> None:
    (home.home / ".cursor").mkdir()
    (home.home / ".cursor" / "mcp.json").symlink_to("/dev/zero")
    assert [bad.code for bad in home.take().inventory.bad] == ["unreadable"]


def test_a_mark_and_line_ends_of_windows_change_nothing(home: Home) -> None:
    text = (SAMPLES / "vscode.jsonc").read_bytes().replace(b"\n", b"\r\n")
    home.write(".vscode/mcp.json", b"\xef\xbb\xbf" + text)
    assert {name: server.location.line for name, server in home.servers().items()} == {"acme": 7, "remote": 14}


def test_settings_without_servers_hold_none(home: Home) -> None:
    home.write(".zed/settings.json", '{"theme": "x", "languages": {"a": {"command": "b"}}}')
    home.write("~/.codex/config.toml", 'model = "x"\n')
    home.write("~/.gemini/settings.json", "")
    assert home.servers() == {}
