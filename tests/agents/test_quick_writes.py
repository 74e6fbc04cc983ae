"""The first look lets no command go that the guard of the guard refuses, whichever program of its tables writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slopguard.agents import quick
from slopguard.agents.protected import Places, of_command, writes

PROGRAMS = sorted(
    writes._ALL | writes._AFTER_MODE | writes._INTO | writes._TREES | {*writes._SPECIAL, *writes._OUTPUTS}
)
FILES = (
    "~/.cursor/hooks.json",
    "~/.claude/settings.json",
    "~/.codex/config.toml",
    "~/.local/share/slopguard/enabled.json",
)
WAYS = (
    "{0}", "x {0}", "a b {0}", "-o {0} x", "-uo {0} x", "-o{0} x", "-O {0} x", "-out {0} x", "--output {0}",
    "--output={0}", "--output-file {0}", "-i {0}", "-i s/a/b/ {0}", "-inplace -i inplace x {0}", "of={0}", "set {0} a",
    "-f {0}", "-- {0}",
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_command_goes_that_would_be_refused(program: str) -> None:
    places = Places({"HOME": "/home/u"}, Path("/w"))
    commands = [f"{program} {way.format(file)}" for way in WAYS for file in FILES]
    gone = [text for text in commands if idle(text) and of_command(text, places)]
    assert gone == []


@pytest.mark.parametrize(
    "text", ["ls *.txt | sort", "sort -u names.txt", "openssl version", "cat ~/.claude/settings.json"]
)
def test_reading_needs_no_second_look(text: str) -> None:
    assert idle(text)


def idle(text: str) -> bool:
    call = {"cwd": "/w", "tool_name": "Bash", "tool_input": {"command": text}}
    return quick.idle(json.dumps(call).encode())
