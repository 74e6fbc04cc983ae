"""Reading every file that can name a dependency: what was found, and what could not be read.

Invariants: one bad file hides nothing of the others; whatever goes wrong with a file is a finding with its path; a
file is opened once, and never followed to what is no regular file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from slopguard.check.kinds import Kind, kinds_of, named_kind
from slopguard.check.model import Finding
from slopguard.check.walk import Place, regular
from slopguard.errors import InputError
from slopguard.model import Location
from slopguard.readers.interface import Context, Imported, Reading
from slopguard.readers.text import LIMIT, decode

SOURCE_LIMIT = 5_000_000
"""The largest source file that is searched for imports, in bytes; what is larger was generated."""
SOURCES: Mapping[str, str] = {
    **dict.fromkeys((".py", ".pyw", ".pyi"), "python_imports"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte"), "js_imports"),
}
"""Suffix of a source file to the reader of its imports."""
_CONTEXT = Context(catalogs=True)
_SHEBANG = re.compile(rb"#!.*?\b(?:(python)|(?:ba|da|k|z|a)?sh)\b")
_PROBLEMS = {"settings-loosened": "settings-loosened"}
"""Code of a problem to the rule of its finding; all others are `undecidable`."""
_DETAILS = {"missing-include": "a file that it names is not there", "unsupported-option": "an option that is not known"}


class Unreadable(InputError):
    """A file cannot be read whole: it may not be opened, is too large, or is no regular file."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Read:
    """What one reader made of one file."""

    kind: Kind
    reading: Reading


@dataclass(slots=True)
class Tree:
    """Everything that was read.

    Args:
        read: one entry a file and reader, in the order found.
        imported: what source files import.
        findings: what could not be read or decided.
        sources: every source file, by the path it was found at; own modules are known by them.
        folders: folders with an `.npmrc`, where npm's settings change.
    """

    read: list[Read] = field(default_factory=list)
    imported: list[Imported] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    sources: list[Path] = field(default_factory=list)
    folders: set[Path] = field(default_factory=set)

    def count(self, *, locks: bool) -> int:
        """How many lock files, or other files, were read."""
        return len({each.reading.path for each in self.read if each.kind.lock is locks})

    def fail(self, rule: str, path: Path, line: int | None = None, detail: str = "") -> None:
        """Note what is wrong with a file."""
        self.findings.append(Finding(rule, (Location(str(path), line),), detail))


Load = Callable[[Path], str]


def read_tree(places: Iterable[Place], load: Load | None = None, *, imports: bool = True) -> Tree:
    """Read all files.

    Args:
        load: gives the text of a file; from disk if `None`.
        imports: whether source files are searched for imports.
    """
    tree, load = Tree(), load or from_disk
    waiting: list[Path] = []
    for place in places:
        kinds = (named_kind if place.named else kinds_of)(place.full)
        if place.path.name == ".npmrc":
            tree.folders.add(place.path.parent)
        source = SOURCES.get(place.path.suffix.lower()) if imports else None
        if not kinds and source is None and "." not in place.path.name:
            kinds = _by_first_line(place.path)
        if kinds or source:
            waiting += _file(tree, place.path, kinds, source, load)
        elif place.named:
            tree.fail("malformed", place.path, detail="not a kind of file that slopguard reads")
    _follow(tree, waiting, load)
    return tree


def from_disk(path: Path) -> str:
    """The text of a regular file.

    Raises:
        Unreadable: it may not be opened, is larger than `LIMIT`, or is no regular file.
        InputError: it is not text.
    """
    status = regular(path)
    if status is None:
        raise Unreadable(f"{path}: not a file that can be read")
    if status.st_size > LIMIT:
        raise Unreadable(f"{path}: larger than {LIMIT // 1_000_000} MB")
    try:
        return decode(path.read_bytes(), path)
    except OSError as error:
        raise Unreadable(f"{path}: not a file that can be read") from error


def _file(tree: Tree, path: Path, kinds: tuple[Kind, ...], source: str | None, load: Load) -> list[Path]:
    """Read one file with each of its readers; gives the requirement files that its commands name."""
    if path.is_symlink() and not path.exists():
        return []  # leads nowhere, as templates and package managers leave them
    try:
        text = load(path)
    except Unreadable as error:
        tree.fail("unreadable", path, detail=_words(error, path)[1])
        return []
    except InputError as error:
        if not kinds:
            return []  # a source file in another encoding, a fixture: nothing can be asked of it
        line, detail = _words(error, path)
        tree.fail("malformed", path, line, detail)
        return []
    named: list[Path] = []
    for kind in kinds:
        if kind.hint in text:
            named += _with(tree, kind, path, text, load)
    if source and len(text) <= SOURCE_LIMIT:
        tree.sources.append(path)
        _imports(tree, source, path, text)
    return named


def _with(tree: Tree, kind: Kind, path: Path, text: str, load: Load) -> list[Path]:
    """Read one file with one reader."""

    def loaded(wanted: Path) -> str:
        return text if wanted is path else load(wanted)

    try:
        reading = kind.read(path, loaded, _CONTEXT)
    except InputError as error:
        line, detail = _words(error, path)
        tree.fail("malformed", path, line, detail)
        return []
    except Exception as error:  # a fault of ours in one reader: the file was not judged, and the others still are
        if os.environ.get("SLOPGUARD_DEBUG"):
            raise
        tree.fail("unreadable", path, detail=f"slopguard failed to read it ({type(error).__name__})")
        return []
    tree.read.append(Read(kind, reading))
    for problem in reading.problems:
        rule = _PROBLEMS.get(problem.code, "undecidable")
        tree.findings.append(Finding(rule, (problem.location,), _DETAILS.get(problem.code, "")))
    return [] if kind.name in _SUGGESTS else list(reading.files)


_SUGGESTS = frozenset({"markdown", "notebook"})
"""Kinds whose commands are for a reader: the files that they name need not be there."""


def _imports(tree: Tree, source: str, path: Path, text: str) -> None:
    try:
        tree.imported += import_module(f"slopguard.readers.{source}").read(path, text)
    except (InputError, RecursionError, ValueError):
        return  # an import is a suggestion: of a file that its own language cannot read there is none


def _follow(tree: Tree, waiting: list[Path], load: Load) -> None:
    """Read the requirement files that commands name, wherever they are called what."""
    (requirements,) = (kind for kind in kinds_of("requirements.txt") if kind.name == "requirements")
    known = {os.path.normpath(each.reading.path) for each in tree.read}
    for path in waiting:
        key = os.path.normpath(path)
        if key in known:
            continue
        known.add(key)
        if regular(path):
            _file(tree, path, (requirements,), None, load)


def _by_first_line(path: Path) -> tuple[Kind, ...]:
    """The kinds of a file without an extension, by the program that its first line names."""
    if regular(path) is None:
        return ()
    try:
        with path.open("rb") as file:
            found = _SHEBANG.match(file.read(128))
    except OSError:
        return ()
    if not found:
        return ()
    return kinds_of("script.py") if found[1] else kinds_of("script.sh")


def _words(error: InputError, path: Path) -> tuple[int | None, str]:
    """Line and reason of an error about a file, whose text is `PATH[:LINE]: REASON`."""
    said = str(error).removeprefix(str(path))
    found = re.match(r":(\d+): ", said)
    return (int(found[1]), said[found.end() :]) if found else (None, said.removeprefix(": "))
