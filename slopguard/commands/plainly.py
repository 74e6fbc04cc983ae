"""A command that is a client's name and plain words, as most that agents run are: read without a parser.

Invariant: what it is, is what `bash.steps` says of it after `tidy`; whatever has a sign in it that means something to a
shell, or to who writes commands down in documents, is left to these.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from slopguard.clients import plain
from slopguard.commands.steps import Raw, Simple
from slopguard.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from slopguard.commands.steps import Step

_PLAIN = regex(r"[a-z][a-z0-9.-]*(?: [\w@./-][\w@./:=+,-]*)+", re.ASCII)
_LONGEST = 10_000


def steps(text: str, line: int) -> Iterable[Step]:
    """What a script does, in order: by itself where it is a plain command, else by the parser.

    Args:
        line: the line on which `text` begins.
    """
    found = step(text, line)
    if found is not None:
        return (found,)
    from slopguard.commands import bash  # the grammar and what leads to it: most commands do without
    from slopguard.commands.tidy import tidy

    return bash.steps(tidy(text), line)


def step(text: str, line: int) -> Simple | None:
    """The one step of a plain command; `None` where it is none."""
    if len(text) > _LONGEST or ".." in text or not _PLAIN.fullmatch(text):
        return None
    words = text.split(" ")
    if plain(words[0]) is None:
        return None
    return Simple(tuple(Raw(word, line) for word in words), line=line)
