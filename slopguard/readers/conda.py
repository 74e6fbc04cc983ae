"""conda's environment files: their `pip:` part, which conda hands to pip as a requirement file.

Invariants: conda's own packages come from channels, not from a registry that slopguard knows: they are counted in
`Reading.skipped`, never judged; a YAML file that is called so and is something else says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from slopguard.model import Location
from slopguard.readers import requirements
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.text import Lines, string, strings, table, tables
from slopguard.readers.yaml_text import values

_KEY = re.compile(r"dependencies|\\")
"""What is in every environment file: the key, or an escape that could spell it."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read an environment file; the lines for pip may include other files, and name indexes.

    Raises:
        InputError: it has dependencies but is not YAML.
    """
    text = load(path)
    if not _KEY.search(text):
        return Reading(path)
    lines = Lines(text)
    skipped, problems = 0, []
    found: list[tuple[int, str]] = []
    for entries in (table(document).get("dependencies") for document in values(text, path)):
        skipped += len(strings(entries))
        for part in tables(entries):
            for entry in _pip(part):
                line = lines.following(entry) if entry else None
                if entry is None:
                    problems.append(Problem("undecidable", Location(str(path), lines.find("pip:"))))
                else:
                    found.append((line or 1, entry))
    reading = requirements.read_lines(path, found, load, context)
    return Reading(path, reading.sightings, reading.indexes, (*reading.problems, *problems), skipped=skipped)


def _pip(part: dict[str, object]) -> Iterator[str | None]:
    """The lines for pip; `None` for one that is no text."""
    if "pip" not in part:
        return
    entries = part["pip"]
    for entry in entries if isinstance(entries, list) else [entries] if entries else []:
        yield string(entry) or None
