"""INI files as Python's `configparser` reads them with its own defaults, with line numbers and in linear time.

Invariants: a value's lines come in file order, comments and blank lines left out; what stands in `[DEFAULT]` is in
every section that does not say otherwise; whatever the text, only `InputError` is raised; nothing is interpolated.
"""

from __future__ import annotations

import re
from pathlib import Path

from slopguard.errors import InputError
from slopguard.patterns import regex

_SECTION = regex(r"\[(.+)\]")
_OPTION = regex(r"[^=:]*+(?=[=:]|$)")

Value = list[tuple[int, str]]
"""The lines of a value, each with its number; the first may be empty, where the value begins on the next line."""


def sections(text: str, path: Path) -> dict[str, dict[str, Value]]:
    """Every section's options; a key's letters are small, its hyphens underscores (as setuptools takes them).

    Raises:
        InputError: a line stands before the first section, or is neither section nor option.
    """
    found: dict[str, dict[str, Value]] = {}
    section: dict[str, Value] | None = None
    value: Value | None = None
    depth = 0
    for number, line in enumerate(re.split(r"\r\n?|\n", text), 1):
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        indent = len(line) - len(line.lstrip())
        if value is not None and indent > depth:
            value.append((number, bare))
            continue
        depth = indent
        if header := _SECTION.match(bare):
            section, value = found.setdefault(header[1], {}), None
            continue
        key = _OPTION.match(bare)
        if section is None or key is None or not key[0].strip():
            raise InputError(f"{path}:{number}: not a line of an INI file")
        value = [(number, bare[key.end() + 1 :].strip())]
        section.setdefault(key[0].strip().lower().replace("-", "_"), value)
    default = found.pop("DEFAULT", {})
    return {name: {**default, **options} for name, options in found.items()}
