"""Reading entries from TOML, strictly.

`[KIND.ECOSYSTEM.NAME]` starts an entry; one line an entry under `[KIND.ECOSYSTEM]` is the same to TOML. Every `*.toml`
below a list's folder counts, and every `*.tsv` of watch rows that a tool wrote (`generated`).

Invariants: what is not understood is an error that names the file, the key and what is wrong, never skipped; nothing is
repaired; a package stands once in a list under each kind; a link is not followed, since whoever reviews the repository
does not see what is behind it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import tomli

from slopguard.curation import checks, generated
from slopguard.curation.checks import Wrong
from slopguard.curation.entries import FIELDS, KINDS, ListEntry
from slopguard.errors import InputError
from slopguard.model import Ecosystem
from slopguard.names import shown

SUFFIX = ".toml"
LONGEST_RELEASE = timedelta(days=90)
"""An exception ends at most so long after it was added."""
HINT = "Correct the file"
_REQUIRED = {
    "allow": (),
    "deny": (),
    "release": ("versions", "added", "expires"),
    "fix": ("versions",),
    "watch": ("origin", "source"),
}
_ECOSYSTEMS = frozenset(each.value for each in Ecosystem)
_DENY_ENDS = "a deny never expires; take it out with: slopguard lists remove"


Key = tuple[str, str, str]
"""Kind, ecosystem and name."""


def read_list(folder: Path) -> tuple[ListEntry, ...]:
    """The entries of one list, sorted by kind, ecosystem and name; none where there is no such folder.

    Raises:
        InputError: a file cannot be read, or an entry is not what it must be; names file, key and what is wrong.
    """
    found = located(folder)
    return tuple(found[key][0] for key in sorted(found))


def located(folder: Path) -> dict[Key, tuple[ListEntry, Path]]:
    """The entries of one list, each with the file that it stands in.

    Raises:
        InputError: as `read_list`.
    """
    found: dict[Key, tuple[ListEntry, Path]] = {}
    for path in files(folder):
        for entry in parse(read(path, folder), where(path, folder)):
            known = found.setdefault(entry.key, (entry, path))
            if known[0] is not entry:
                both = f"{where(known[1], folder)} and in {where(path, folder)}"
                raise InputError(f"{dotted(*entry.key)} stands in {both}", "Keep one of them")
    return found


def files(folder: Path) -> list[Path]:
    """The files of one list, sorted.

    Raises:
        InputError: one is a link or no file, or a folder cannot be read.
    """

    def failed(why: OSError) -> NoReturn:
        raise InputError(f"{where(folder, folder)}: cannot be read ({type(why).__name__})", "Check its permissions")

    found: list[Path] = []
    if not folder.exists():
        return found
    for place, folders, names in os.walk(folder, onerror=failed):
        found += [Path(place, name) for name in names if name.endswith((SUFFIX, generated.SUFFIX))]
        found += [Path(place, name) for name in folders if Path(place, name).is_symlink()]
    for path in found:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise InputError(f"{where(path, folder)}: must be a file, not a link", "Put the file itself there")
    return sorted(found)


def read(path: Path, folder: Path) -> str:
    """The text of a file, its line ends as they are.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{where(path, folder)}: not a text file in UTF-8", HINT) from None
    except OSError as why:
        raise InputError(f"{where(path, folder)}: cannot be read ({type(why).__name__})", HINT) from None


def where(path: Path, folder: Path) -> str:
    """How messages call a file of a list: by the list's folder and its own name."""
    return shown((Path(folder.name) / path.relative_to(folder)).as_posix(), 200)


def dotted(kind: str, ecosystem: str, name: str) -> str:
    """An entry as it is called in TOML, fit to print."""
    plain = ecosystem == Ecosystem.PYPI.value or name.replace("-", "").replace("_", "").isalnum()
    return f"{kind}.{ecosystem}." + (shown(name, 255) if plain else f'"{shown(name, 255)}"')


