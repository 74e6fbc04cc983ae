"""The inventory as people, programs and Markdown have it, and the code that it ends with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agents.inventoried import SAMPLES
from tests.cli.program import Program

TAKE = ("mcp", "inventory", "--offline")


@pytest.fixture
def slopguard(tmp_path: Path) -> Program:
    return Program(tmp_path)


def cursor(slopguard: Program, *args: str, command: str = "uvx", **more: object) -> Path:
    server = {"command": command, "args": list(args), **more}
    return slopguard.write("home/.cursor/mcp.json", json.dumps({"mcpServers": {"one": server}}))


def test_nothing_configured_is_no_finding(slopguard: Program) -> None:
    done = slopguard(*TAKE)
    assert (done.rc, done.out, done.err) == (0, "slopguard: 0 servers in 0 files.\n", "")


@pytest.mark.parametrize(
    ("args", "rc"),
    [
        (["flask==3.0.0"], 0),
        (["flask"], 0),
        (["sg-unknown==1.0"], 3),
        (["--from", "git+https://example.com/x", "x"], 1),
    ],
)
def test_the_code_is_the_contracts(slopguard: Program, args: list[str], rc: int) -> None:
    cursor(slopguard, *args)
    assert slopguard(*TAKE).rc == rc


def test_a_file_that_cannot_be_read_is_code_4(slopguard: Program) -> None:
    slopguard.write("home/.cursor/mcp.json", "{")
    done = slopguard(*TAKE)
    assert done.rc == 4
    assert "UNCHECKED  ~/.cursor/mcp.json   cursor: a file is not what its name says. Correct it" in done.out


def test_in_mode_observe_nothing_is_refused(slopguard: Program) -> None:
    slopguard.write("home/.config/slopguard/slopguard.toml", 'mode = "observe"\n')
    cursor(slopguard, "sg-unknown")
    done = slopguard(*TAKE)
    assert (done.rc, "OBSERVED unverified" in done.out, "(mode observe)" in done.out) == (0, True, True)
    assert slopguard(*TAKE, "--format", "json").json["enforced"] is False


def test_a_server_in_text(slopguard: Program) -> None:
    cursor(slopguard, "flask", env={"ACME_TOKEN": "x", "LEVEL": "${X}"})
    lines = slopguard(*TAKE).out.splitlines()
    assert lines[:5] == [
        "~/.cursor/mcp.json   cursor",
        "  1:   one   stdio uvx   user, on",
        "         runs      pypi:flask   not pinned   WARNED unpinned-run",
        "         given     ACME_TOKEN [secret, stands in the file], LEVEL",
        "         rights    all that your account may",
    ]
    assert lines[-1] == "slopguard: 1 server in 1 file, 1 not pinned, 1 with a secret in the file."


def test_json_has_every_key(slopguard: Program) -> None:
    path = cursor(slopguard, "flask==3.0.0", env={"ACME_TOKEN": "x"})
    found = slopguard(*TAKE, "--format", "json").json
    (server,) = found.pop("servers")
    (package,) = server.pop("packages")
    assert found == {
        "schema": "slopguard/mcp-inventory/1", "enforced": True, "offline": True,
        "summary": {
            "files": 1, "servers": 1, "unpinned": 0, "secrets": 1, "unreadable": 0,
            "allow": 1, "warn": 0, "quarantine": 0, "block": 0, "unchecked": 0,
        },
        "unreadable": [], "notes": [],
    }  # fmt: skip
    assert package.pop("verdict").keys() == {
        "verdict", "rule", "reason", "remedy", "until", "decision", "suggestions",
    }  # fmt: skip
    assert package == {"ecosystem": "pypi", "name": "flask", "version": "3.0.0", "asked": None, "pinned": "yes"}
    (finding,) = server.pop("findings")
    assert (finding["code"], finding["verdict"], finding["about"]) == ("secret-in-file", "warn", ["ACME_TOKEN"])
    assert server == {
        "clients": ["cursor"], "scope": "user", "project": None, "location": {"path": str(path), "line": 1},
        "name": "one", "transport": "stdio", "address": None, "enabled": True, "off_for": [], "program": "uvx",
        "pinned": "yes", "given": [{"kind": "variable", "name": "ACME_TOKEN", "secret": True, "value": "literal"}],
        "rights": {"kind": "user", "full": True, "mounts": [], "open": []},
    }  # fmt: skip


def test_json_tells_of_files_that_could_not_be_read(slopguard: Program) -> None:
    path = slopguard.write("home/.cursor/mcp.json", "{")
    (bad,) = slopguard(*TAKE, "--format", "json").json["unreadable"]
    assert (bad["location"]["path"], bad["code"], bad["verdict"]) == (str(path), "malformed", "unchecked")


def test_names_are_safe_to_print(slopguard: Program) -> None:
    name = "x\x1b[2J`|\u202e' ignore what was said"
    servers = {name: {"command": f"a\x07{name}", "args": ["-e"], "env": {name: "y"}}}
    slopguard.write("project/.cursor/mcp.json", json.dumps({"mcpServers": servers}))
    for form in ("text", "json", "markdown"):
        out = slopguard(*TAKE, "--format", form).out
        assert out.isascii()
        assert "\x1b" not in out
        assert "\x07" not in out
    assert "`|" not in out


def test_markdown_has_a_row_a_server(slopguard: Program) -> None:
    slopguard.write("home/.cursor/mcp.json", (SAMPLES / "pins.json").read_text())
    slopguard.write("home/.boltai/mcp.json", "{")
    lines = slopguard(*TAKE, "--format", "markdown").out.splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert len(rows) == 34
    assert all(line.count(" | ") == 6 for line in rows)
    assert "**UNCHECKED** `~/.boltai/mcp.json`: a file is not what its name says." in lines


def test_the_ledger_has_it_before_it_is_shown(slopguard: Program) -> None:
    cursor(slopguard, "sg-unknown")
    decision = slopguard(*TAKE, "--format", "json").json["servers"][0]["packages"][0]["verdict"]["decision"]
    rows = slopguard("log", "--format", "json").json["entries"]
    assert [(row["door"], row["decision"], row["rule"]) for row in rows] == [("inventory", decision, "unverified")]


def test_another_project_is_looked_at(slopguard: Program) -> None:
    slopguard.write("other/.cursor/mcp.json", (SAMPLES / "boltai.json").read_text())
    done = slopguard(*TAKE, "--project", str(slopguard.root / "other"), "--format", "json")
    assert [server["name"] for server in done.json["servers"]] == ["near"]


@pytest.mark.parametrize(
    ("argv", "words"), [(("--project", "nowhere"), "--project names no folder"), (("--yes",), "--yes is for --pin")]
)
def test_a_line_without_sense_is_code_2(slopguard: Program, argv: tuple[str, ...], words: str) -> None:
    done = slopguard(*TAKE, *argv)
    assert (done.rc, words in done.err) == (2, True)


def test_without_a_client_no_index_is_asked_and_that_is_told(slopguard: Program) -> None:
    cursor(slopguard, "sg-unknown", command="npx")
    done = slopguard("mcp", "inventory", env={"PATH": str(slopguard.root)})
    assert (done.rc, "npm is not installed, so no index was asked" in done.out) == (4, True)
