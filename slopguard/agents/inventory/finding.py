"""Every MCP server that clients on this machine and in this project are told to start or reach, judged.

Invariants: nothing is started, and no file is changed; one bad file hides nothing of the others; verdicts are in the
ledger before they are returned; looking is no install and no suggestion, so neither is noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from slopguard.agents.inventory import files as inventory_files
from slopguard.agents.inventory import servers as inventory_servers
from slopguard.agents.inventory.files import Contents
from slopguard.agents.inventory.model import BadFile, Inventory, Noted, Server
from slopguard.agents.inventory.places import Machine, Place, Scope, places
from slopguard.agents.inventory.servers import Found
from slopguard.check.files import Files
from slopguard.check.group import Group, missing_notes
from slopguard.check.kinds import KINDS
from slopguard.check.model import Judged
from slopguard.check.tree import Read, Tree, Unreadable
from slopguard.config import Settings
from slopguard.errors import InputError
from slopguard.model import Door, Location, Mode, Sighting, Verdict
from slopguard.names import BadName, normalize
from slopguard.readers.interface import Reading
from slopguard.readers.text import Table, strings, table
from slopguard.rules import SEVERITY

_KIND = next(kind for kind in KINDS if kind.name == "mcp_config")
_APPROVALS = ("chat.tools.autoApprove", "chat.tools.global.autoApprove")
_Key = tuple[str, str, str | None, Location | None]


@dataclass(frozen=True, slots=True)
class Taken:
    """An inventory, and what it was made from.

    Args:
        found: one for each of its servers, in the same order.
    """

    inventory: Inventory
    found: tuple[Found, ...]


@dataclass(slots=True)
class _Switches:
    """What settings say about servers that stand elsewhere.

    Args:
        off: for a client, names (with `*`) that it does not start.
        on: for a client, the only names that it starts.
        approving: clients that call every tool without asking.
    """

    off: dict[str, list[str]] = field(default_factory=dict)
    on: dict[str, list[str]] = field(default_factory=dict)
    approving: set[str] = field(default_factory=set)

    def learn(self, place: Place, document: Table, project: Path) -> None:
        """Take in what one file says."""
        if "claude-code" in place.clients:
            inside = table(table(document.get("projects")).get(str(project)))
            for said in (document, inside):
                self.off.setdefault("claude-code", []).extend(strings(said.get("disabledMcpjsonServers")))
        for client in {"gemini", "qwen"} & {*place.clients}:
            mcp = table(document.get("mcp"))
            out = [*strings(mcp.get("excluded")), *strings(document.get("excludeMCPServers"))]
            only = [*strings(mcp.get("allowed")), *strings(document.get("allowMCPServers"))]
            self.off.setdefault(client, []).extend(out)
            self.on.setdefault(client, []).extend(only)
        chat = table(table(document.get("chat")).get("tools"))
        if any(document.get(key) is True for key in _APPROVALS) or chat.get("autoApprove") is True:
            self.approving |= {*place.clients}

    def applied(self, server: Server) -> Server:
        """The server as these switches leave it."""
        off = tuple(client for client in server.clients if self._off(client, server))
        enabled = False if len(off) == len(server.clients) else server.enabled
        if enabled and server.scope is Scope.PLUGIN:
            enabled = None  # whether a plugin is on is told by its client alone
        noted = server.noted
        if self.approving & {*server.clients} and not any(each.code == "auto-approve" for each in noted):
            noted = (*noted, Noted("auto-approve"))
        return replace(server, off_for=off, enabled=enabled, noted=noted)

    def _off(self, client: str, server: Server) -> bool:
        if client == "claude-code" and Path(server.location.path).name != ".mcp.json":
            return False
        only = self.on.get(client, [])
        denied = any(fnmatchcase(server.name, glob) for glob in self.off.get(client, ()))
        return denied or bool(only and not any(fnmatchcase(server.name, glob) for glob in only))


def take(machine: Machine, project: Path, settings: Settings, command: str) -> Taken:
    """Find and judge every server.

    Args:
        project: an absolute folder.
        command: the command line, for the ledger.

    Raises:
        StoreError: the verdicts cannot be recorded.
        ConfigError: a client's configuration cannot be read.
    """
    read: list[tuple[Place, Contents]] = []
    bad: list[BadFile] = []
    for place in places(machine, project):
        _read(place, read, bad)
    switches = _Switches()
    for place, contents in read:
        switches.learn(place, contents.document, project)
    found = [inventory_servers.of(entry, line, place) for place, each in read for entry, line in each.listed]
    found = [replace(each, server=switches.applied(each.server)) for each in found]
    verdicts, notes = _judged(found, settings, project, command)
    found = [replace(each, server=_with_verdicts(each, verdicts)) for each in found]
    made = Inventory(
        servers=tuple(each.server for each in found),
        bad=tuple(bad),
        files=len({each.path for each, _ in read} | {Path(each.location.path) for each in bad}),
        enforced=settings.mode is not Mode.OBSERVE,
        offline=settings.offline,
        notes=tuple(notes),
    )
    return Taken(made, tuple(found))


def _read(place: Place, read: list[tuple[Place, Contents]], bad: list[BadFile]) -> None:
    """Read a file, and the one that it points to; what cannot be read is noted."""
    try:
        contents = inventory_files.read(place.path)
    except Unreadable:
        bad.append(BadFile(place.clients, place.scope, Location(str(place.path)), "unreadable"))
        return
    except (InputError, RecursionError):
        bad.append(BadFile(place.clients, place.scope, Location(str(place.path)), "malformed"))
        return
    read.append((place, contents))
    if not contents.whole:
        bad.append(BadFile(place.clients, place.scope, Location(str(place.path)), "unreadable"))
    known = {each.path.resolve() for each, _ in read}
    if contents.elsewhere is not None and contents.elsewhere.resolve() not in known:
        _read(replace(place, path=contents.elsewhere), read, bad)


def _judged(
    found: Sequence[Found], settings: Settings, cwd: Path, command: str
) -> tuple[Mapping[_Key, Verdict], list[str]]:
    """The verdicts on everything that is fetched, recorded."""
    read = [Read(_KIND, Reading(Path(each.server.location.path), each.sightings)) for each in found if each.sightings]
    if not read:
        return {}, []
    from slopguard.lists.loading import refresh

    notes = list(refresh(settings))
    group = Group(settings, cwd, read, Files((), (), Tree(read=read)))
    judged = group.judged(Door("inventory", command), only_new=False)
    return _by_place(judged), [*notes, *missing_notes([group])]


def _by_place(judged: Iterable[Judged]) -> Mapping[_Key, Verdict]:
    """The severest verdict on a package at each of its places."""
    found: dict[_Key, Verdict] = {}
    for verdict in (each.verdict for each in judged):
        request = verdict.request
        for place in request.locations:
            key = (request.ecosystem.value, request.name or request.raw, request.version, place)
            if key not in found or SEVERITY[verdict.outcome] > SEVERITY[found[key].outcome]:
                found[key] = verdict
    return found


def _with_verdicts(found: Found, verdicts: Mapping[_Key, Verdict]) -> Server:
    """The server with the verdicts on its packages; those of other ecosystems, which come last, have none."""
    packages = list(found.server.packages)
    for at, sighting in enumerate(found.sightings):
        packages[at] = replace(packages[at], verdict=verdicts.get(_key(sighting)))
    return replace(found.server, packages=tuple(packages))


def _key(sighting: Sighting) -> _Key:
    try:
        name = str(normalize(sighting.ecosystem, sighting.raw))
    except BadName:
        name = sighting.raw
    return sighting.ecosystem.value, name, sighting.version, sighting.location
