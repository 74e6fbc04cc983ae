"""Secrets: named where they are handed over, and not one value of theirs in anything that is printed or recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.agents.inventory.model import Handed
from slopguard.agents.inventory.secrets import handed, host_of
from slopguard.commands.mcp_servers import flattened
from slopguard.reports import inventory as report
from tests.agents.inventoried import SAMPLES, Home, codes
from tests.agents.test_inventory_samples import WHERE

VALUE = "tok_0123456789abcdef"
TOKEN = "ghp_" + "a1B2c3D4" * 4
SERVERS: dict[str, dict[str, Any]] = {
    "env": {"command": "npx", "args": ["-y", "acme"], "env": {"ACME_TOKEN": VALUE, "PLAIN": "x"}},
    "header": {"url": "https://a.example/mcp", "headers": {"Authorization": f"Bearer {VALUE}"}},
    "nested": {"url": "https://a.example/mcp", "requestInit": {"headers": {"X-Api-Key": VALUE}}},
    "codex": {"url": "https://a.example", "http_headers": {"Private-Token": VALUE}, "bearer_token": VALUE},
    "path": {"url": f"https://a.example/mcp/{VALUE}/sse"},
    "query": {"url": f"https://a.example/mcp?api_key={VALUE}"},
    "userinfo": {"url": f"https://user:{VALUE}@a.example/mcp"},
    "option": {"command": "acme", "args": ["--token", VALUE, f"--api-key={VALUE}"]},
    "header-option": {"command": "npx", "args": ["mcp-remote", "https://a.example/x", "--header", f"X-Key: {VALUE}"]},
    "docker": {"command": "docker", "args": ["run", "-e", f"ACME_SECRET={VALUE}", f"-eB_TOKEN={VALUE}", "acme/mcp"]},
    "database": {"command": "acme", "args": [f"postgres://me:{VALUE}@db.example/x"]},
    "known-form": {"command": "acme", "args": ["start", TOKEN], "env": {"ANY": TOKEN}},
    "shell": {"command": "bash", "args": ["-c", f"ACME_TOKEN={VALUE} exec npx -y acme --password {VALUE}"]},
    "line": {"command": f"ACME_TOKEN={VALUE} npx -y acme --key {VALUE}"},
    "tarball": {"command": "npx", "args": [f"https://a.example/{VALUE}/acme.tgz?token={VALUE}"]},
    "git": {"command": "uvx", "args": ["--from", f"git+https://x:{VALUE}@a.example/{VALUE}/acme", "acme"]},
    "index": {"command": "uvx", "args": ["acme"], "env": {"UV_INDEX_URL": f"https://x:{VALUE}@a.example/simple/"}},
    "program": {"command": f"https://x:{VALUE}@a.example/"},
    "docker-option": {"command": "docker", "args": ["run", "--password", VALUE, "acme/mcp"]},
    "docker-image": {"command": "docker", "args": ["run", "-eA_TOKEN=" + VALUE, f"me:{VALUE}@a.example/acme"]},
    "dnx-source": {"command": "dnx", "args": ["--source", f"https://x:{VALUE}@a.example", "Acme"]},
    "dnx-option": {"command": "dotnet", "args": ["tool", "exec", "--api-key", VALUE, "Acme"]},
    "variables": {"command": "acme", "env_vars": [f"ACME_TOKEN={VALUE}"]},
    "default": {"command": "acme", "env": {"ACME_TOKEN": "${X:-" + TOKEN + "}"}},
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def everything(home: Home) -> str:
    """All that is printed, in every format, and the database."""
    found = home.take().inventory
    printed = [report.as_json(found), *report.text(found, home.home), *report.markdown(found, home.home)]
    kept = [path.read_bytes().decode("latin-1") for path in (home.root / "data").rglob("*") if path.is_file()]
    return "\n".join([*printed, *kept])


@pytest.mark.parametrize("name", SERVERS)
def test_no_value_leaves(home: Home, name: str) -> None:
    home.write("~/.cursor/mcp.json", {"mcpServers": {"one": SERVERS[name]}})
    told = everything(home)
    assert '"name": "one"' in told
    assert VALUE not in told
    assert TOKEN not in told
    assert "a.example/" not in told.replace("a.example/simple", "")


@pytest.mark.parametrize("name", sorted(SERVERS.keys() - {"path", "program", "tarball", "git", "index"}))
def test_a_secret_in_the_file_is_told(home: Home, name: str) -> None:
    server = home.one(SERVERS[name])
    assert {"secret-in-file", "secret-in-arguments"} & {*codes(server)}
    assert any(one.exposed for one in server.handed)


def test_no_sample_gives_its_secrets_away(home: Home) -> None:
    for name, (_, _, where, _) in WHERE.items():
        home.sample(name, where)
    told = everything(home)
    values = [VALUE, "example.com/mcp", "example.com/sse", "--config", "~/.key", "mint-headers"]
    assert [value for value in values if value in told] == []
    assert sum(VALUE in (SAMPLES / name).read_text() for name in WHERE) > 3


def named(server: dict[str, Any], words: tuple[str, ...] = ()) -> dict[str, Handed]:
    return {one.name: one for one in handed(flattened(server), words, "")}


@pytest.mark.parametrize(
    "value",
    [
        "${env:X}", "${X}", "$X", "${input:x}", "{env:X}", "{file:~/.x}", "%X%", "$(cat ~/.key)", "${{ secrets.X }}",
        "op://vault/item", "COPILOT_MCP_X", "Bearer ${X}", "Bearer $X", "<your token>", "${X:-none}",
    ],
)  # fmt: skip
def test_a_reference_is_no_secret_in_the_file(value: str) -> None:
    found = named({"env": {"ACME_TOKEN": value}, "headers": {"Authorization": value}})
    assert [(one.secret, one.given) for one in found.values()] == [(True, "reference")] * 2


@pytest.mark.parametrize(
    ("name", "secret"),
    {
        "ACME_TOKEN": True, "GITHUB_PERSONAL_ACCESS_TOKEN": True, "apiKey": True, "OPENAI_API_KEY": True,
        "PGPASSWORD": True,
        "DATABASE_URL": True, "X-Api-Key": True, "Authorization": True, "Cookie": True, "key": True, "LEVEL": False,
        "MAX_TOKENS": False, "AUTHOR": False, "KEYBOARD": False, "X-Region": False, "MONKEY": False,
    }.items(),
)  # fmt: skip
def test_names_of_secrets(name: str, secret: bool) -> None:
    assert named({"env": {name: "value"}})[name].secret is secret


def test_an_empty_value_is_no_secret() -> None:
    assert named({"env": {"ACME_TOKEN": ""}})["ACME_TOKEN"].given == "empty"


def test_variables_are_named_in_every_shape() -> None:
    found = named(
        {
            "env": ["A_TOKEN=x", "B_TOKEN"],
            "envs": {"C": 1},
            "environment": {"D": None},
            "env_vars": ["E", {"name": "F", "source": "remote"}],
            "env_keys": ["G"],
            "bearer_token_env_var": "H",
            "env_http_headers": {"I": "X"},
            "envFile": "/some/.env",
        }
    )
    assert found.keys() == {"A_TOKEN", "B_TOKEN", "C", "D", "E", "F", "G", "H", "I", "envFile"}
    assert (found["A_TOKEN"].given, found["B_TOKEN"].given) == ("literal", "reference")


@given(st.text())
def test_of_any_address_no_path_and_no_query_is_told(text: str) -> None:
    host = host_of(f"https://a.example/{text}")
    assert host in ("https://a.example", "...")
    assert len(host_of(text)) < 200


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.none(), st.integers(), st.lists(st.text()))))
def test_any_entry_is_looked_at_without_a_crash(entry: dict[str, Any]) -> None:
    found = handed(flattened({**entry, "env": entry, "headers": entry}), [json.dumps(entry)] * 3, json.dumps(entry))
    assert all(one.given in ("literal", "reference", "empty") for one in found)
