"""`.yarnrc`: the registries that a project names for yarn 1.

Invariant: tokens and everything else in it are for `slopguard.clients.yarn_classic`.
"""

from __future__ import annotations

import re
from pathlib import Path

from slopguard.model import Layer, Location
from slopguard.patterns import regex
from slopguard.readers import places
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Reading

_LINE = regex(r"[\"']?(?:(?P<scope>@[^\s:\"']+):)?registry[\"']?:?[ \t]+[\"']?(?P<url>[^\s\"']+)")
"""`registry "ADDRESS"`, `"@scope:registry" "ADDRESS"`; yarn takes them without quotes, or with a colon, too."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a settings file.

    Raises:
        InputError: it cannot be loaded.
    """
    indexes = []
    for number, line in enumerate(re.split(r"\r\n?|\n", load(path)), 1):
        if found := _LINE.match(line):
            kind, where = "scope" if found["scope"] else "default", Location(str(path), number)
            indexes.append(IndexLine(places.clean(found["url"]), kind, found["scope"], Layer.PROJECT, where))
    return Reading(path, indexes=tuple(indexes))