def parse(text: str, where: str) -> Iterator[ListEntry]:
    """The entries in the text of one file, as they come.

    Args:
        where: what messages call the file; its end says what it is.

    Raises:
        InputError: it is not TOML, or an entry is not what it must be.
    """
    if where.endswith(generated.SUFFIX):
        yield from generated.parse(text, where)
        return
    for kind, ecosystems in _parsed(text, where).items():
        if kind not in KINDS:
            raise _unknown(where, kind, "kind", KINDS)
        for ecosystem, names in _table(ecosystems, where, kind).items():
            if ecosystem not in _ECOSYSTEMS:
                raise _unknown(where, f"{kind}.{shown(ecosystem)}", "ecosystem", Ecosystem)
            yield from _section(kind, Ecosystem(ecosystem), _table(names, where, f"{kind}.{ecosystem}"), where)


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as why:
        line = f", line {why.lineno}" if getattr(why, "lineno", 0) else ""
        raise InputError(f"{where}{line}: not TOML", HINT) from None
    except (ValueError, RecursionError, OverflowError):  # a number without end, brackets without end
        raise InputError(f"{where}: not TOML that can be read", HINT) from None


def _table(value: Any, where: str, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: {key}: must be a table", HINT)
    return value


def _section(kind: str, ecosystem: Ecosystem, names: Mapping[str, Any], where: str) -> Iterator[ListEntry]:
    for name, table in names.items():
        problem = checks.name_problem(ecosystem, name)
        if problem:
            raise InputError(f"{where}: {dotted(kind, ecosystem.value, name)}: {problem}", HINT)
        try:
            yield _entry(kind, ecosystem, name, table)
        except Wrong as why:
            raise InputError(f"{where}: {dotted(kind, ecosystem.value, name)}{why}", HINT) from None


def _entry(kind: str, ecosystem: Ecosystem, name: str, table: Any) -> ListEntry:
    """One entry.

    Raises:
        Wrong: its table is not what it must be; the text starts with `.KEY: ` or `: `.
    """
    if not isinstance(table, dict):
        raise Wrong(": must be a table")
    known = KINDS[kind]
    fields: dict[str, Any] = {}
    more: dict[str, str] = {}
    for key, value in table.items():
        if key not in known:
            raise Wrong(_unknown_key(kind, key, value, known))
        try:
            if key in FIELDS:
                fields[key] = _field(kind, ecosystem, key, value)
            else:
                more[key] = checks.MORE[key](value)
                fields["more"] = more
        except Wrong as why:
            raise Wrong(f".{key}: {why}") from None
    entry = ListEntry(kind, ecosystem, name, **fields)
    problem = whole_problem(entry)
    if problem:
        raise Wrong(problem)
    return entry


def _field(kind: str, ecosystem: Ecosystem, key: str, value: Any) -> Any:
    if key == "versions":
        return checks.versions(ecosystem, kind, value)
    if key == "hashes":
        return checks.hashes(value)
    return checks.day(value) if key in ("added", "expires") else checks.text(value)


def whole_problem(entry: ListEntry) -> str | None:
    """What is wrong with an entry as a whole, as ` .KEY: WORDS`; `None` if nothing is."""
    for key in _REQUIRED[entry.kind]:
        if not (getattr(entry, key) if key in FIELDS else entry.more.get(key)):
            return f".{key}: is missing; an entry of kind {entry.kind} needs it"
    if entry.added is None or entry.expires is None:
        return None
    if entry.expires < entry.added:
        return ".expires: is before the day it was added"
    if entry.kind == "release" and entry.expires - entry.added > LONGEST_RELEASE:
        return f".expires: is more than {LONGEST_RELEASE.days} days after the day it was added"
    return None


def _unknown_key(kind: str, key: str, value: Any, known: Iterable[str]) -> str:
    if kind == "deny" and key == "expires":
        return f".expires: {_DENY_ENDS}"
    if isinstance(value, dict):
        return f".{shown(key)}: not a key; put a name with dots in quotes (PyPI: write '-' for '.')"
    return f".{shown(key)}: unknown key; the nearest is '{_nearest(key, known)}'"


def _unknown(where: str, key: str, what: str, known: Iterable[str]) -> InputError:
    near = _nearest(key.rpartition(".")[2], known)
    return InputError(f"{where}: {shown(key)}: unknown {what}; the nearest is '{near}'", HINT)


def _nearest(word: str, known: Iterable[str]) -> str:
    import difflib

    return difflib.get_close_matches(word, [str(each) for each in known], n=1, cutoff=0)[0]
