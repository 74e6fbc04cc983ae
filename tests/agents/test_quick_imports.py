"""What a hook imports to say that there is nothing: its own first look, and not one module more."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.agents import hook
from tests.agents.spoken import ALL, shell

HERE = Path("/home/dev/project")
START = Path(hook.__file__).with_name("start.py")
BARE = ["-E", "-P", "-S"]
SCRIPT = "import sys; from slopguard.entry import main; sys.exit(main())"
"""What the console script holds, less what pip adds to it."""
LOOK = {"slopguard", "slopguard.agents", "slopguard.agents.quick"}


def imported(*argv: str, data: bytes = b"") -> set[str]:
    """The modules that a run of Python imports, as it reports them itself."""
    command = [sys.executable, "-X", "importtime", *argv]
    done = subprocess.run(command, input=data, capture_output=True, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"^import time:.*\| +([\w.]+)$", done.stderr.decode(), re.MULTILINE))


@pytest.mark.parametrize("agent", ALL)
def test_the_installed_hook_imports_its_first_look_alone(agent: str) -> None:
    bare = imported(*BARE, "-c", "pass")
    assert imported(*BARE, str(START), agent, data=shell(agent, "git status", HERE)) - bare == LOOK


def test_slopguard_hook_imports_that_and_where_it_starts() -> None:
    bare = imported("-c", "import sys")
    data = shell("claude-code", "git status", HERE)
    assert imported("-c", SCRIPT, "hook", "claude-code", data=data) - bare == {*LOOK, "slopguard.entry"}


def test_a_command_of_a_client_that_installs_nothing_costs_one_table_more() -> None:
    bare = imported(*BARE, "-c", "pass")
    data = shell("claude-code", "npm test", HERE)
    found = imported(*BARE, str(START), "claude-code", data=data) - bare
    assert {name for name in found if name.startswith("slopguard")} == {
        *LOOK,
        "slopguard.guard",
        "slopguard.guard.quick",
    }
    assert not found & {"typing", "re", "json", "pathlib", "sqlite3"}


def test_an_input_that_has_to_be_read_gets_the_rest() -> None:
    data = shell("claude-code", "pip install requests", HERE)
    assert "slopguard.agents.hook" in imported(*BARE, str(START), "claude-code", data=data)
