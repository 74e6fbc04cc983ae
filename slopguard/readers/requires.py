"""Which package of a lock file requires which, for the readers of lock files to fill in.

Invariants: pure; whatever the shape of a table, names come out; a name too many does no harm, as what is required is
only ever used to find what nobody requires.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from posixpath import normpath

from slopguard.patterns import regex
from slopguard.readers import yarn_spec
from slopguard.readers.text import Table, string, strings, table

DEPENDENCIES = ("dependencies", "optionalDependencies", "peerDependencies")
"""npm's tables of what an installed package requires; a peer is installed too, if it can be."""
ALL = (*DEPENDENCIES, "devDependencies")
"""npm's tables of what a project requires."""
_BUNDLES = frozenset({"bundleDependencies", "bundledDependencies"})
_YARNS = ("patch:", "jsr:")
_PYPI = regex(r"[ \t]*([A-Za-z0-9][A-Za-z0-9._-]*)")
_SEPARATORS = regex(r"[-_.]+")


class Names:
    """Gathers names by a key, which may come several times: who requires what, or what a folder asks for."""

    def __init__(self) -> None:
        self._found: dict[str, set[str]] = {}

    def add(self, key: str, names: Iterable[str]) -> None:
        """Note names for a key, if only that the key is there."""
        self._found.setdefault(key, set()).update(names)

    def frozen(self) -> dict[str, frozenset[str]]:
        """Everything gathered, as a `Reading` has it."""
        return {key: frozenset(names) for key, names in self._found.items()}


def canonical(name: str) -> str:
    """PEP 503's normal form, without its checks; most names in lock files are in it already."""
    return name if name.isalnum() and name.islower() else _SEPARATORS.sub("-", name).lower()


def npm(fields: Table, tables: Iterable[str] = DEPENDENCIES) -> Iterator[str]:
    """The names in npm's tables of dependencies, aliases and what they stand for."""
    for key in tables:
        if key in fields:
            for name, value in table(fields[key]).items():
                yield name
                if ":" in (wanted := string(value)):
                    yield aliased(name, wanted)
    for key in _BUNDLES & fields.keys():
        yield from strings(fields[key])


def aliased(name: str, wanted: str) -> str:
    """The package that `NAME: WANTED` stands for."""
    if wanted.startswith(_YARNS):
        name, wanted = yarn_spec.rewritten(name, wanted)
    if not wanted.startswith("npm:"):
        return name
    rest = wanted[len("npm:") :]
    at = rest.find("@", 1)
    real = rest[:at] if at > 0 else rest
    return real if real[:1].isalpha() or real[:1] == "@" else name


def pypi(texts: Iterable[str]) -> Iterator[str]:
    """The names that requirements (PEP 508) begin with."""
    for text in texts:
        if found := _PYPI.match(text):
            yield canonical(found[1])


def folder(path: str) -> str:
    """A folder relative to the lock file's, as `Reading.roots` has it."""
    plain = normpath(path.replace("\\", "/")) if path else "."
    return "" if plain == "." else plain


def reachable(requires: Mapping[str, frozenset[str]], start: Iterable[str]) -> frozenset[str]:
    """Every name that can be reached from `start`, itself included; each is looked at once."""
    reached = set(start)
    waiting = list(reached)
    while waiting:
        new = requires.get(waiting.pop(), frozenset()) - reached
        reached |= new
        waiting += new
    return frozenset(reached)
