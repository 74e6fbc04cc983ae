"""Imports that nothing in the project accounts for, each with the packages that may hold the module.

A module is left out that is the project's own, that a declared distribution holds or may well hold, or that comes with
the language or with a program that runs the script. What remains is a suggestion for the caller to judge: only where
every candidate is refused is there something to tell. Copies of other projects and test data are not looked at: what
they import is not for this project to install.

Invariants: pure; nothing is looked up but in the lists handed in; no file costs more than its quick search once every
module in it is known or has been seen in `ENOUGH` places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from slopguard.check.own import Project, typed
from slopguard.model import Ecosystem, Location
from slopguard.names import BadName, normalize
from slopguard.patterns import regex
from slopguard.readers.interface import Imported

ENOUGH = 10
"""Places of one module that are listed."""

Means = Callable[[Ecosystem, str], tuple[bool, tuple[str, ...]]]
"""Whether a name is a standard-library module, and the distributions that hold such a module (`Lists.means`)."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_READERS = {Ecosystem.PYPI: "slopguard.readers.python_imports", Ecosystem.NPM: "slopguard.readers.js_imports"}
_PYTHON = regex(r"\.pyw?$")
_NPM = regex(r"(?<!\.min)\.(?:[cm]?[jt]sx?|vue|svelte)$")
_ELSEWHERE = regex(
    r"(?:^|/)(?:node_modules|site-packages|bower_components|_?vendor(?:ed|ing)?|third[_-]?party|externals?|extern"
    r"|dist|build|__pycache__|(?:[^/]*[-_])?(?:fixtures?|snapshots?|mocks?)(?:__)?|test[_-]?(?:data|files|cases|samples)"
    r"|golden|corpus|\{\{.*|tests?/(?:.*/)?data)/"
)
"""Folders of copies, of what was built, of data for tests, and of texts with gaps."""
_OLD = _words(
    """BaseHTTPServer Bastion CGIHTTPServer ConfigParser Cookie DocXMLRPCServer HTMLParser MimeWriter Queue
    SimpleHTTPServer SimpleXMLRPCServer SocketServer StringIO Tkinter UserDict UserList UserString anydbm cPickle
    cStringIO commands compiler cookielib copy_reg dbhash dircache dl dumbdbm dummy_thread exceptions gdbm
    htmlentitydefs htmllib httplib md5 mhlib mimetools mimify multifile popen2 posixfile rfc822 robotparser sets
    sgmllib sha statvfs thread tkFileDialog tkFont tkMessageBox tkSimpleDialog ttk urllib2 urlparse whichdb xmllib
    xmlrpclib"""
)
"""The standard library of Python 2, where it has other names."""
_HOSTED = _words(
    """FreeCAD apt apt_pkg arcpy board bmesh bpy clr digitalio dnf gdb hou idaapi idautils idc java javax js lldb
    machine mathutils maya micropython nuke pcbnew pyodide rpm sage sublime sublime_plugin unreal uno utime vim weechat
    xbmc xbmcaddon xbmcgui xbmcplugin"""
)
"""Modules that a program brings along which runs Python scripts inside it."""
_BUILT_IN = frozenset({"bun", "electron", "k6", "punycode", "sys", "uno.css", "vscode", "wasi_snapshot_preview1"})
"""Modules of Node that other packages have names like, and those of programs that run scripts."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A module that nothing in the project accounts for.

    Args:
        module: the first part of a Python module's name, or an npm package.
        candidates: normalised names of packages that may hold it, the likeliest first; at least one.
        locations: where it is imported, at most `ENOUGH` places.
        optional: every place does without it.
    """

    ecosystem: Ecosystem
    module: str
    candidates: tuple[str, ...]
    locations: tuple[Location, ...]
    optional: bool = False


def ecosystem_of(path: str) -> Ecosystem | None:
    """Whose imports a file may hold; `None` for a file that is not looked at for them.

    Args:
        path: relative to the tree's top, `/` between its parts.
    """
    found = Ecosystem.PYPI if _PYTHON.search(path) else Ecosystem.NPM if _NPM.search(path) else None
    return None if found is None or _ELSEWHERE.search(path) else found


