"""Entries as TOML: a block an entry where people write, one line an entry where tools do.

Invariants: pure; the same entry gives the same text; what is written here, `slopguard.curation.sources` reads as the
same entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from slopguard.curation.entries import DATES, FIELDS, KINDS, NUMBERS, ListEntry
from slopguard.errors import printable

LONG = 100
"""Characters from which on a list of values gets a line a value."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key(name: str) -> str:
    """A name as a key of TOML."""
    return name if _BARE.fullmatch(name) else quoted(name)


def quoted(value: str) -> str:
    """A TOML basic string: a JSON string but for the delete character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def header(entry: ListEntry) -> str:
    """The first line of an entry's block."""
    return f"[{entry.kind}.{entry.ecosystem.value}.{key(entry.name)}]"


def values(entry: ListEntry, *, wide: bool = False) -> dict[str, str]:
    """What stands in an entry, key to value as TOML, in the order in which it is written.

    Args:
        wide: never more than one line a value.
    """
    found = {each: _value(entry, each, wide) for each in KINDS[entry.kind]}
    return {each: value for each, value in found.items() if value}


def block(entry: ListEntry) -> str:
    """An entry as people write it."""
    return "\n".join([header(entry), *(f"{each} = {value}" for each, value in values(entry).items())]) + "\n"


def inline(entry: ListEntry) -> str:
    """What stands in an entry as an inline table."""
    return "{" + ", ".join(f"{each} = {value}" for each, value in values(entry, wide=True).items()) + "}"


def generated(entries: Iterable[ListEntry], comment: str) -> str:
    """A whole file, one line an entry, sorted.

    Args:
        comment: what stands in front, one or more lines.
    """
    return "\n".join([*_comment(comment), *_sections(entries)]) + "\n"


def _comment(comment: str) -> Iterator[str]:
    for line in comment.splitlines():
        yield f"# {printable(line)}".rstrip()


def _sections(entries: Iterable[ListEntry]) -> Iterator[str]:
    last = ""
    for entry in sorted(entries, key=lambda each: each.key):
        section = f"[{entry.kind}.{entry.ecosystem.value}]"
        if section != last:
            yield from ("", section)
            last = section
        yield f"{key(entry.name)} = {inline(entry)}"


def _value(entry: ListEntry, name: str, wide: bool) -> str:
    value = getattr(entry, name) if name in FIELDS else entry.more.get(name)
    if not value:
        return ""
    if isinstance(value, tuple):
        return _list(value, wide)
    if name in DATES or name in NUMBERS:
        return str(value)
    return quoted(value)


def _list(texts: tuple[str, ...], wide: bool) -> str:
    one = "[" + ", ".join(map(quoted, texts)) + "]"
    if wide or len(one) <= LONG:
        return one
    return "[\n" + "".join(f"  {quoted(text)},\n" for text in texts) + "]"
