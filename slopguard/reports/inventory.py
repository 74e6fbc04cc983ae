"""An inventory of MCP servers for people, for programs and as Markdown.

Invariants: nothing is looked up here; every name that a file holds is made safe to print, and one that looks like a
secret is not printed at all; of an address there is the host alone; in Markdown it stands in a code span.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from slopguard import messages
from slopguard.agents.inventory.model import (
    REMARKS,
    BadFile,
    Handed,
    Inventory,
    Noted,
    Package,
    Rights,
    Server,
)
from slopguard.agents.inventory.secrets import looks_secret
from slopguard.model import Outcome, Verdict
from slopguard.names import phrase, shown
from slopguard.reports.json_report import moment
from slopguard.reports.problems import counted
from slopguard.reports.text import COLOURS, WORDS

SCHEMA = "slopguard/mcp-inventory/1"
WIDE = 200
"""Characters of a path that are shown."""
_LITERAL = str.maketrans({"`": "\\x60", "|": "\\x7c"})
_RIGHTS = {
    "user": "all that your account may",
    "container": "a container's",
    "remote": "none on this machine",
    "client": "those of its client, which it is part of",
    "unknown": "not known",
}
_GIVEN = {"literal": "stands in the file", "reference": "filled in from elsewhere", "empty": "empty"}
_STATES = {True: "on", False: "off", None: "on or off: its client decides"}
_PINNED = {"yes": "pinned", "no": "not pinned", "digest": "pinned by digest"}


def text(inventory: Inventory, home: Path, *, colour: bool = False) -> Iterator[str]:
    """The lines for people.

    Args:
        home: the account's folder, which is written `~`.
    """
    for path, servers in groupby(inventory.servers, key=lambda server: server.location.path):
        some = list(servers)
        yield f"{_path(path, home)}   {', '.join(some[0].clients)}"
        for server in some:
            yield from (f"  {line}" for line in _server(server, colour=colour))
    for bad in inventory.bad:
        remark = REMARKS[bad.code]
        head = f"{_painted(remark.outcome, WORDS[remark.outcome], colour=colour)}  {_path(bad.location.path, home)}"
        yield f"{head}   {', '.join(bad.clients)}: {remark.fact}. {remark.advice}."
    yield from inventory.notes
    yield _counts(inventory)


def _server(server: Server, *, colour: bool) -> Iterator[str]:
    """One server, a line and what belongs to it."""
    where = f"{server.location.line or 1}:"
    yield f"{where:<5}{_name(server.name) or '(no name)'}   {_how(server)}   {server.scope}, {_state(server)}"
    if server.project:
        yield f"       for       {_name(server.project, WIDE)}"
    for package in server.packages:
        yield f"       runs      {_package(package)}   {_PINNED[package.pinned]}{_judged(package, colour=colour)}"
    if server.handed:
        yield f"       given     {', '.join(map(_handed, server.handed))}"
    yield f"       rights    {_rights(server.rights)}"
    for outcome, code, fact, advice, about in findings(server):
        named = f" ({', '.join(about)})" if about else ""
        yield f"       {_painted(outcome, WORDS[outcome].lower(), colour=colour):<9} {code}{named}: {fact}. {advice}."


def findings(server: Server) -> Iterator[tuple[Outcome, str, str, str, tuple[str, ...]]]:
    """What is to be told of a server: outcome, code, fact, advice, and names that it is about."""
    for package in server.packages:
        verdict = package.verdict
        if verdict is not None and verdict.outcome.refuses:
            about = (_package(package),)
            yield verdict.outcome, verdict.rule, messages.reason(verdict), messages.remedy(verdict), about
    for noted in server.noted:
        remark = noted.remark
        yield (
            remark.outcome,
            noted.code,
            remark.fact,
            _advice(server, noted),
            tuple(_name(each) for each in noted.about),
        )


def _advice(server: Server, noted: Noted) -> str:
    refused = any(package.verdict and package.verdict.outcome.refuses for package in server.packages)
    return "See its verdict first" if noted.code == "unpinned" and refused else noted.remark.advice


def _how(server: Server) -> str:
    """How it is started or reached."""
    parts = [server.transport]
    parts += [_name(server.program)] if server.program else []
    parts += [f"to {server.address}" if server.program else server.address] if server.address else []
    return " ".join(parts)


def _state(server: Server) -> str:
    off = f" (off in {', '.join(server.off_for)})" if server.off_for and server.enabled is not False else ""
    return _STATES[server.enabled] + off


def _package(package: Package) -> str:
    """`npm:NAME@VERSION`; what an address leads to is its host."""
    name = _name(package.name, 120)
    version = package.version or package.asked
    joint = "@" if version else ""
    if package.ecosystem == "pypi" and "://" not in name:
        joint = "==" if package.version else ""
    return f"{package.ecosystem}:{name}{joint}{_name(version, 100)}"


def _judged(package: Package, *, colour: bool) -> str:
    verdict = package.verdict
    if verdict is None:
        return ""
    observed = verdict.outcome.refuses and not verdict.enforced
    word = "OBSERVED" if observed else WORDS[verdict.outcome]
    return f"   {_painted(verdict.outcome, word, colour=colour)} {verdict.rule}"


def _handed(one: Handed) -> str:
    kind = "" if one.kind == "variable" else f"{one.kind} "
    return f"{kind}{_name(one.name)}" + (f" [secret, {_GIVEN[one.given]}]" if one.secret else "")


def _rights(rights: Rights) -> str:
    parts = [_RIGHTS[rights.kind]]
    parts += [f"and {', '.join(rights.open)}"] if rights.open else []
    parts += [f"with {', '.join(_name(mount, WIDE) for mount in rights.mounts)}"] if rights.mounts else []
    return " ".join(parts)


def _counts(inventory: Inventory) -> str:
    unpinned = sum(server.pinned == "no" for server in inventory.servers)
    secrets = sum(any(one.exposed for one in server.handed) for server in inventory.servers)
    refused = sum(any(_refuses(package) for package in server.packages) for server in inventory.servers)
    parts = [f"{counted(len(inventory.servers), 'server')} in {counted(inventory.files, 'file')}"]
    parts += [f"{refused:,} with a package that is refused"] if refused else []
    parts += [f"{unpinned:,} not pinned"] if unpinned else []
    parts += [f"{secrets:,} with a secret in the file"] if secrets else []
    parts += [f"{counted(len(inventory.bad), 'file')} not read"] if inventory.bad else []
    return "slopguard: " + ", ".join(parts) + ("." if inventory.enforced else " (mode observe).")


def _refuses(package: Package) -> bool:
    return package.verdict is not None and package.verdict.outcome.refuses


def _painted(outcome: Outcome, word: str, *, colour: bool) -> str:
    return f"\x1b[{COLOURS[outcome]}m{word}\x1b[0m" if colour and outcome in COLOURS else word


def _name(raw: str, limit: int = 64) -> str:
    """A name that a file holds, safe to print."""
    return "..." if looks_secret(raw) else phrase(raw, limit)


def _path(path: str, home: Path) -> str:
    found = Path(path)
    return phrase(f"~/{found.relative_to(home)}" if found.is_relative_to(home) else path, WIDE)


# ---------------------------------------------------------------- JSON


def as_json(inventory: Inventory) -> str:
    """The schema `slopguard/mcp-inventory/1`."""
    outcomes = [package.verdict.outcome for one in inventory.servers for package in one.packages if package.verdict]
    document = {
        "schema": SCHEMA,
        "enforced": inventory.enforced,
        "offline": inventory.offline,
        "summary": {
            "files": inventory.files,
            "servers": len(inventory.servers),
            "unpinned": sum(server.pinned == "no" for server in inventory.servers),
            "secrets": sum(any(one.exposed for one in server.handed) for server in inventory.servers),
            "unreadable": len(inventory.bad),
        }
        | {outcome.value: outcomes.count(outcome) for outcome in Outcome},
        "servers": [_entry(server) for server in inventory.servers],
        "unreadable": [_bad(bad) for bad in inventory.bad],
        "notes": list(inventory.notes),
    }
    return json.dumps(document, indent=1)


def _entry(server: Server) -> dict[str, Any]:
    return {
        "clients": list(server.clients),
        "scope": server.scope.value,
        "project": _name(server.project, 400) or None,
        "location": {"path": server.location.path, "line": server.location.line},
        "name": _name(server.name),
        "transport": server.transport,
        "address": server.address or None,
        "enabled": server.enabled,
        "off_for": list(server.off_for),
        "program": _name(server.program, WIDE) or None,
        "pinned": server.pinned if server.pinned != "-" else None,
        "packages": [_in_json(package) for package in server.packages],
        "given": [
            {"kind": one.kind, "name": _name(one.name), "secret": one.secret, "value": one.given}
            for one in server.handed
        ],
        "rights": {
            "kind": server.rights.kind,
            "full": server.rights.kind == "user",
            "mounts": [_name(mount, WIDE) for mount in server.rights.mounts],
            "open": list(server.rights.open),
        },
        "findings": [
            {"code": code, "verdict": outcome.value, "reason": fact, "remedy": advice, "about": list(about)}
            for outcome, code, fact, advice, about in findings(server)
        ],
    }


def _in_json(package: Package) -> dict[str, Any]:
    return {
        "ecosystem": package.ecosystem,
        "name": _name(package.name, 214),
        "version": _name(package.version, 100) if package.version else None,
        "asked": _name(package.asked, 100) or None,
        "pinned": package.pinned,
        "verdict": _verdict(package.verdict) if package.verdict else None,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    """A verdict without what its request says: that may hold an address."""
    return {
        "verdict": verdict.outcome.value,
        "rule": verdict.rule,
        "reason": messages.reason(verdict),
        "remedy": messages.remedy(verdict),
        "until": moment(verdict.until),
        "decision": verdict.decision_id,
        "suggestions": list(verdict.suggestions),
    }


def _bad(bad: BadFile) -> dict[str, Any]:
    remark = REMARKS[bad.code]
    return {
        "clients": list(bad.clients),
        "scope": bad.scope.value,
        "location": {"path": bad.location.path, "line": bad.location.line},
        "code": bad.code,
        "verdict": remark.outcome.value,
        "reason": remark.fact,
        "remedy": remark.advice,
    }


# ------------------------------------------------------------ Markdown


def markdown(inventory: Inventory, home: Path) -> Iterator[str]:
    """A page with one table."""
    yield "### slopguard: MCP servers"
    yield ""
    yield _counts(inventory).removeprefix("slopguard: ")
    if inventory.servers:
        yield ""
        yield "| server | clients, scope | where | runs | given | rights | to look at |"
        yield "|---|---|---|---|---|---|---|"
        yield from (f"| {' | '.join(_row(server, home))} |" for server in inventory.servers)
    for bad in inventory.bad:
        yield ""
        remark = REMARKS[bad.code]
        yield f"**{WORDS[remark.outcome]}** {_code(_path(bad.location.path, home))}: {remark.fact}."
    for note in inventory.notes:
        yield ""
        yield _code(shown(note, WIDE)) if "`" in note else note
    yield ""


def _row(server: Server, home: Path) -> Iterator[str]:
    yield f"{_code(_name(server.name) or '(no name)')} {_state(server)}"
    yield f"{', '.join(server.clients)}; {server.scope}"
    yield _code(f"{_path(server.location.path, home)}:{server.location.line or 1}")
    runs = [
        f"{_code(_package(package))} {_PINNED[package.pinned]} {_judged(package, colour=False).strip()}"
        for package in server.packages
    ]
    yield "<br>".join([_code(_how(server)), *runs])
    yield ", ".join(_code(_handed(one)) for one in server.handed)
    yield _code(_rights(server.rights)) if server.rights.mounts else _rights(server.rights)
    told = (f"**{WORDS[outcome]}** {code}: {fact}" for outcome, code, fact, _, _ in findings(server))
    yield "<br>".join(told)


def _code(printable: str) -> str:
    """Printable text as a code span of a table."""
    return f"`{printable.translate(_LITERAL)}`"