class Finder:
    """Looks at files one after the other, and says at the end what was found.

    Args:
        project: the tree.
        means: what the lists know of a name.
        verified: the listing of an ecosystem's verified names (`Lists.listing`).
    """

    def __init__(self, project: Project, means: Means, verified: Callable[[Ecosystem], str] = lambda each: "") -> None:
        self._means, self._verified = means, verified
        self._holds = {ecosystem: project.holds(ecosystem) for ecosystem in Ecosystem}
        self._declared = project.declared
        self._found: dict[tuple[Ecosystem, str], list[Imported]] = {}
        self._accounted: dict[tuple[Ecosystem, str], bool] = {}

    def look(self, path: Path, text: str, ecosystem: Ecosystem) -> None:
        """Look at one file.

        Args:
            path: as it is to be shown.
            text: what it holds.
            ecosystem: `ecosystem_of` the path.
        """
        reader = import_module(_READERS[ecosystem])
        for each in reader.read(path, text, lambda module: self._done(ecosystem, module)):
            self._found.setdefault((ecosystem, _first(ecosystem, each.module)), []).append(each)

    def suggestions(self) -> tuple[Suggestion, ...]:
        """What nothing accounts for, in the order found."""
        return tuple(
            Suggestion(
                ecosystem,
                first,
                self._candidates(ecosystem, first, places),
                tuple(each.location for each in places[:ENOUGH]),
                all(each.optional for each in places),
            )
            for (ecosystem, first), places in self._found.items()
        )

    def _done(self, ecosystem: Ecosystem, module: str) -> bool:
        """Whether there is nothing to learn from one more place that imports a module."""
        first = _first(ecosystem, module)
        known = self._accounted.get((ecosystem, first))
        if known is None:
            known = self._accounted[ecosystem, first] = self._accounts(ecosystem, first)
        return known or len(self._found.get((ecosystem, first), ())) >= ENOUGH

    def _accounts(self, ecosystem: Ecosystem, first: str) -> bool:
        name = _name(ecosystem, first)
        if name is None or self._holds[ecosystem](first):
            return True
        if first in (_BUILT_IN if ecosystem is Ecosystem.NPM else _OLD | _HOSTED):
            return True
        standard, holders = self._means(ecosystem, name)
        return standard or not self._declared.get(ecosystem, frozenset()).isdisjoint(holders)

    def _candidates(self, ecosystem: Ecosystem, first: str, places: list[Imported]) -> tuple[str, ...]:
        name = _name(ecosystem, first)
        assert name is not None  # others are accounted for
        if ecosystem is Ecosystem.NPM:
            listed = typed(name)
            return (name, listed) if self._rank(ecosystem, listed) else (name,)
        held = [holder for each in places for holder in self._holders(each.module)]
        return tuple(dict.fromkeys((*held, name, *self._relatives(name))))

    def _holders(self, module: str) -> Iterator[str]:
        """The distributions that hold a Python module or one of those that it lies in, by the lists."""
        parts = module.split(".")[:3]
        for number in range(len(parts), 0, -1):
            name = _name(Ecosystem.PYPI, ".".join(parts[:number]))
            yield from self._means(Ecosystem.PYPI, name)[1] if name else ()

    def _relatives(self, name: str) -> Iterator[str]:
        """Verified distributions whose names hold a module's as they often do; none is asked of an index."""
        for other in (f"python-{name}", f"py{name}", f"{name}-python", f"{name}-py", f"django-{name}"):
            if self._rank(Ecosystem.PYPI, other):
                yield other
        text = self._verified(Ecosystem.PYPI)
        found = text.find(f"\n{name}-")
        if found >= 0:
            yield text[found + 1 : text.index("\t", found)]

    def _rank(self, ecosystem: Ecosystem, name: str) -> bool:
        text = self._verified(ecosystem)
        return f"\n{name}\t" in text or text.startswith(f"{name}\t")


def _first(ecosystem: Ecosystem, module: str) -> str:
    return module.partition(".")[0] if ecosystem is Ecosystem.PYPI else module


def _name(ecosystem: Ecosystem, module: str) -> str | None:
    """The name that a package of this module's name would have; `None` where none can have it.

    An npm name with capitals is an alias that a bundler knows: new packages may have none.
    """
    if ecosystem is Ecosystem.NPM and module != module.lower():
        return None
    try:
        return normalize(ecosystem, module)
    except BadName:
        return None
