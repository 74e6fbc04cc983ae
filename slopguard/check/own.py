"""What the imports of a tree may mean without naming a package that somebody has to declare.

A module is the project's own when a file or folder of the tree bears its name, wherever it lies: where Python and
bundlers look for modules is decided at run time (`sys.path`, `src` folders, test runners, workspaces), and what is to
be told is a name that stands nowhere. Invariants: pure; erring on the side of "own" is right, for an import is only
ever worth a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from slopguard.model import Ecosystem
from slopguard.names import BadName, normalize
from slopguard.patterns import regex

_PYTHON_FILE = regex(r"\.(?:py[wxid]?|so|c|cc|cpp|rs|proto)$")
_NPM_FILE = regex(r"\.(?:[cm]?[jt]sx?|vue|svelte|json|css|scss|wasm)$")
_WORD = regex(r"[-_.]+")
_LANGUAGE = regex(r"^py(?=\w{3})|(?<=\w{3})py$|(?<=[a-z]{2})\d$")
"""What distributions add to the name of their module."""


@dataclass(frozen=True, slots=True)
class Project:
    """A tree, as far as its imports go.

    Args:
        own: names of modules and packages that are the project's own.
        declared: for each ecosystem, the names that its manifests and lock files hold, npm aliases among them.
    """

    own: Mapping[Ecosystem, frozenset[str]] = field(default_factory=dict)
    declared: Mapping[Ecosystem, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, paths: Iterable[str], declared: Iterable[tuple[Ecosystem, str]], own: Iterable[tuple[Ecosystem, str]] = ()
    ) -> Project:
        """A tree of these files.

        Args:
            paths: every file, `/` between its parts, relative to the tree's top.
            declared: names as written in manifests and lock files.
            own: names that manifests give to projects of the tree, and aliases (`readers.js_aliases`).
        """
        paths = list(paths)
        named: dict[Ecosystem, set[str]] = {
            Ecosystem.PYPI: _modules(paths, _PYTHON_FILE),
            Ecosystem.NPM: _modules(paths, _NPM_FILE),
        }
        for ecosystem, name in own:
            named[ecosystem].add(name if ecosystem is Ecosystem.NPM else name.replace("-", "_"))
        names: dict[Ecosystem, set[str]] = {each: set() for each in Ecosystem}
        for ecosystem, name in declared:
            names[ecosystem].update(_normal(ecosystem, name))
        return cls(
            {each: frozenset(found) for each, found in named.items()},
            {each: frozenset(found) for each, found in names.items()},
        )

    def holds(self, ecosystem: Ecosystem) -> Callable[[str], bool]:
        """Whether a module is the project's own, or one that a declared distribution may well hold.

        The answer takes a Python module's first part, or an npm package.
        """
        own = self.own.get(ecosystem, frozenset())
        if ecosystem is Ecosystem.NPM:
            names = own | self.declared.get(ecosystem, frozenset())
            scopes = {name.partition("/")[0] for name in names if name.startswith("@")}
            return lambda name: name in names or name.partition("/")[0] in scopes or typed(name) in names
        spelled = {each for name in self.declared.get(ecosystem, ()) for each in _spellings(name)}
        return lambda top: top in own or _together(top) in spelled


def typed(name: str) -> str:
    """The npm package that holds the types of another."""
    return "@types/" + name.removeprefix("@").replace("/", "__")


def _modules(paths: Iterable[str], kind: re.Pattern[str]) -> set[str]:
    """The names that files of one kind, and the folders they lie in, have."""
    found: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        if kind.search(path):
            folder, _, name = path.rpartition("/")
            folders.add(folder)
            stem = name.partition(".")[0]
            found.update((stem, f"{stem}_pb2", f"{stem}_pb2_grpc") if name.endswith(".proto") else (stem,))
    for folder in folders:
        found.update(folder.split("/"))
    return found


def _normal(ecosystem: Ecosystem, name: str) -> Iterator[str]:
    try:
        yield normalize(ecosystem, name)
    except BadName:
        return


def _spellings(name: str) -> Iterator[str]:
    """What the module of a distribution may be called, without separators: some of its first or last words."""
    words = _WORD.split(name)
    for number in range(len(words)):
        for run in (words[: number + 1], words[number:]):
            yield "".join(run)
            yield _LANGUAGE.sub("", "".join(run))


def _together(module: str) -> str:
    return _WORD.sub("", module).lower()
