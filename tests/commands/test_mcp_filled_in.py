"""Configurations of MCP clients: what a client fills in before it starts a server, and lists of servers at the top."""

from __future__ import annotations

import json

import pytest

from slopguard.commands import mcp_config
from slopguard.commands.mcp_servers import entries
from slopguard.readers.interface import Reading

from .reading import HERE, loading, names, unclear

FILLED = ["${X}", "${env:X}", "{env:X}", "{file:~/x}", "{{X}}", "${{ secrets.X }}", "$X", "%X%", "$(cat ~/x)"]


def read(server: object) -> Reading:
    return mcp_config.read(HERE / "mcp.json", loading(json.dumps({"mcpServers": {"a": server}})))


@pytest.mark.parametrize("filled", FILLED)
def test_a_package_that_is_filled_in_is_not_known(filled: str) -> None:
    found = read({"command": "npx", "args": ["-y", filled]})
    assert names(found) == []
    assert unclear(found)


@pytest.mark.parametrize("filled", FILLED)
def test_an_argument_that_is_filled_in_hides_no_package(filled: str) -> None:
    assert names(read({"command": "npx", "args": ["-y", "@acme/server", filled]})) == ["npm:@acme/server run"]


def test_what_a_shell_substitutes_is_still_read() -> None:
    assert names(read({"command": "bash", "args": ["-c", "x=$(npx -y @acme/one) npx -y @acme/two"]})) == [
        "npm:@acme/one run",
        "npm:@acme/two run",
    ]


def test_a_list_at_the_top_is_one_of_servers() -> None:
    text = json.dumps([{"name": "a", "command": "npx -y @acme/server"}])
    assert names(mcp_config.read(HERE / "mcpServers.json", loading(text))) == ["npm:@acme/server run"]


@pytest.mark.parametrize("key", ["mcp-servers", "powers"])
def test_further_places(key: str) -> None:
    servers = {"a": {"command": "npx", "args": ["-y", "@acme/server"]}}
    document = {key: servers if key == "mcp-servers" else {"mcpServers": servers}}
    assert names(mcp_config.read(HERE / "mcp.json", loading(json.dumps(document)))) == ["npm:@acme/server run"]


def test_entries_say_the_way_to_them() -> None:
    document = {"mcpServers": [{"name": "a", "url": "x"}], "projects": {"/p": {"mcpServers": {"b": {"url": "y"}}}}}
    assert [(each.name, each.keys) for each in entries(document)] == [
        ("a", ("mcpServers", 0)),
        ("b", ("projects", "/p", "mcpServers", "b")),
    ]
    assert [each.name for each in entries({"c": {"url": "z"}}, flat=True)] == ["c"]
