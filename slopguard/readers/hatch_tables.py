"""What hatch adds to a project's metadata: its environments' dependencies, those of a build, and of metadata hooks.

Invariants: hatch fills in `{root:uri}` and its like before it installs anything, and so does this; a text whose name or
address holds another field is `undecidable`; what only some machines or environments use counts for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from slopguard.model import Layer, Location
from slopguard.patterns import regex
from slopguard.readers import places
from slopguard.readers.interface import IndexLine
from slopguard.readers.text import Table, string, strings, table
from slopguard.readers.uv_tables import Gatherer

_VARIABLES = {
    "PIP_INDEX_URL": "default",
    "PIP_EXTRA_INDEX_URL": "extra",
    "PIP_FIND_LINKS": "find-links",
    "UV_DEFAULT_INDEX": "default",
    "UV_INDEX_URL": "default",
    "UV_INDEX": "extra",
    "UV_EXTRA_INDEX_URL": "extra",
    "UV_FIND_LINKS": "find-links",
}
"""Variables of an environment that name indexes to what fills it, and which part these play."""
_NAMED = regex(r"[\w.-]+=")
"""uv's name for an index, before its address."""
_SETTING = regex(r"(?:set-)?env-vars")
_ENV_LISTS = ("dependencies", "extra-dependencies")
_OVERRIDING = regex(r"(?:set-)?(?:extra-)?dependencies")
_ROOT = regex(r"\{root((?::parent)*)(?P<uri>:uri)?\}")
_FIELD = regex(r"[^=<>!~;\[ ]*\{|[^;]*@.*\{", re.DOTALL)
"""A name or an address with a field in it; one in a version leaves the name readable."""


def gather(into: Gatherer, hatch: Table, prefix: str = "tool.hatch.") -> None:
    """Take up `[tool.hatch]`, or a `hatch.toml` (with an empty prefix)."""
    for name, env in table(hatch.get("envs")).items():
        _environment(into, name, table(env), f"[{prefix}envs.{name}")
    for part in _builds(table(hatch.get("build"))):
        _list(into, part.get("dependencies"), "build-system", f"[{prefix}build")
    _list(into, table(hatch.get("env")).get("requires"), "group:hatch", f"[{prefix}env]")
    for name, hook in hooks(hatch).items():
        _list(into, table(hook).get("dependencies"), "dependencies", f"metadata.hooks.{name}]")
        for extra, value in table(table(hook).get("optional-dependencies")).items():
            _list(into, value, f"extra:{extra}", f"metadata.hooks.{name}")


def hooks(hatch: Table) -> Table:
    """The metadata hooks, which say what a project with dynamic dependencies requires."""
    return table(table(hatch.get("metadata")).get("hooks"))


def files(hatch: Table) -> Iterator[tuple[str, str]]:
    """The requirement files that hooks read, each with the list that it stands for."""
    for hook in hooks(hatch).values():
        yield from ((name, "dependencies") for name in strings(table(hook).get("files")))
        for extra, names in table(table(hook).get("optional-dependencies")).items():
            yield from ((name, f"extra:{extra}") for name in strings(names) if name.endswith((".txt", ".in")))


def told(hatch: Table) -> set[str]:
    """Which of the dynamic fields hooks say."""
    found = set()
    for hook in hooks(hatch).values():
        found |= {"dependencies"} if {"files", "dependencies"} & table(hook).keys() else set()
        found |= {"optional-dependencies"} & table(hook).keys()
    return found


def _environment(into: Gatherer, name: str, env: Table, header: str) -> None:
    """One environment, with what it adds on some platforms or in parts of a matrix."""
    group = f"group:{name}"
    for key in _ENV_LISTS:
        _list(into, env.get(key), group, header)
    _indexes(into, env.get("env-vars"))
    for kind in table(env.get("overrides")).values():
        for condition in table(kind).values():
            for key, value in table(condition).items():
                if _OVERRIDING.fullmatch(key):
                    _list(into, value, group, header)
                elif _SETTING.fullmatch(key):
                    _indexes(into, value)


def _indexes(into: Gatherer, value: object) -> None:
    """Take up the indexes that variables name: a table of them or, in overrides, `NAME=VALUE` or tables with both.

    Fields stay as they are: `{env:NAME}` alone is what the user's own variable says, and an address around one, or the
    default in one, is an index that nobody knows.
    """
    pairs = [(name, string(said)) for name, said in table(value).items() if name not in ("key", "value")]
    for entry in value if isinstance(value, list) else [value]:
        name, _, said = string(entry).partition("=")
        pairs.append((string(table(entry).get("key")) or name, string(table(entry).get("value")) or said))
    for name, said in pairs:
        for url in said.split() if name in _VARIABLES else ():
            place = IndexLine(
                places.clean(url.partition("=")[2] if _NAMED.match(url) else url),
                _VARIABLES[name],
                None,
                Layer.PROJECT,
                Location(str(into.path), into.lines.find(url)),
            )
            into.indexes.append(place)


def _builds(build: Table) -> Iterator[Table]:
    """The tables of a build that may have dependencies: itself, its targets, and the hooks of both."""
    for part in (build, *map(table, table(build.get("targets")).values())):
        yield part
        yield from map(table, table(part.get("hooks")).values())


def _list(into: Gatherer, value: object, group: str, header: str) -> None:
    """Take up a list of requirements; in overrides they may be tables with a `value`."""
    if value is None:
        return
    for entry in value if isinstance(value, list) else [value]:
        text = string(table(entry).get("value")) or string(entry)
        plain = _filled(text, into.path.parent)
        if not text or _FIELD.match(plain):
            into.problem("undecidable", text or header)
        elif not (group.startswith("extra:") and text.endswith((".txt", ".in"))):
            into.requirements([plain], group, header, written=text)


def _filled(text: str, base: Path) -> str:
    """A text with the fields filled in that stand for the project's folder."""

    def place(found: re.Match[str]) -> str:
        folder = base.absolute()
        for _ in range(found[1].count(":")):
            folder = folder.parent
        return (folder.as_uri() if found["uri"] else str(folder)).rstrip("/")

    return _ROOT.sub(place, text)
