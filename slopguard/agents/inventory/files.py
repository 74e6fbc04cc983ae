"""From a client's file to the servers that it lists, each with the line that it stands on.

Invariants: whatever the file holds, only `InputError` is raised; nothing of it is run; a table counts as a server only
if it says how one is started or reached; a manifest that points to another file leads no further than its own folder.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.check.tree import Unreadable, from_disk
from slopguard.commands import mcp_config
from slopguard.commands.mcp_servers import Entry, entries, flattened
from slopguard.patterns import regex
from slopguard.readers.text import Table, string, table

if TYPE_CHECKING:
    import yaml

    from slopguard.guard.enabling.jsonc import Node

LARGEST = 20_000_000
"""Bytes of a file that is read: those in which clients keep their whole state grow to some million."""
_FRONT = regex(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_ADDRESSES = ("url", "serverUrl", "httpUrl", "uri")
_INSIDE = frozenset({"builtin", "platform", "frontend", "inline_python"})
_FLAT = frozenset({".mcp.json", "mcp.json"})
"""Files in which servers may stand at the top."""
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file says.

    Args:
        document: all of it, as a table.
        listed: its servers, each with its line.
        elsewhere: a further file that holds its servers, as a plugin's manifest may say.
        whole: whether all of its servers are told; there is an end to how many are.
    """

    path: Path
    document: Table
    listed: tuple[tuple[Entry, int], ...]
    elsewhere: Path | None = None
    whole: bool = True


def read(path: Path) -> Contents:
    """Read a file.

    Raises:
        Unreadable: it may not be opened, is too large, or is no regular file.
        InputError: it is not what its name claims.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"{path}: larger than {LARGEST // 1_000_000} MB")
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: not a file that can be read") from error
    text = from_disk(path).replace("\r\n", "\n")
    document = parse(text, path)
    every = [*_once(servers(document, path))]
    found = every[:_MOST]
    lines = _Lines(text, path) if found else None  # a client's whole state may be in the file
    listed = tuple((each, lines.of(each)) for each in found) if lines else ()
    return Contents(path, document, listed, _pointed(document, path), whole=len(every) <= _MOST)


def parse(text: str, path: Path) -> Table:
    """A file's text as a table.

    Raises:
        InputError: it is not what the file's name claims.
    """
    if not text.strip():
        return {}
    if path.suffix.lower() == ".md":
        front = _FRONT.match(text)
        return mcp_config.document(front[1], path.with_suffix(".yaml")) if front else {}
    if path.name in ("crushrc", ".crushrc"):
        return {"mcp": _crushrc(text)}
    return mcp_config.document(text, path)


def servers(document: Table, path: Path) -> Iterator[Entry]:
    """The entries of a document that are servers; a bundle's own stands under a key of its own."""
    bundle = table(table(document.get("server")).get("mcp_config"))
    if bundle:
        yield Entry(string(document.get("name")), bundle, ("server", "mcp_config"))
    found = [each for each in entries(document) if is_server(each.server)]
    if not found and path.name in _FLAT:
        found = [each for each in entries(document, flat=True) if is_server(each.server)]
    yield from found


def is_server(entry: Table) -> bool:
    """Whether an entry says how a server is started, reached or found."""
    known = flattened(entry)
    if known.get("command") or any(isinstance(known.get(key), str) for key in _ADDRESSES):
        return True
    if entry.get("source") == "extension" or string(entry.get("type")) in _INSIDE or isinstance(entry.get("uses"), str):
        return True
    return bool(entry) and entry.keys() <= {"enabled", "disabled"}


def _once(found: Iterator[Entry]) -> Iterator[Entry]:
    seen = set()
    for each in found:
        if each.keys not in seen:
            seen.add(each.keys)
            yield each


def _pointed(document: Table, path: Path) -> Path | None:
    """The file that a plugin's manifest keeps its servers in; `None` if there is none below the plugin's folder."""
    said = document.get("mcpServers")
    if not isinstance(said, str) or "\0" in said:
        return None
    folder = path.parent.parent if path.parent.name.endswith("-plugin") else path.parent
    target = folder / said
    return target if target.resolve().is_relative_to(folder.resolve()) and target.is_file() else None


def _crushrc(text: str) -> Table:
    """The servers that plain `mcp add` lines of a shell script name; what it computes is not known."""
    found: Table = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        if words[:2] == ["mcp", "add"] and len(words) > 2:
            found[words[2]] = _crush_options(words[3:])
    return found


def _crush_options(words: list[str]) -> Table:
    server: Table = {"args": [], "env": {}, "headers": {}}
    waiting = iter(words)
    for word in waiting:
        option, value = word.removeprefix("--"), next(waiting, "")
        if option == "args":
            server["args"].append(value)
        elif option in ("env", "header"):
            server["env" if option == "env" else "headers"][value] = next(waiting, "")
        elif option in ("command", "url", "type"):
            server[option] = value
    return server


class _Lines:
    """Gives the line that an entry stands on."""

    def __init__(self, text: str, path: Path) -> None:
        self._text, self._path = text, path
        self._json: Node | None = None
        self._yaml: list[yaml.Node] = []
        self._shift = 0
        self._parse()

    def _parse(self) -> None:
        from slopguard.guard.enabling import jsonc
        from slopguard.readers import yaml_text

        if self._path.suffix.lower() in (".yaml", ".yml", ".md"):
            front = _FRONT.match(self._text) if self._path.suffix.lower() == ".md" else None
            self._shift = 1 if front else 0
            self._yaml = yaml_text.nodes(front[1] if front else self._text, self._path)
            return
        try:
            self._json = jsonc.parse(self._text)
        except (jsonc.NoJson, RecursionError):
            self._json = None

    def of(self, entry: Entry) -> int:
        """The line, 1-based; the nearest that can be told."""
        if self._json is not None:
            return self._text.count("\n", 0, self._in_json(entry.keys)) + 1
        if self._yaml:
            return max(self._in_yaml(node, entry.keys) for node in self._yaml) + 1 + self._shift
        return self._by_text(str(entry.keys[-1]))

    def _in_json(self, keys: tuple[str | int, ...]) -> int:
        assert self._json is not None
        node, at = self._json, self._json.start
        if node.kind == "[":
            keys = keys[1:]  # a list at the top was given a name
        for key in keys:
            if node.kind == "[":
                child = node.children[int(key)]
            else:
                child = next(each for each in reversed(node.children) if each.key == key)
            node, at = child.value, child.start
        return at

    def _in_yaml(self, node: yaml.Node, keys: tuple[str | int, ...]) -> int:
        """The line of an entry in one document, from 0; as far as the way leads."""
        import yaml

        line = -1
        for key in keys:
            if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                line = node.start_mark.line
            elif isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if getattr(k, "value", None) == key), None)
                if found is None:
                    return line
                line, node = found[0].start_mark.line, found[1]
        return line

    def _by_text(self, name: str) -> int:
        """In TOML and in scripts: the line of a table or key of that name, the first word of it at worst."""
        spelled = re.escape(name)
        ways = (rf"^[ \t]*\[.*\b{spelled}[\"']?\]", rf"^[ \t]*[\"']?{spelled}[\"']?[ \t]*=", rf"\b{spelled}\b")
        for way in ways:
            if found := re.search(way, self._text, re.MULTILINE):
                return self._text.count("\n", 0, found.start()) + 1
        return 1
