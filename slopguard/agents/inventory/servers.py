"""From an entry of a client's file to a server: what it runs and from where, what it is handed, what it may do.

Invariants: pure; nothing is run, expanded or looked up; what a server is handed is known by name alone.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slopguard.agents.inventory import runs as inventory_runs
from slopguard.agents.inventory import secrets as inventory_secrets
from slopguard.agents.inventory.model import Handed, Noted, Package, Rights, Server
from slopguard.agents.inventory.places import Place, Scope
from slopguard.agents.inventory.runs import Run
from slopguard.agents.inventory.secrets import host_of
from slopguard.commands import prose
from slopguard.commands.mcp_servers import Entry, command_of, flattened, words_of
from slopguard.model import Location, Sighting, SourceKind
from slopguard.patterns import regex
from slopguard.readers.interface import Reading
from slopguard.readers.text import Table, string

_ADDRESSES = ("url", "serverUrl", "httpUrl", "uri")
_LOOPBACK = regex(r"http://(?:localhost|127(?:\.\d+){3}|\[::1\]|host\.docker\.internal)(?::\d+)?$")
_TRUE = frozenset({"true", "1", "yes", "on"})
_SHA = regex(r"[@#]([0-9a-f]{40})\b")
_FORGE = regex(r"(github|gitlab|bitbucket|gist):(?!//)")
_SERVED = (SourceKind.REGISTRY,)
_INSIDE = {"builtin": "client", "platform": "client", "frontend": "client", "inline_python": "user"}


@dataclass(frozen=True, slots=True)
class Found:
    """A server, and what is to be judged for it.

    Args:
        entry: what the file says.
        sightings: what starting it would fetch from PyPI and npm, one for each of its first packages.
    """

    server: Server
    entry: Entry
    sightings: tuple[Sighting, ...] = ()


def of(entry: Entry, line: int, place: Place) -> Found:
    """The server that an entry stands for.

    Args:
        line: the line that it stands on.
    """
    table = flattened(entry.server)
    words = words_of(table)
    local = entry.keys[0] == "projects" and len(entry.keys) > 1
    server = Server(
        clients=place.clients,
        scope=Scope.PROJECT if local else place.scope,
        location=Location(str(place.path), line),
        name=entry.name,
        project=str(entry.keys[1]) if local else "",
        enabled=_enabled(table),
    )
    if words and any(word.strip() for word in words):
        return _started(server, entry, words)
    return Found(_reached(server, table), entry)


def _with_handed(server: Server, found: tuple[Handed, ...], table: Table) -> Server:
    """The server with what it is handed, and what is to be said of that and of its switches."""
    more = [*inventory_secrets.noted(found)]
    if any(_on(table.get(key)) for key in ("autoApprove", "alwaysAllow", "trust", "autoApproveAll")):
        more.append(Noted("auto-approve"))
    if string(table.get("headersHelper")):
        more.append(Noted("helper"))
    if server.address and server.address.startswith("http://") and not _LOOPBACK.match(server.address):
        more.append(Noted("plain-http"))
    return replace(server, handed=found, noted=(*server.noted, *more))


def fetched(server: Table, place: Location) -> Reading:
    """What starting a server would fetch, at a place in a file; all that an index serves is run at once."""
    path = Path(place.path)
    reading = prose.command(command_of(server), path, 1, path.parent)
    kept = [
        replace(each, location=place, extra={**each.extra, "run": "1"} if each.source.kind in _SERVED else each.extra)
        for each in reading.sightings
        if "constraint" not in each.extra and each.source.kind is not SourceKind.WORKSPACE
    ]
    return replace(reading, sightings=tuple(kept))


def _started(server: Server, entry: Entry, words: str | list[str]) -> Found:
    """A server that a client starts."""
    table = flattened(entry.server)
    run = inventory_runs.of(words)
    reading = fetched(entry.server, server.location)
    text = words if isinstance(words, str) else shlex.join(words)
    packages = (*(_package(each, text) for each in reading.sightings), *run.packages)
    given = run.words if isinstance(words, str) else words  # a shell's text is looked at as such
    shell = words if isinstance(words, str) else _shell_text(words)
    server = replace(
        server,
        transport="stdio",
        program=run.program,
        packages=packages,
        rights=run.rights,
        address=_bridged(run.words, packages),
        noted=tuple(_noted(run, reading, packages)),
    )
    found = inventory_secrets.handed(table, given, shell)
    return Found(_with_handed(server, found, table), entry, reading.sightings)


def _reached(server: Server, table: Table) -> Server:
    """A server that is reached by its address, or that only the client knows how to start."""
    address = next((string(table.get(key)) for key in _ADDRESSES if string(table.get(key))), "")
    kind = string(table.get("type"))
    found = inventory_secrets.handed(table, (), "")
    if address:
        transport = "sse" if kind == "sse" else "ws" if kind == "ws" or address.startswith("ws") else "http"
        server = replace(server, transport=transport, address=host_of(address), rights=Rights("remote"))
        return _with_handed(server, found, table)
    known = _INSIDE.get(kind) or ("client" if table.get("source") == "extension" else "")
    noted = () if known == "client" else (Noted("undecidable"),)
    transport = "builtin" if known == "client" else "unknown"
    return _with_handed(
        replace(server, transport=transport, rights=Rights(known or "unknown"), noted=noted), found, table
    )


def _noted(run: Run, reading: Reading, packages: Sequence[Package]) -> Iterator[Noted]:
    """What is to be said of what a server runs."""
    unpinned = [package for package in packages if package.pinned == "no"]
    named = tuple(package.name for package in unpinned if package.ecosystem != "image")
    images = tuple(package.name for package in unpinned if package.ecosystem == "image")
    if named:
        yield Noted("unpinned", named)
    if images:
        yield Noted("mutable-tag", images)
    unjudged = tuple(package.ecosystem for package in packages if package.ecosystem not in ("pypi", "npm"))
    if unjudged:
        yield Noted("not-judged", tuple(dict.fromkeys(unjudged)))
    if any(each.code != "settings-loosened" for each in reading.problems) or (run.undecidable and not packages):
        yield Noted("undecidable")
    elif run.local and not packages:
        yield Noted("checkout")
    if run.broad:
        yield Noted("broad-container", (*run.rights.open, *run.rights.mounts))


def _package(sighting: Sighting, text: str) -> Package:
    """A package as an inventory has it: of an address the host alone."""
    ecosystem, kind = sighting.ecosystem.value, sighting.source.kind
    if kind is SourceKind.REGISTRY:
        pinned = "digest" if sighting.digests else "yes" if sighting.version is not None else "no"
        asked = "" if sighting.version is not None else sighting.specifier or sighting.extra.get("tag", "")
        return Package(ecosystem, sighting.raw, sighting.version, asked, pinned)
    if kind is SourceKind.PATH:
        return Package(ecosystem, "a folder or file of this machine", None, "", "no")
    commit = _SHA.search(text) if kind is SourceKind.VCS else None
    host = _FORGE.match(sighting.source.index or "")
    shown = host[1] if host else host_of(re.sub(r"^git\+", "", sighting.source.index or "")) or "..."
    return Package(ecosystem, shown, commit[1] if commit else None, "", "yes" if commit else "no")


def _shell_text(words: Sequence[str]) -> str:
    """The text that a shell among the words is given."""
    at = next((at for at, word in enumerate(words[:-1]) if re.fullmatch(r"-[a-z]*c|/[ckr]|-[Cc]ommand", word)), None)
    return words[at + 1] if at is not None and " " in words[at + 1] else ""


def _bridged(words: Sequence[str], packages: Sequence[Package]) -> str:
    """What a local program passes everything on to."""
    bridges = {"mcp-remote", "supergateway", "mcp-proxy", "mcp-remote-proxy", "mcp-bridge"}
    if not bridges & {*(package.name for package in packages), *words[:1]}:
        return ""
    return next((host_of(word) for word in words[1:] if re.match(r"(?:https?|wss?)://", word)), "")


def _enabled(table: Table) -> bool | None:
    """Whether an entry is on, as far as it says so itself."""
    if _on(table.get("disabled")):
        return False
    return _on(table["enabled"]) if "enabled" in table else True


def _on(value: object) -> bool:
    """Whether a switch is on: a list that is not empty, `true` in any spelling (YAML's values are text here)."""
    if isinstance(value, str):
        return value.lower() in _TRUE
    return bool(value)
