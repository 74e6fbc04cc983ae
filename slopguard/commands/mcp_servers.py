"""The MCP servers and hooks that a configuration names, whichever client's shape it has.

Invariants: pure; only the keys that clients read are looked at; what a client fills in (`${env:X}`) is unknown.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from slopguard.clients.argv import listed
from slopguard.commands.script import UNKNOWN
from slopguard.patterns import regex
from slopguard.readers.text import Table, string, strings, table, tables

_TABLES = (
    ("mcpServers",),
    ("servers",),
    ("mcp_servers",),
    ("mcp-servers",),
    ("context_servers",),
    ("mcp",),
    ("mcp", "servers"),
    ("mcp.servers",),
    ("settings", "mcp", "servers"),
    ("settings", "mcp.servers"),
    ("amp.mcpServers",),
    ("amp", "mcpServers"),
    ("extensions",),
    ("projects", "*", "mcpServers"),
    ("customizations", "vscode", "mcp", "servers"),
    ("customizations", "vscode", "settings", "mcp", "servers"),
    ("customizations", "vscode", "settings", "mcp.servers"),
    ("experimental", "modelContextProtocolServers"),
    ("powers", "mcpServers"),
    ("augment", "advanced", "mcpServers"),
    ("augment.advanced", "mcpServers"),
    ("augment.advanced.mcpServers",),
    ("plugins", "*", "mcpServers"),
    ("agents", "*", "mcpServers"),
)
"""Where clients keep their tables of servers, or lists of them; `*` is every entry."""
_LIKE_SERVERS = (("lsp",), ("formatter",), ())
"""Where what is started in the same way may stand; plugins have their servers at the top."""
_TASKS = (("tasks",), ("terminals",))
"""Where what is no server is started in the same way."""
_SINGLE = (("server", "mcp_config"),)
"""Where one server stands that has no name (bundles)."""
_SETTING = regex(r"(?:PIP|UV|PIPX|POETRY|PDM|NPM_CONFIG|PNPM_CONFIG|YARN|BUN)_\w+", re.IGNORECASE)
_FILLED = regex(
    r"\$\{\{[^}]{0,300}\}\}|\$\{[^}]{0,300}\}|\{\{[^}]{0,300}\}\}|\{(?:env|file):[^{}]{0,300}\}|\$\w+|%\w+%"
)
_COMPUTED = regex(rf"{_FILLED.pattern}|\$\([^()]{{0,300}}\)")
"""The same in a word that no shell reads: there a client may fill in what a command prints."""
_SHELL = regex(r"(?:ba|z|da|k|a|fi)?sh")
_LAUNCHER = regex(r"(?:cmd|command)(?:\.exe|\.com)?", re.IGNORECASE)
_POWERSHELL = regex(r"(?:powershell|pwsh)(?:\.exe)?", re.IGNORECASE)
_RUNS = regex(r"/[ckr]|-c(?:ommand)?", re.IGNORECASE)
_INTERPRETER = regex(r"python|node|java|exec", re.IGNORECASE)
_EXTENSION = regex(r"\.(?:exe|cmd|bat|ps1)$", re.IGNORECASE)
_HELPERS = listed(
    "apiKeyHelper awsAuthRefresh awsCredentialExport otelHeadersHelper toolDiscoveryCommand toolCallCommand notify"
    " discoveryCommand callCommand install start setup-worktree setup-worktree-unix setup-worktree-windows"
)
"""Keys that hold a command, or several."""
_DEPTH = 6
"""Hooks lie no deeper in their table."""
_MOST = 100_000
"""Nor are there more tables and lists in it."""


@dataclass(frozen=True, slots=True)
class Start:
    """Something that a client starts.

    Args:
        name: the server's name or the hook's event, as written; `""` if it has none.
        command: what a shell would be given to start it.
        server: whether it is a server, so that what is fetched for it runs.
    """

    name: str
    command: str
    server: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a table or list of servers, whatever it comes to.

    Args:
        name: as written; `""` if it has none.
        server: what the entry says.
        keys: the way to it from the top: keys of tables, numbers in lists.
    """

    name: str
    server: Table
    keys: tuple[str | int, ...]


def entries(document: Table, *, flat: bool = False) -> Iterator[Entry]:
    """The entries of every table and list of servers; those of tables that are something else are there too.

    Args:
        flat: those at the top of the document.
    """
    for path in ((),) if flat else _TABLES:
        for keys, found in _reached(document, path):
            if isinstance(found, dict):
                yield from (Entry(str(name), table(each), (*keys, name)) for name, each in found.items())
            elif isinstance(found, list):
                servers = ((at, table(each)) for at, each in enumerate(found))
                yield from (Entry(string(each.get("name")), each, (*keys, at)) for at, each in servers if each)


def starts(document: Table) -> Iterator[Start]:
    """Everything that a configuration has its client start."""
    for path in (*_TABLES, *_LIKE_SERVERS):
        for name, each in _entries(_at(document, path)):
            if command := name != "statusLine" and command_of(each):
                yield Start(name, command)
    yield from _tasks(document)
    for path in _SINGLE:
        for server in _at(document, path):
            if command := command_of(table(server)):
                yield Start("", command)
    for event, hook in _hooks(document):
        yield Start(event, hook, server=False)


