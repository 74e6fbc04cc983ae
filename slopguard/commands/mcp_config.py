"""Configurations of agents and editors: the MCP servers they start (`npx -y x`, `uvx x`), and the commands of hooks.

Invariants: a settings file that names neither is not even parsed; what is fetched for a server is fetched and run each
time it starts, so it is marked `run`; a server that is reached by its address installs nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from slopguard.commands import prose
from slopguard.commands.mcp_servers import Start, starts
from slopguard.commands.script import together
from slopguard.model import Location, Sighting, SourceKind
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, Table, json_object, plain_json, toml

_KEYS = re.compile(
    r"mcp_?servers|context_servers|\bservers\b|\bmcp\b|\bextensions\b|\bhooks\b|statusLine|mcp_config"
    r"|modelContextProtocolServers|Helper\b|awsAuthRefresh|awsCredentialExport",
    re.IGNORECASE,
)


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a configuration: JSON with comments, TOML or YAML.

    Raises:
        InputError: it could name servers, and is not what its name claims.
    """
    text = load(path).replace("\r\n", "\n")
    if not _KEYS.search(text) or not text.strip():
        return Reading(path)
    lines = Lines(text)
    cwd = context.cwd or path.parent
    return together(path, (_read(each, text, lines, path, cwd) for each in starts(_document(text, path))))


def _document(text: str, path: Path) -> Table:
    """The file's table, in the format that its name says; a block of a document shows it itself.

    Raises:
        InputError: it is not in that format.
    """
    suffix = path.suffix.lower()
    if suffix in (".json", ".jsonc", ".json5") or text.lstrip().startswith(("{", "//", "/*")):
        return json_object(plain_json(text), path)
    if suffix == ".toml" or re.search(r"^[ \t]*\[[\w.\"-]+\][ \t]*$", text, re.MULTILINE):
        return toml(text, path)
    from slopguard.readers import yaml_text

    found: Table = {}
    for document in yaml_text.documents(text, path):
        found |= document
    return found


def _read(start: Start, text: str, lines: Lines, path: Path, cwd: Path) -> Reading:
    """What starting one server, or running one hook, would install; each name on its own line where that is found."""
    at = _offset(start.name, text)
    line = lines.at(at)
    found = prose.command(start.command, path, line, cwd)

    def placed(each: Sighting) -> Sighting:
        own = lines.find(each.raw, after=at)
        fetched = start.server and each.source.kind is SourceKind.REGISTRY
        extra = {**each.extra, "run": "1"} if fetched else each.extra
        return replace(each, location=Location(str(path), own or line), extra=extra)

    problems = tuple(replace(each, location=Location(str(path), line)) for each in found.problems)
    return replace(found, sightings=tuple(map(placed, found.sightings)), problems=problems)


def _offset(name: str, text: str) -> int:
    """Where a server's name is written, as a key or as a value; 0 if it is not."""
    spelled = re.escape(name)
    found = re.search(
        rf"""(?:["'.]{spelled}["'\]]|\.{spelled}\]|^[ \t-]*{spelled}:|name:[ \t]*{spelled}[ \t]*$)""", text, re.M
    )
    return found.start() if found and name else 0
