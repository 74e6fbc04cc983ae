"""Requirement files that nobody can judge before their client reads them: by URL, from standard input.

What such a file holds would reach the client unseen: an index, a URL, a name. So it is a `Problem` of the command
line, and the command is refused. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from slopguard.model import Location
from slopguard.readers.interface import Problem

UNREAD = "unread"
"""The code of the problem."""
REMEDY = "Save them to a file, and name that; nothing was installed"


def problems(names: Iterable[str], *, stdin: bool) -> tuple[Problem, ...]:
    """A problem for each name that stands for no file.

    Args:
        stdin: whether `-` means standard input to the client.
    """
    return tuple(Problem(UNREAD, Location("-", None)) for name in names if path_of(name, stdin=stdin) is None)


def path_of(name: str, *, stdin: bool) -> Path | None:
    """The file that a name stands for: a path or a `file://` URL; `None` for everything else."""
    if "://" not in name:
        return None if stdin and name == "-" else Path(name)
    if name[:7].lower() != "file://":
        return None
    from urllib.request import url2pathname  # half as heavy as all the rest of a client, and seldom needed

    return Path(url2pathname(urlsplit(name).path))