def _tasks(document: Table) -> Iterator[Start]:
    """What an editor or an agent starts that is no server."""
    for path in _TASKS:
        for task in (each for found in _at(document, path) for each in tables(found)):
            if command := command_of(task):
                yield Start(string(task.get("label")) or string(task.get("name")), command, server=False)


def _at(document: Table, path: tuple[str, ...]) -> list[object]:
    """The values at a path."""
    return [value for _, value in _reached(document, path)]


def _reached(document: Table, path: tuple[str, ...]) -> list[tuple[tuple[str | int, ...], object]]:
    """The values at a path, each with the way to it."""
    found: list[tuple[tuple[str | int, ...], object]] = [((), document)]
    for key in path:
        if key == "*":
            found = [((*way, step), value) for way, each in found for step, value in _inside(each)]
        else:
            found = [((*way, key), each[key]) for way, each in found if isinstance(each, dict) and key in each]
    return found


def _inside(value: object) -> Iterator[tuple[str | int, object]]:
    """The values in a table, and the tables in a list."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((at, each) for at, each in enumerate(value) if isinstance(each, dict))


def _entries(found: list[object]) -> Iterator[tuple[str, Table]]:
    """The servers in tables of them by name, or in lists."""
    for each in found:
        if isinstance(each, dict):
            yield from ((str(name), table(server)) for name, server in each.items())
        else:
            yield from ((string(server.get("name")), server) for server in tables(each))


def flattened(server: Table) -> Table:
    """A server's table with what some clients put into tables of its own; `command` stays what the other keys hold."""
    server = {**server, **table(server.get("transport"))}
    command: object = next((server[key] for key in ("command", "cmd") if key in server), None)
    if isinstance(command, dict):  # Zed: {"path": ..., "args": [...]}
        return {**server, **command, "args": strings(command.get("args")), "command": command.get("path")}
    return {**server, "command": command}


def words_of(server: Table) -> str | list[str]:
    """What a flattened server is started with: words, or a line for a shell; empty where it is reached by address."""
    command = server.get("command")
    arguments = strings(server.get("args")) or strings(server.get("arguments")) or string(server.get("args")).split()
    if isinstance(command, list):
        return strings(command)
    if not isinstance(command, str):
        return ""
    return command if not arguments and re.search(r"\s", command.strip()) else [command, *arguments]


def command_of(server: Table) -> str:
    """The command line of a server; empty for one that is reached by its address."""
    server = flattened(server)
    words = words_of(server)
    if isinstance(words, str):
        return _settings(server) + _FILLED.sub(UNKNOWN, words) if words else ""
    return _settings(server) + _line(words) if words else ""


def _line(words: list[str]) -> str:
    """Words as a shell takes them, without a launcher of Windows in front."""
    if not words or not words[0].strip():
        return ""
    if len(words) > 1 and _FILLED.fullmatch(words[0]) and not _INTERPRETER.search(words[0]):
        return f"npx {UNKNOWN}"  # whatever starts it, nobody knows what
    program = _EXTENSION.sub("", re.split(r"[/\\]", words[0].strip())[-1])
    rest = words[1:]
    if _LAUNCHER.fullmatch(program) or _POWERSHELL.fullmatch(program):
        at = next((number for number, word in enumerate(rest) if _RUNS.fullmatch(word)), -1)
        rest = rest[at + 1 :]
        if len(rest) == 1:
            return _FILLED.sub(UNKNOWN, rest[0])
        return _line(rest)
    filled = _FILLED if _SHELL.fullmatch(program) else _COMPUTED
    return " ".join(_quoted(word, filled) for word in [program, *rest])


def _quoted(word: str, filled: re.Pattern[str] = _FILLED) -> str:
    """A word for a shell; what the client fills in is unknown to it."""
    literal = filled.split(word)
    if len(literal) == 1:
        return shlex.quote(word)
    return UNKNOWN.join(shlex.quote(part) if part else "" for part in literal)


def _settings(server: Table) -> str:
    """The variables that package clients read, in front of a command."""
    found = ""
    for key in ("env", "envs", "environment"):
        for name, value in table(server.get(key)).items():
            if isinstance(value, str) and _SETTING.fullmatch(name):
                found += f"{name}={_quoted(value)} "
    return found


def _hooks(document: Table) -> Iterator[tuple[str, str]]:
    """Commands that a client gives a shell: hooks, the status line, helpers that print a key."""
    for event, value in table(document.get("hooks")).items():
        waiting: list[tuple[object, int]] = [(value, 0)]
        for _ in range(_MOST):
            if not waiting:
                break
            each, depth = waiting.pop()
            if isinstance(each, dict):
                yield from ((event, each[key]) for key in ("command", "bash", "powershell") if string(each.get(key)))
            if isinstance(each, dict | list) and depth < _DEPTH:
                inner = each.values() if isinstance(each, dict) else each
                waiting += [(one, depth + 1) for one in reversed(list(inner))]
    if command := string(table(document.get("statusLine")).get("command")):
        yield "statusLine", command
    yield from _helpers(document)


def _helpers(document: Table) -> Iterator[tuple[str, str]]:
    """Commands that stand under a key of their own."""
    for place in (document, table(document.get("tools"))):
        for key in sorted(_HELPERS & place.keys()):
            given = strings(place[key])
            commands = [_line(given)] if key == "notify" else [string(place[key]), *given]
            yield from ((key, command) for command in commands if command)
