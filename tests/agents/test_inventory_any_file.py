"""Whatever a client's file holds, an inventory is made of it, and can be printed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.agents.inventory import files as inventory_files
from slopguard.agents.inventory import servers as inventory_servers
from slopguard.agents.inventory.model import Inventory
from slopguard.agents.inventory.places import Place, Scope
from slopguard.errors import InputError
from slopguard.reports import inventory as report
from tests.agents.inventoried import Home

WORDS = st.sampled_from(
    ["npx", "uvx", "docker", "run", "-y", "-e", "-v", "/:/x", "A=b", "bash", "-c", "cmd", "/c", "env", "--", "acme@1",
     "", "https://a.example/x?y", "--token", "${X}", "$(x)", "\0", "\ud800", "jsr:@a/b", "go", "dnx", "deno", "'", "`"]
)  # fmt: skip
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), WORDS)
VALUES = st.recursive(
    PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=3))
)
KEYS = ["command", "cmd", "args", "arguments", "env", "envs", "headers", "url", "uri", "type", "transport", "disabled",
        "enabled", "trust", "settings", "requestInit", "env_vars", "env_keys", "source", "uses"]  # fmt: skip
SERVERS = st.fixed_dictionaries({}, optional={key: st.one_of(VALUES, st.lists(WORDS, max_size=6)) for key in KEYS})


@settings(max_examples=300)
@given(SERVERS)
def test_any_entry_comes_to_a_server_that_can_be_printed(server: dict[str, Any]) -> None:
    document = json.loads(json.dumps({"mcpServers": {"a": server, "\ud800": server}}))
    found = [
        inventory_servers.of(each, 1, Place(("cursor",), Scope.USER, Path("/x/mcp.json"))).server
        for each in inventory_files.servers(document, Path("/x/mcp.json"))
    ]
    made = Inventory(tuple(found))
    printed = "\n".join([report.as_json(made), *report.text(made, Path("/x")), *report.markdown(made, Path("/x"))])
    assert printed.isascii()


@settings(max_examples=200)
@given(st.sampled_from(["mcp.json", "config.toml", "config.yaml", "x.md", "crushrc", ".mcp.json"]), st.text())
def test_any_text_is_read_or_is_no_such_file(name: str, text: str) -> None:
    try:
        document = inventory_files.parse(text, Path(name))
    except InputError:
        return
    assert all(each.keys for each in inventory_files.servers(document, Path(name)))


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("~/.codex/config.toml", "[mcp_servers]\n'a b' = { command = 'x' }\n\"mcp\" = 1\n"),
        ("~/.continue/config.yaml", "mcpServers: &a\n  - {name: x, command: y}\n---\nother: 1\n"),
        ("~/.continue/config.yaml", "base: &b {x: {command: y}}\nmcpServers:\n  <<: *b\n"),
        ("~/.config/crush/crushrc", "mcp add x --command 'y\nmcp add\nmcp add z --command q --env\n"),
        (".claude/agents/x.md", "no front matter\n"),
        (".cursor/mcp.json", '{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}'),
        (".cursor/mcp.json", '{"mcpServers": {"a\\u0000": {"command": "\\u0000"}}}'),
        (".cursor/mcp.json", '{"mcpServers": "\\u0000", "mcp": "x/../../y"}'),
    ],
)
def test_odd_files_end_in_an_inventory(tmp_path: Path, where: str, text: str) -> None:
    home = Home(tmp_path)
    home.write(where, text)
    found = home.take().inventory
    assert (found.files, found.bad) == (1, ())
    assert all(server.location.line for server in found.servers)


def test_more_servers_than_are_told_are_told_of(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write(".mcp.json", {"mcpServers": {f"s{n}": {"command": "acme"} for n in range(2_001)}})
    found = home.take().inventory
    assert ([each.code for each in found.bad], found.files, len(found.servers)) == (["unreadable"], 1, 2_000)
    assert found.exit_code() == 4


@pytest.mark.parametrize(
    "server",
    [
        {"command": "acme", "env": {"_token" * 20_000 + "x": "1", "x" * 100_000: "a" * 100_000}},
        {"command": "acme", "args": ["a+" * 50_000 + "://", "ghp_" + "-" * 100_000, "${" * 50_000]},
        {"command": "bash", "args": ["-c", "a_" * 50_000]},
        {"command": "docker", "args": ["run", "a" * 100_000 + "@" * 1_000]},
        {"url": "https://a.example/?" + "token" * 20_000},
    ],
)
def test_a_file_that_was_made_to_keep_a_reader_busy_does_not(tmp_path: Path, server: dict[str, Any]) -> None:
    home = Home(tmp_path)
    home.write(".mcp.json", {"mcpServers": {"one": server}})
    started = time.process_time()
    found = home.take().inventory
    assert len("\n".join(report.text(found, home.home))) < 2_000
    assert time.process_time() - started < 5
