"""Claims about what a tool's arguments are taken for: neither shell text nor a change hides behind the other."""

from __future__ import annotations

import pytest

from slopguard.agents import tools
from slopguard.agents.model import Edit

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
