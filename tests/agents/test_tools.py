"""Claims about what a tool's arguments are taken for: neither shell text nor a change hides behind the other."""

from __future__ import annotations

import json

import pytest

from slopguard.agents import tools
from slopguard.agents.model import Edit, Replacement
from slopguard.agents.quick import idle

PATCH = "*** Begin Patch\n*** Add File: a.txt\n+x\n*** End Patch"


@pytest.mark.parametrize("after", [f" <<'E'\n{PATCH}\nE", "\n--- x", "\ndiff --git a b"])
def test_a_command_with_a_patch_in_it_is_a_command(after: str) -> None:
    assert tools.commands("Bash", {"command": f"pip install x{after}"}) == (f"pip install x{after}",)


def test_a_shell_that_is_given_a_patch_runs_its_lines() -> None:
    assert tools.commands("Bash", {"command": PATCH}) == (PATCH,)


def test_what_a_tool_for_patches_is_given_is_no_command() -> None:
    assert tools.commands("apply_patch", {"command": PATCH}) == ()
    assert tools.edits("apply_patch", {"command": PATCH}) == (Edit("a.txt", content="x\n"),)


def test_a_file_is_seen_beside_a_patch() -> None:
    written = {"file_path": "requirements.txt", "content": "x\n", "patch": PATCH}
    assert [edit.path for edit in tools.edits("Write", written)] == ["a.txt", "requirements.txt"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"command": "npx", "args": ["-y", "x y"]}, ("npx -y 'x y'",)),
        ({"command": "pip", "arguments": ["install", "x"]}, ("pip install x",)),
        ({"command": "ls", "args": []}, ("ls",)),
        ({"command": "ls", "args": [1]}, ("ls",)),
        ({"commands": [{"command": "ls"}, {"cmd": "pip install x"}, {"x": 1}]}, ("ls", "pip install x")),
    ],
)
def test_a_command_is_put_together_from_what_a_tool_takes(arguments: dict[str, object], wanted: object) -> None:
    assert tools.commands("mcp__shell__start", arguments) == wanted


def test_files_in_a_list_are_changes_each() -> None:
    several = {
        "files": [{"path": "a", "content": "x"}, {"path": "b", "old_text": "1", "new_text": "2"}, {"path": 1}, 2]
    }
    assert tools.edits("mcp__fs__write_files", several) == (
        Edit("a", content="x"),
        Edit("b", replacements=(Replacement("1", "2"),)),
    )


@pytest.mark.parametrize(("gone", "there"), [("source", "destination"), ("src", "dst"), ("old_path", "new_path")])
def test_a_file_that_is_moved_or_copied_takes_anothers_place(gone: str, there: str) -> None:
    arguments = {gone: "a", there: "b"}
    assert tools.edits("mcp__filesystem__move_file", arguments) == (Edit("a", removed=True), Edit("b", unread=True))
    assert tools.edits("copy_file", arguments) == (Edit("b", unread=True),)
    assert tools.edits("translate", arguments) == ()


@pytest.mark.parametrize("tool", ["mcp__filesystem__move_file", "copy_file", "rename"])
def test_the_first_look_leaves_moved_files_to_the_full_reading(tool: str) -> None:
    said = {"tool_name": tool, "tool_input": {"source": "x", "destination": "slopguard.toml"}}
    assert not idle(json.dumps(said).encode())
