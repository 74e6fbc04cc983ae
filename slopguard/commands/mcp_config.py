"""Configurations of agents and editors: the MCP servers they start (`npx -y x`, `uvx x`), and the commands of hooks.

Invariants: a settings file that names neither is not even parsed; what is fetched for a server is fetched and run each
time it starts, so it is marked `run`; a server that is reached by its address installs nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

from slopguard.commands import prose
from slopguard.commands.mcp_servers import Start, starts
from slopguard.commands.script import together
from slopguard.model import Location, Sighting, SourceKind
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.text import Lines, Table, json_object, plain_json, toml

_KEYS = regex(
    r"mcp[-_]?servers|context_servers|\bservers\b|\bmcp\b|\bextensions\b|\bhooks\b|statusLine|mcp_config"
    r"|modelContextProtocolServers|Helper\b|awsAuthRefresh|awsCredentialExport|\blsp\b|\bformatter\b|\"?(?:\w+Command|notify|terminals|tasks|install|start"
    r"|setup-worktree)\b|\"command\"",
    re.IGNORECASE,
)
_TABLE = regex(r"^[ \t]*\[[\w.\"-]+\][ \t]*$", re.MULTILINE)
_MOST = 2_000
"""How many servers and hooks one file may come to; YAML can repeat them without end."""
_MISSES = 50
"""How often a whole file is searched for a name that is not where it should be."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a configuration: JSON with comments, TOML or YAML.

    Raises:
        InputError: it could name servers, and is not what its name claims.
    """
    text = load(path).replace("\r\n", "\n")
    if not _KEYS.search(text) or not text.strip():
        return Reading(path)
    place = _Place(text, path)
    cwd = context.cwd or path.parent
    found = list(islice(starts(document(text, path)), _MOST + 1))
    beyond = [Problem("undecidable", Location(str(path), 1))] if len(found) > _MOST else []
    return together(path, (_read(each, place, cwd) for each in found[:_MOST]), beyond)


def document(text: str, path: Path) -> Table:
    """The file's table, in the format that its name says; a block of a document shows it itself.

    A list at the top is one of servers.

    Raises:
        InputError: it is not in that format.
    """
    suffix = path.suffix.lower()
    if suffix in (".json", ".jsonc", ".json5") or text.lstrip().startswith(("{", "//", "/*")):
        plain = plain_json(text)
        return json_object(f'{{"mcpServers":{plain}}}' if plain.lstrip().startswith("[") else plain, path)
    tables = suffix not in (".yaml", ".yml") and _TABLE.search(text)
    if suffix == ".toml" or tables:
        return toml(text, path)
    from slopguard.readers import yaml_text

    found: Table = {}
    for document in yaml_text.documents(text, path):
        found |= document
    return found


class _Place:
    """Finds the lines on which servers and names stand; they come in the order of the file, more or less."""

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        self._text = text
        self._lines = Lines(text)
        self._at = 0
        self._misses = _MISSES

    def server(self, name: str) -> int:
        """Where a server's name is written, as a key or as a value; where the last one was if that is not found."""
        spelled = re.escape(name)
        key = re.compile(
            rf"""["'.]{spelled}["'\]]|\.{spelled}\]|^[ \t-]*{spelled}:|name:[ \t]*{spelled}[ \t]*$""", re.MULTILINE
        )
        if not name or not self._misses:
            return self._at
        found = key.search(self._text, self._at)
        if not found:
            self._misses -= 1
            found = key.search(self._text)
        self._at = found.start() if found else self._at
        return self._at

    def location(self, at: int, name: str = "") -> Location:
        """The place of a name behind an offset; that of the offset if it is not found."""
        line = self._lines.find(name, after=at) if name else None
        return Location(str(self.path), line or self._lines.at(at))


def _read(start: Start, place: _Place, cwd: Path) -> Reading:
    """What starting one server, or running one hook, would install."""
    at = place.server(start.name)
    found = prose.command(start.command, place.path, 1, cwd)

    def placed(each: Sighting) -> Sighting:
        fetched = start.server and each.source.kind is SourceKind.REGISTRY
        extra = {**each.extra, "run": "1"} if fetched else each.extra
        return replace(each, location=place.location(at, each.raw), extra=extra)

    return replace(
        found,
        sightings=tuple(map(placed, found.sightings)),
        indexes=tuple(replace(each, location=place.location(at)) for each in found.indexes),
        problems=tuple(replace(each, location=place.location(at)) for each in found.problems),
    )
