"""`setup.cfg`: what setuptools takes from it, and the places that its `easy_install` section names.

Invariants: a value on one line is cut at semicolons, one on several lines at the line breaks, as setuptools does;
`file:` stands for the lines of that file; `attr:`, which runs the project's code, is `undecidable`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slopguard.model import Layer
from slopguard.readers import places
from slopguard.readers.collected import Collected
from slopguard.readers.ini import Value, sections
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Reading

_LISTS = {"install_requires": "dependencies", "setup_requires": "build-system", "tests_require": "extra:tests"}
_INDEXES = {"index_url": "default", "find_links": "find-links"}
_FILE = "file:"
_ATTRIBUTE = "attr:"


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a project's configuration; a section of another tool says nothing here.

    Raises:
        InputError: it is no INI file.
    """
    found = sections(load(path), path)
    options = found.get("options", {})
    into = Collected(path, load, context, _first(found.get("metadata", {}).get("name", [])))
    for key, group in _LISTS.items():
        _list(into, options.get(key, []), group)
    for extra, value in found.get("options.extras_require", {}).items():
        _list(into, value, f"extra:{extra}")
    for number, text in options.get("dependency_links", []):
        for url in text.split():
            into.link(url, number)
    _indexes(into, found.get("easy_install", {}))
    return into.reading()


def _list(into: Collected, value: Value, group: str) -> None:
    """Take up the requirements that a value stands for."""
    text = _first(value)
    if text.startswith(_ATTRIBUTE):
        into.problem("undecidable", value[0][0])
    elif text.startswith(_FILE):
        for number, part in value:
            for name in part.removeprefix(_FILE).split(","):
                if name.strip():
                    into.include(name.strip(), number, group)
    else:
        for number, entry in _entries(value):
            into.requirement(entry, number, group)


def _entries(value: Value) -> Iterator[tuple[int, str]]:
    """The requirements in a value, each with its line."""
    if len(value) == 1:
        value = [(value[0][0], part.strip()) for part in value[0][1].split(";")]
    yield from ((number, text) for number, text in value if text)


def _first(value: Value) -> str:
    """The first text of a value."""
    return next((text for _, text in value if text), "")


def _indexes(into: Collected, section: dict[str, Value]) -> None:
    """The places that `easy_install`, and so `setup_requires`, looks at."""
    for key, kind in _INDEXES.items():
        for number, text in section.get(key, []):
            for url in text.split():
                into.indexes.append(IndexLine(places.clean(url), kind, None, Layer.PROJECT, into.at(number)))
