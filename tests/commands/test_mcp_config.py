"""Configurations of MCP clients: every client's shape, and what its servers fetch and run."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.check.kinds import kinds_of
from slopguard.clients.argv import listed
from slopguard.commands import mcp_config
from slopguard.errors import InputError
from slopguard.model import SourceKind
from slopguard.readers.interface import Reading

from .reading import HERE, lines, loading, names, unclear

SERVER = {"command": "npx", "args": ["-y", "@acme/server"]}
FETCHED = ["npm:@acme/server run"]


def read(text: str, name: str = ".mcp.json") -> Reading:
    return mcp_config.read(HERE / name, loading(text))


@pytest.mark.parametrize(
    "document",
    [
        {"mcpServers": {"a": SERVER}},
        {"servers": {"a": {"type": "stdio", **SERVER}}, "inputs": []},
        {"context_servers": {"a": SERVER}},
        {"context_servers": {"a": {"source": "custom", "command": {"path": "npx", "args": SERVER["args"]}}}},
        {"mcp": {"a": {"type": "local", "command": ["npx", *SERVER["args"]], "enabled": True}}},
        {"mcp": {"servers": {"a": SERVER}}},
        {"settings": {"mcp": {"servers": {"a": SERVER}}}},
        {"amp.mcpServers": {"a": SERVER}},
        {"projects": {"/home/me/work": {"mcpServers": {"a": SERVER}}}},
        {"customizations": {"vscode": {"mcp": {"servers": {"a": SERVER}}}}},
        {"experimental": {"modelContextProtocolServers": [{"transport": {"type": "stdio", **SERVER}}]}},
        {"mcpServers": [{"name": "a", **SERVER}]},
        {"server": {"type": "node", "mcp_config": SERVER}},
    ],
    ids="-".join,
)
def test_every_client_keeps_its_servers_in_its_own_place(document: dict[str, object]) -> None:
    assert names(read(json.dumps(document))) == FETCHED


def test_codex_writes_toml() -> None:
    text = '[mcp_servers.a]\ncommand = "npx"\nargs = ["-y", "@acme/server"]\n\n[mcp_servers.b]\nurl = "https://x.example"\n'
    assert names(read(text, "config.toml")) == FETCHED


def test_goose_and_continue_write_yaml() -> None:
    goose = "extensions:\n  a:\n    type: stdio\n    cmd: npx\n    args: [-y, '@acme/server']\n  b: {type: builtin}\n"
    assert names(read(goose, "config.yaml")) == FETCHED
    listed = "name: x\nmcpServers:\n  - name: a\n    command: npx\n    args:\n      - -y\n      - '@acme/server'\n"
    assert names(read(listed, "x.yaml")) == FETCHED


@pytest.mark.parametrize(
    ("command", "args", "expected"),
    [
        ("npx", ["@acme/server@1.2.3"], ["npm:@acme/server==1.2.3 run"]),
        ("uvx", ["mcp-server-git", "--repository", "."], ["pypi:mcp-server-git run"]),
        ("uvx", ["--from", "git-tools", "serve"], ["pypi:git-tools run"]),
        ("bunx", ["acme-server"], ["npm:acme-server run"]),
        ("pnpm", ["dlx", "acme-server"], ["npm:acme-server run"]),
        ("pipx", ["run", "acme-server"], ["pypi:acme-server run"]),
        ("uv", ["run", "--with", "mcp[cli]", "mcp", "run", "server.py"], ["pypi:mcp run"]),
        ("cmd", ["/c", "npx", "-y", "@acme/server"], FETCHED),
        ("cmd.exe", ["/C", "npx -y @acme/server"], FETCHED),
        (r"C:\Program Files\nodejs\npx.cmd", ["-y", "@acme/server"], FETCHED),
        ("/opt/homebrew/bin/npx", ["-y", "@acme/server"], FETCHED),
        ("bash", ["-c", "cd /x && npx -y @acme/server"], FETCHED),
        ("powershell", ["-NoProfile", "-Command", "npx -y @acme/server"], FETCHED),
        ("mise", ["x", "node@22", "--", "npx", "-y", "@acme/server"], FETCHED),
        ("npx -y @acme/server", [], FETCHED),
        (
            "npx",
            ["-y", "supergateway", "--stdio", "uvx mcp-server-git"],
            ["npm:supergateway run", "pypi:mcp-server-git run"],
        ),
        ("npx", ["-y", "@acme/server", "a name with blanks; npm i x", "$(npm i y)"], FETCHED),
        ("node", ["dist/index.js"], []),
        ("python", ["-m", "my_server"], []),
        ("docker", ["run", "-i", "--rm", "mcp/fetch"], []),
        ("uv", ["--directory", "/srv/x", "run", "server.py"], []),
    ],
)
def test_a_server_is_a_command_line(command: str, args: list[str], expected: list[str]) -> None:
    assert names(read(json.dumps({"mcpServers": {"a": {"command": command, "args": args}}}))) == expected


def test_a_server_that_is_reached_by_its_address_fetches_nothing() -> None:
    assert read('{"mcpServers": {"a": {"type": "http", "url": "https://mcp.example/sse"}}}').sightings == ()


def test_what_the_client_fills_in_cannot_be_decided() -> None:
    reading = read('{\n"mcpServers": {\n"a": {"command": "npx", "args": ["-y", "${env:SERVER}"]}}}')
    assert (names(reading), unclear(reading)) == ([], [3])


def test_a_folder_that_the_client_fills_in_is_no_package() -> None:
    assert (
        names(read('{"servers": {"a": {"command": "npx", "args": ["@acme/server", "${workspaceFolder}"]}}}')) == FETCHED
    )


def test_the_index_of_a_server_is_one_to_be_compared() -> None:
    env = {"UV_INDEX_URL": "https://me:secret@other.example/simple", "API_KEY": "$(npm i x)"}
    reading = read(json.dumps({"mcpServers": {"a": {"command": "uvx", "args": ["acme-server"], "env": env}}}))
    assert [each.raw for each in reading.sightings] == ["acme-server"]
    assert reading.sightings[0].source.kind is SourceKind.REGISTRY
    assert (reading.sightings[0].source.index or "").startswith("https://other.example/simple")
    assert not reading.sightings[0].source.trusted


def test_every_name_stands_on_its_own_line() -> None:
    text = json.dumps({"mcpServers": {"a": SERVER, "b": {"command": "uvx", "args": ["acme-b"]}}}, indent=2)
    assert lines(read(text)) == {"@acme/server": 7, "acme-b": 13}


def test_comments_and_trailing_commas_are_read_over() -> None:
    text = '{\n  // ours\n  "servers": {\n    "a": {"command": "npx", "args": ["-y", "@acme/server",],},\n  },\n}'
    assert names(read(text, "mcp.json")) == FETCHED


@pytest.mark.parametrize(
    "document",
    [
        {
            "hooks": {
                "PostToolUse": [{"matcher": "Edit", "hooks": [{"type": "command", "command": "npx prettier -w ."}]}]
            }
        },
        {"version": 1, "hooks": {"afterFileEdit": [{"command": "npx prettier -w ."}]}},
        {"version": 1, "hooks": {"preToolUse": [{"type": "command", "bash": "npx prettier -w ."}]}},
        {"statusLine": {"type": "command", "command": "npx prettier -w ."}},
    ],
    ids=["claude", "cursor", "copilot", "status line"],
)
def test_hooks_are_commands_too(document: dict[str, object]) -> None:
    assert names(read(json.dumps(document), "settings.json")) == ["npm:prettier run"]


def test_permissions_and_other_settings_say_nothing() -> None:
    text = '{"permissions": {"allow": ["Bash(npx prettier:*)", "Bash(pip install x)"]}, "editor.fontSize": 12}'
    assert read(text, "settings.json") == Reading(HERE / "settings.json")


def test_a_settings_file_without_servers_is_not_even_parsed() -> None:
    assert read("{ nothing of ours, and broken", "settings.json") == Reading(HERE / "settings.json")


def test_a_broken_file_is_told_with_its_line() -> None:
    with pytest.raises(InputError, match=r"mcp\.json:2: not valid JSON"):
        read('{"mcpServers":\n oops}')


@pytest.mark.parametrize(
    "path",
    sorted(
        listed(
            """.mcp.json .cursor/mcp.json .vscode/mcp.json .vscode/settings.json .roo/mcp.json .junie/mcp/mcp.json
    .kiro/settings/mcp.json .amazonq/mcp.json .codeium/windsurf/mcp_config.json .copilot/mcp-config.json
    cline_mcp_settings.json claude_desktop_config.json .claude.json .claude/settings.json .claude/settings.local.json
    .gemini/settings.json gemini-extension.json .codex/config.toml .zed/settings.json opencode.json opencode.jsonc
    .continue/mcpServers/x.yaml .config/goose/config.yaml .amp/settings.json .devcontainer/devcontainer.json
    x.code-workspace .cursor/hooks.json .github/hooks/a.json .claude-plugin/plugin.json"""
        )
    ),
)
def test_every_clients_file_is_looked_at(path: str) -> None:
    assert "mcp_config" in [kind.name for kind in kinds_of(f"packages/web/{path}")]


@pytest.mark.parametrize("path", ["package.json", "src/settings.json", "compote.json", "config.toml", "config.yaml"])
def test_files_of_other_programs_are_not(path: str) -> None:
    assert "mcp_config" not in [kind.name for kind in kinds_of(f"packages/web/{path}")]


WORDS = st.sampled_from(["npx", "uvx", "-y", "cmd", "/c", "bash -c 'npx x'", "${X}", "", "a b", "'", '"', "\\", "mcp"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["command", "args", "env", "mcpServers", "servers", "hooks", "transport", "a"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(VALUES)
def test_any_json_gives_a_reading_or_is_refused(value: object) -> None:
    try:
        reading = read(json.dumps({"mcpServers": value, "hooks": value, "mcp": value}))
    except InputError:
        return
    assert reading.path == HERE / ".mcp.json"


@given(st.text(max_size=200).map(lambda text: "mcpServers" + text), st.sampled_from(["x.json", "x.toml", "x.yaml"]))
def test_any_text_gives_a_reading_or_is_refused(text: str, name: str) -> None:
    with contextlib.suppress(InputError):
        assert read(text, name).path == HERE / name


def test_what_repeats_itself_without_end_is_cut_off_and_told() -> None:
    server = "a: &a {command: npx, args: [x]}"
    many = ", ".join(f"s{number}: *a" for number in range(3_000))
    reading = read(f"{server}\nmcpServers: {{{many}}}\n", "x.yaml")
    assert (unclear(reading), names(reading)[0]) == ([1], "npm:x run")


def test_what_repeats_what_repeats_itself_is_refused() -> None:
    rows = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 60)}]" for level in range(1, 7)]
    text = "\n".join(["l0: &l0 [{command: npx x}]", *rows, "hooks: {Stop: *l6}"])
    with pytest.raises(InputError, match="not valid YAML"):
        read(text, "x.yaml")


def test_paths_are_those_of_the_file(tmp_path: Path) -> None:
    server = {"command": "uvx", "args": ["--from", "./here", "serve"]}
    reading = mcp_config.read(tmp_path / ".mcp.json", loading(json.dumps({"mcpServers": {"a": server}})))
    assert [each.source.index for each in reading.sightings] == [str(tmp_path / "here")]
