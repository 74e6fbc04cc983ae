"""Prose with commands in it: a paragraph, a comment, a line of a program that prints advice, a model's answer.

`pieces` finds them; here each is read, with the commands in it that another program is to start (`docker run IMAGE pip
install x`, `claude mcp add NAME -- npx -y x`).
Invariants: nothing but what looks like a client's command is read, and that by `commands.read`; linear in the text.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from slopguard import commands
from slopguard.commands import sentences
from slopguard.commands.calls import calls
from slopguard.commands.mention import FRONT, START, mentioned
from slopguard.commands.pieces import pieces
from slopguard.commands.placeholders import plain
from slopguard.commands.rendered import rendered
from slopguard.commands.script import together
from slopguard.patterns import regex
from slopguard.readers.interface import Reading
from slopguard.readers.text import Lines

_FENCE = regex(r"^[ \t>]*(?:```|~~~)", re.MULTILINE)
_CONTINUED = regex(r"(?<=[ \t])[\^`](\r?\n)")
"""How the shells of Windows go on with a line."""
_BEGINS = regex(r"(?:^|[;(&|]|(?<![\\^`])\n)\s*$")
"""The end of what stands before a command that the shell starts by itself."""


def read(text: str, path: Path, line: int, cwd: Path) -> Reading:
    """Read a piece of prose; see `commands.phrase`."""
    text = rendered(text)
    if not mentioned(text):
        return Reading(path)
    if _FENCE.search(text):
        from slopguard.commands import markdown

        return markdown.read_text(text, path, line, cwd)
    return paragraph(text, path, line, cwd)


def paragraph(text: str, path: Path, line: int, cwd: Path) -> Reading:
    """Read prose that holds no fenced block."""
    lines = Lines(text)
    found = sorted([*pieces(text), *calls(text)], key=lambda piece: piece.start)
    return together(path, (command(piece.command, path, line + lines.at(piece.start) - 1, cwd) for piece in found))


def called(text: str, path: Path, line: int, cwd: Path) -> Reading:
    """Read only the commands that are written as lists: `--add-mcp '{"command": "npx", "args": ["-y", "x"]}'`."""
    lines = Lines(text)
    return together(path, (command(each.command, path, line + lines.at(each.start) - 1, cwd) for each in calls(text)))


def command(text: str, path: Path, line: int, cwd: Path) -> Reading:
    """What one command says, and what those in it say that another program is to start."""
    text = plain(_CONTINUED.sub(r"\\\1", text))
    parts = [commands.read(text, path, line, cwd)]
    starts = [found.start() for found in START.finditer(text)]
    for at, limit in pairwise([*starts, len(text)]):
        before = text[max(at - 200, 0) : at]
        if not _BEGINS.search(before) and not FRONT.fullmatch(before):
            end, _ = sentences.end(text, at, limit)
            parts.append(commands.read(text[at:end], path, line + text.count("\n", 0, at), cwd))
    return together(path, parts)
