"""Documents, notebooks and settings of agents: a command that somebody would follow is read, however it is set."""

from __future__ import annotations

import json
from types import ModuleType

import pytest

from slopguard.check.kinds import kinds_of
from slopguard.commands import markdown, mcp_config, notebook, nox, package_scripts, tox
from tests.commands.found import names, reading, unclear


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("* [ ] pip install evil-name\n", 1),
        ("You should run pip install\nevil-name now.\n", 1),
        ("<!-- Run: pip install\nevil-name -->\n", 1),
        ("import first  # pip install evil-name\n", 1),
        ("<code>pip&nbsp;install evil-name</code>\n", 1),
        ("text\n&#112;ip install evil-name\n", 2),
        ("Type pip\u00a0install\u00a0evil-name\n", 1),
        ("Run `pip\u200b install evil-name`\n", 1),
        ("Run `pip install \u2066evil-name\u2069`\n", 1),
    ],
)
def test_prose_is_read_as_it_is_seen(text: str, line: int) -> None:
    assert names(reading(markdown, "README.md", text)) == [("evil-name", line)]


def test_an_invisible_letter_inside_a_name_makes_it_another_name() -> None:
    assert names(reading(markdown, "README.md", "Run `pip install re\u200bquests`\n")) == [("re\u200bquests", 1)]


def test_a_line_break_brings_no_other_sentence_in() -> None:
    text = "- how to pip install\n- how to go on\n\nTo pip install\nYou need a computer.\n"
    assert names(reading(markdown, "README.md", text)) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("%time !pip install evil-name", "evil-name"),
        ("import pip\npip.main(['install', 'evil-name'])", "evil-name"),
        ("import micropip\nawait micropip.install('evil-name')", "evil-name"),
        ("import piplite\nawait piplite.install(['first', 'evil-name'])", "evil-name"),
        ("%%writefile run.sh\npip install evil-name", "evil-name"),
        ("%%writefile requirements.txt\nevil-name==1", "evil-name==1"),
    ],
)
def test_a_cell_installs_in_other_ways_too(source: str, name: str) -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": source}], "nbformat": 4})
    assert (name, 1) in names(reading(notebook, "book.ipynb", text))


@pytest.mark.parametrize(
    ("name", "document"),
    [
        (".mcp.json", {"mcpServers": {"a": {"command": "npx", "args": "-y evil-name"}}}),
        (".mcp.json", {"a": {"command": "npx", "args": ["-y", "evil-name"]}}),
        (".gemini/settings.json", {"toolDiscoveryCommand": "npx evil-name"}),
        (".gemini/settings.json", {"tools": {"callCommand": "npx evil-name"}}),
        ("opencode.json", {"lsp": {"a": {"command": ["npx", "evil-name"]}}}),
        ("opencode.json", {"formatter": {"a": {"command": ["npx", "evil-name", "$FILE"]}}}),
        (".vscode/tasks.json", {"tasks": [{"label": "a", "command": "npx", "args": ["evil-name"]}]}),
        (".cursor/environment.json", {"install": "pip install evil-name"}),
        (".cursor/environment.json", {"terminals": [{"name": "a", "command": "npx evil-name"}]}),
        (".cursor/worktrees.json", {"setup-worktree": ["npm i evil-name"]}),
    ],
)
def test_settings_start_what_no_table_of_servers_holds(name: str, document: dict[str, object]) -> None:
    assert "mcp_config" in [kind.name for kind in kinds_of(name)]
    assert names(reading(mcp_config, name, json.dumps(document))) == [("evil-name", 1)]


def test_a_server_whose_program_is_filled_in_is_undecidable() -> None:
    document = {"mcpServers": {"a": {"command": "${RUN}", "args": ["-y", "evil-name"]}}}
    assert unclear(reading(mcp_config, ".mcp.json", json.dumps(document))) == [1]


@pytest.mark.parametrize(
    ("module", "name", "text", "line"),
    [
        (tox, "tox.ini", "[testenv]\ninstall_command = pip install evil-name {opts} {packages}\n", 2),
        (package_scripts, "package.json", '{"nx": {"targets": {\n"a": {"command": "npx evil-name"}}}}', 2),
        (package_scripts, "package.json", '{"nodemonConfig": {\n"exec": "npx evil-name"}}', 2),
        (nox, "noxfile.py", "def a(session):\n    s = session\n    s.install('evil-name')\n", 3),
        (nox, "noxfile.py", "import os\ndef a(session):\n    os.system('pip install evil-name')\n", 3),
    ],
)
def test_what_tools_run_beside_their_commands_is_read(module: ModuleType, name: str, text: str, line: int) -> None:
    assert names(reading(module, name, text)) == [("evil-name", line)]


@pytest.mark.parametrize("taken", ["f = session.install\n    f('evil-name')", "getattr(session, 'run')('pip')"])
def test_a_session_that_is_taken_apart_is_undecidable(taken: str) -> None:
    assert unclear(reading(nox, "noxfile.py", f"def a(session):\n    {taken}\n")) == [2]


def test_the_command_that_tox_installs_with_is_no_finding_as_it_is() -> None:
    found = reading(tox, "tox.ini", "[testenv]\ninstall_command = python -m pip install -U {opts} {packages}\n")
    assert (names(found), unclear(found)) == ([], [])


@pytest.mark.parametrize(
    "name",
    [".goosehints", ".rules", ".roomodes", ".clinerules/a.txt", ".gemini/commands/a.toml", ".augment-guidelines"],
)
def test_instructions_of_agents_are_documents(name: str) -> None:
    assert [kind.name for kind in kinds_of(name)] == ["markdown"]
