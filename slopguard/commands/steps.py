"""What a script does, step by step, before any word of it is understood: the common ground of the two parsers.

Invariant: everything here is source text with its line; nothing is expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from slopguard.patterns import regex

ASSIGNMENT = regex(r"([A-Za-z_]\w*)(\[[^\]]*\])?(\+?)=(.*)", re.DOTALL)
"""`NAME=value`, `NAME[0]=value`, `NAME+=value`."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A word as written, and its line."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Feed:
    """What a command gets on its standard input.

    Args:
        text: the text, where it stands in the script (a heredoc, a here-string); `None` if it does not.
        line: the line on which that text begins.
        source: the command whose output it is, `None` for a file or where that is no single command.
        file: it is a file.
        word: the text is a word, to be understood as one (a here-string).
    """

    text: str | None = None
    line: int = 0
    source: Simple | None = None
    file: bool = False
    word: bool = False


@dataclass(frozen=True, slots=True)
class Simple:
    """One simple command.

    Args:
        words: its words, the name first.
        assignments: `NAME=value` in front of it.
        feed: its standard input, `None` where that is the script's own.
        sink: the file that its output goes to.
        line: the line it begins on.
    """

    words: tuple[Raw, ...]
    assignments: tuple[Raw, ...] = ()
    feed: Feed | None = None
    sink: Raw | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Assign:
    """A variable gets a value.

    Args:
        raw: `NAME=value`, `NAME+=value`, `NAME=(a b)`.
        maybe: it stands where the script may not come, so that the old value may stay.
    """

    raw: Raw
    maybe: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """A variable gets each of some words in turn."""

    name: str
    words: tuple[Raw, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function is defined: its name, and its body as text."""

    name: str
    body: Raw


@dataclass(frozen=True, slots=True)
class Nested:
    """Commands in the middle of a word, `$(...)`."""

    body: Raw


@dataclass(frozen=True, slots=True)
class Enter:
    """A subshell begins: what it changes ends with it."""


@dataclass(frozen=True, slots=True)
class Leave:
    """A subshell ends."""


Step = Simple | Assign | Loop | Function | Nested | Enter | Leave
