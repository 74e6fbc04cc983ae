r"""Whether a text can hold a command of a package client at all, and where one may begin: the cheap first look.

Invariant: what is neither `mentioned` nor `disguised` holds no such command that a shell would run as it stands; what
is may still hold none.
"""

from __future__ import annotations

import re

from slopguard.patterns import regex

_WORDS = ("pip", "npm", "npx", "uvx", "uv ", "uv\n", "yarn", "bun", "poetry", "pdm", "deno", "rye", "corepack", "easy_")
_DISGUISED = regex(r"""\w\\\w|\w''|''\w|\w""|""\w|\$'|["']\w+["']\w""")
CLIENT = (
    r"(?:pip[\d.]*|pipx|pipenv|uvx?|poetry|pdm|rye|npm|npx|pnpm|pnpx|yarn(?:pkg)?|bunx?|deno|corepack|easy_install)"
)
_NAMED = regex(rf"{CLIENT}(?:\.exe|\.cmd)?[\s\\^`\"']")
_PYTHON = r"py(?:thon|py)?[\d.]*(?:\.exe)?(?:[ \t]+-\w[\w.]*)*?[ \t]+-m[ \t]+"
START = regex(
    rf"(?<![\w.@/\\~$<-])(?!//)(?:[\w.~-]*[/\\])*(?:{_PYTHON})?{CLIENT}(?:\.exe|\.cmd)?(?=\s|[\\^`]\r?\n)",
    re.ASCII,
)
"""A client's name where a word begins, with the folder or the `python -m` it is started by."""

FRONT = regex(
    r"(?:(?:sudo|time|env|exec|command|nohup|\w+=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"']*))(?:[ \t]+-\w+)*[ \t]+)*"
)
"""What a shell takes in front of a command without making another of it."""


def mentioned(text: str) -> bool:
    """Whether a client is named in `text` with something behind it; looking for mere letters first is much faster."""
    return any(word in text for word in _WORDS) and _NAMED.search(text) is not None


def disguised(text: str) -> bool:
    """Whether there is something in shell text that could hide a client's name: quotes or an escape inside a word."""
    return _DISGUISED.search(text) is not None
