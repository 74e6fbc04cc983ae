"""Watch entries that a tool wrote: a file of rows (`*.tsv`) in the folder of the watch list, as they stand in a bundle.

A hundred thousand forecast names are nobody's prose: TOML would take ten times as long to read, at each build, each
signature and each comparison. Invariants: such a file holds watch rows and nothing else, each as strictly looked at as
an entry in TOML; what is not understood is an error that names the line; what is written here is read as the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache

from slopguard.curation import checks
from slopguard.curation.checks import Wrong
from slopguard.curation.entries import ListEntry, rows_of
from slopguard.errors import InputError
from slopguard.model import Ecosystem

SUFFIX = ".tsv"
HINT = "Write the file anew: slopguard watch export --lists"
KEYS = ("origin", "source", "rank", "models", "at")
_ECOSYSTEMS: Mapping[str, Ecosystem] = {each.value: each for each in Ecosystem}


def parse(text: str, where: str) -> Iterator[ListEntry]:
    """The entries of one file, as they come; lines that start with `#` are none.

    Args:
        where: what messages call the file.

    Raises:
        InputError: a line is no watch row.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.startswith("#"):
            try:
                yield _entry(line)
            except Wrong as why:
                raise InputError(f"{where}, line {number}: {why}", HINT) from None


def text_of(entries: Iterable[ListEntry], comment: str) -> str:
    """A whole file, sorted.

    Args:
        comment: what stands in front, one or more lines.
    """
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    return "\n".join([*lines, *rows_of(entries)]) + "\n"


def without(text: str, entry: ListEntry) -> str:
    """The text of a file without the line of one entry."""
    start = f"{entry.ecosystem}\t{entry.name}\t{entry.kind}"
    lines = text.split("\n")
    return "\n".join(line for line in lines if line != start and not line.startswith(f"{start}\t"))


def _entry(line: str) -> ListEntry:
    """One row.

    Raises:
        Wrong: it is none.
    """
    known, name, kind, *fields = line.split("\t") if line.count("\t") > 1 else ("", "", "")
    ecosystem = _ECOSYSTEMS.get(known)
    if ecosystem is None or kind != "watch":
        raise Wrong("is no watch row")
    problem = checks.name_problem(ecosystem, name)
    if problem:
        raise Wrong(problem)
    more: dict[str, str] = {}
    for field in fields:
        key, _, value = field.partition("=")
        if key in more or key not in KEYS:
            raise Wrong("holds a field that is not known, or one twice")
        more[key] = _number(value) if key in ("rank", "models") else _word(key, value)
    if "origin" not in more or "source" not in more:
        raise Wrong("says no origin or no source")
    return ListEntry("watch", ecosystem, name, more=more)


def _number(value: str) -> str:
    if not (value.isascii() and value.isdecimal()) or len(value) > 10 or value != str(int(value)):
        raise Wrong("holds a number that is none")
    return checks.number(int(value))


@lru_cache(1 << 12)
def _word(key: str, value: str) -> str:
    if key != "at":
        return checks.MORE[key](value)
    try:
        return checks.MORE[key](date.fromisoformat(value))
    except ValueError:
        raise Wrong("holds a date that is none") from None
