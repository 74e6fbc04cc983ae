"""Requirements that stand in a file of another kind, read as pip reads a requirement file.

Invariant: files they include are named in `Reading.files`, not opened here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from slopguard.commands.inner import compared
from slopguard.commands.script import decided, is_unknown
from slopguard.model import Location
from slopguard.patterns import regex
from slopguard.readers import requirements
from slopguard.readers.interface import Context, Problem, Reading

_INCLUDE = regex(r"(?:-r|-c|--requirement|--constraint)[= \t]*(\S.*)")


def read(lines: Iterable[tuple[int, str]], path: Path, cwd: Path) -> Reading:
    """What pip would install from requirement lines.

    Args:
        lines: the number that each has in the file, and its text; they come in order of the file.
        path: the file, for locations.
        cwd: the folder that relative paths start from.
    """
    numbers, plain, files, problems = [], [], [], []
    for number, line in lines:
        if found := _INCLUDE.match(line.strip()):
            name = found[1].partition(" #")[0].strip()
            if is_unknown(name) or "://" in name:
                problems.append(Problem("undecidable", Location(str(path), number)))
            else:
                files.append(cwd / name)
        else:
            numbers.append(number)
            plain.append(line)
    found_ = requirements.read(path, lambda _: "\n".join(plain), Context(cwd=cwd))
    reading = compared(decided(found_, numbers or [1]))
    problems += reading.problems
    return replace(reading, problems=tuple(dict.fromkeys(problems)), files=tuple(files))
