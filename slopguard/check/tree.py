"""Reading every file that can name a dependency: what was found, and what could not be read.

Invariants: one bad file hides nothing of the others; whatever goes wrong with a file is a finding with its path; a
file is opened once, and never followed to what is no regular file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from slopguard.check.found import Finding
from slopguard.check.kinds import Kind, kinds_of, named_kind
from slopguard.check.walk import Place, regular
from slopguard.errors import InputError
from slopguard.model import Location
from slopguard.patterns import regex
from slopguard.readers.interface import Context, Reading
from slopguard.readers.text import LIMIT, decode

SOURCE_LIMIT = 5_000_000
"""The largest source file that is searched for imports, in bytes; what is larger was generated."""
_CONTEXT = Context(catalogs=True)
_SHEBANG = regex(rb"#!.*?\b(?:(python[\d.]*|uv|pipx|pdm|hatch)|(?:ba|da|k|z|a)?sh)\b")
_PROBLEMS = {"settings-loosened": "settings-loosened"}
"""Code of a problem to the rule of its finding; all others are `undecidable`."""
_BINARY = ".lockb"
_AS_TEXT = "bun's binary lock file; this writes one that can be read: bun install --save-text-lockfile"
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
        findings: what could not be read or decided.
        sources: files of source code, whose imports are looked for later.
    """

    read: list[Read] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    sources: list[Place] = field(default_factory=list)

    def count(self, *, locks: bool) -> int:
        """How many lock files, or other files, were read."""
        return len({each.reading.path for each in self.read if each.kind.lock is locks})

    def paths(self) -> set[Path]:
        """The files that said something, or could not be read."""
        told = {Path(place.path) for finding in self.findings for place in finding.locations}
        return told | {each.reading.path for each in self.read}

    def add(self, kind: Kind, reading: Reading) -> None:
        """Add what a reader made of a file, with what it could not decide."""
        self.read.append(Read(kind, reading))
        for problem in dict.fromkeys(reading.problems):
            rule = _PROBLEMS.get(problem.code, "undecidable")
            self.findings.append(Finding(rule, (problem.location,), _DETAILS.get(problem.code, "")))

    def fail(self, rule: str, path: Path, line: int | None = None, detail: str = "") -> None:
        """Note what is wrong with a file, once: several readers may find the same."""
        found = Finding(rule, (Location(str(path), line),), detail)
        if found not in self.findings:
            self.findings.append(found)


Load = Callable[[Path], str]


def read_tree(places: Iterable[Place], load: Load | None = None) -> Tree:
    """Read all files but those that hold source code alone: these are left in `Tree.sources`.

    Args:
        load: gives the text of a file; from disk if `None`.
    """
    from slopguard.check.imports import ecosystem_of  # shell text alone needs none

    tree, load = Tree(), load or from_disk
    waiting: list[Path] = []
    for place in places:
        kinds = (named_kind if place.named else kinds_of)(place.full)
        source = ecosystem_of(place.full)
        if source is not None:
            tree.sources.append(place)
        if not kinds and source is None and "." not in place.path.name:
            kinds = _by_first_line(place.path)
        if any(not kind.hint for kind in kinds) or (kinds and (place.named or _hinted(place.path, kinds, load))):
            waiting += _file(tree, place.path, kinds, load)
        elif place.named and source is None:
            tree.fail("malformed", place.path, detail="not a kind of file that slopguard reads")
    _follow(tree, waiting, load)
    return tree


def read_source(path: Path, load: Load) -> str | None:
    """The text of a source file; `None` if it cannot be read.

    An import is a suggestion: a source file that its own language cannot read has none, and is no finding.
    """
    try:
        if (status := regular(path)) is None or status.st_size > SOURCE_LIMIT:
            return None
        return load(path)
    except InputError:
        return None


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


def _hinted(path: Path, kinds: tuple[Kind, ...], load: Load) -> bool:
    """Whether a file holds what makes it one of these kinds; most files of source code do not."""
    try:
        text = load(path)
    except InputError:
        return False
    return any(kind.hint in text for kind in kinds)


def _file(tree: Tree, path: Path, kinds: tuple[Kind, ...], load: Load) -> list[Path]:
    """Read one file with each of its readers; gives the requirement files that its commands name."""
    if path.is_symlink() and not path.exists():
        return []  # leads nowhere, as templates and package managers leave them
    if path.suffix == _BINARY:
        tree.fail("unreadable", path, detail=_AS_TEXT)
        return []
    try:
        text = load(path)
    except Unreadable as error:
        tree.fail("unreadable", path, detail=_words(error, path)[1])
        return []
    except InputError as error:
        line, detail = _words(error, path)
        tree.fail("malformed", path, line, detail)
        return []
    named: list[Path] = []
    for kind in kinds:
        if kind.hint in text:
            named += _with(tree, kind, path, text, load)
    return named


def _with(tree: Tree, kind: Kind, path: Path, text: str, load: Load) -> list[Path]:
    """Read one file with one reader."""

    def loaded(wanted: Path) -> str:
        if wanted is path:
            return text
        try:
            return load(wanted)
        except Unreadable as error:  # a reader says only that it has no such file: one that is there is not judged
            if regular(wanted):
                tree.fail("unreadable", wanted, detail=_words(error, wanted)[1])
            raise

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
    tree.add(kind, reading)
    return [] if kind.name in _SUGGESTS else list(reading.files)


_SUGGESTS = frozenset({"markdown", "notebook"})
"""Kinds whose commands are for a reader: the files that they name need not be there."""


def _follow(tree: Tree, waiting: list[Path], load: Load) -> None:
    """Read the requirement files that commands name, wherever they are called what."""
    (requirements,) = (kind for kind in kinds_of("requirements.txt") if kind.name == "requirements")
    here = Path.cwd()
    known = {os.path.normpath(here / each.reading.path) for each in tree.read if waiting}
    for path in waiting:
        full = Path(os.path.normpath(here / path))
        if str(full) in known:
            continue
        known.add(str(full))
        if regular(full):
            shown_as = full.relative_to(here) if full.is_relative_to(here) and not _absolute(tree) else path
            _file(tree, shown_as, (requirements,), load)


def _absolute(tree: Tree) -> bool:
    """Whether the files were given by absolute paths."""
    return bool(tree.read) and tree.read[0].reading.path.is_absolute()


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
