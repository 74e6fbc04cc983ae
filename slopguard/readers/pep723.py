"""Inline script metadata (PEP 723): the `# /// script` block of a Python file, with `[tool.uv]` and `[tool.pdm]`."""

from __future__ import annotations

import re
from pathlib import Path

from slopguard.errors import InputError
from slopguard.patterns import regex
from slopguard.readers import pdm_tables
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, table, toml
from slopguard.readers.uv_tables import Gatherer

_OPEN = regex(r"# /// ([a-zA-Z0-9-]+)")


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a script's metadata block; a script without one has no dependencies of its own.

    Raises:
        InputError: it has two blocks, or its block is not TOML.
    """
    text = re.sub(r"\r\n?", "\n", load(path))
    found = [(line, body) for kind, line, body in blocks(text) if kind == "script"]
    if len(found) > 1:
        raise InputError(f"{path}:{found[1][0]}: a second script block (PEP 723 allows one)")
    if not found:
        return Reading(path)
    line, body = found[0]
    document = toml(body, path, shift=line)
    tool = table(document.get("tool"))
    gather = Gatherer(path, Lines(text), context, table(tool.get("uv")))
    gather.requirements(document.get("dependencies"), "dependencies", "# /// script")
    gather.uv_lists()
    pdm_tables.gather(gather, table(tool.get("pdm")))
    return gather.reading()


def blocks(text: str) -> list[tuple[str, int, str]]:
    """The metadata blocks: kind, line of the opening, content without its comment marks.

    A block runs on while lines are `#` or begin with `# `, and ends at the last `# ///` among them; one that is
    never closed is none.
    """
    lines = text.split("\n")
    found = []
    number = 0
    while number < len(lines):
        start = number + 1
        if opening := _OPEN.fullmatch(lines[number]):
            closing, number = _run(lines, start)
            if closing is not None:
                found.append((opening[1], start, "\n".join(line[2:] for line in lines[start:closing])))
                number = closing
        number = max(number, start)
    return found


def _run(lines: list[str], start: int) -> tuple[int | None, int]:
    """The index of the block's closing line, if it has one, and of the first line that is no comment of it.

    An empty block is none (the PEP's grammar).
    """
    closing = None
    for number in range(start, len(lines)):
        line = lines[number]
        if line != "#" and not line.startswith("# "):
            return closing, number
        if line == "# ///" and number > start:
            closing = number
    return closing, len(lines)
