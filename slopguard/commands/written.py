"""Files that a script writes from its own text: `cat > requirements.txt <<EOF`, `echo flask >> requirements.txt`.

Invariant: only what the text itself holds is read; what such a file includes is not followed here.
"""

from __future__ import annotations

from pathlib import Path

from slopguard import readers
from slopguard.commands.inner import compared
from slopguard.commands.words import MARK
from slopguard.errors import InputError
from slopguard.model import Location
from slopguard.patterns import regex
from slopguard.readers.interface import Problem, Reading

_KINDS = (
    (
        regex(r"(?:.*/)?[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)|(?:.*/)?requirements/[^/]+\.(?:txt|in)"),
        "requirements",
    ),
    (regex(r"(?:.*/)?package\.json"), "package_json"),
    (regex(r"(?:.*/)?pyproject\.toml"), "pyproject"),
)
_SCRIPT = regex(r".*\.(?:sh|bash|zsh)|(?:.*/)?(?:[^/]*\.)?Dockerfile[^/]*")

_SHEBANG = regex(r"\s*#![^\n]*sh\b")


def kind_of(name: str, text: str = "") -> str | None:
    """The kind of a file by its name, if it can name dependencies; `script` for one that holds commands.

    Args:
        text: what it holds, whose first line may say that it is a script.
    """
    if _SCRIPT.fullmatch(name) or _SHEBANG.match(text):
        return "script"
    return next((kind for pattern, kind in _KINDS if pattern.fullmatch(name)), None)


def read(kind: str, text: str, line: int, path: Path) -> Reading:
    """What a file of some kind says, whose text begins on a line of the script `path`."""
    padded = "\n" * (line - 1) + text

    def load(wanted: Path) -> str:
        if wanted != path:
            raise InputError(f"{wanted}: not part of the script")
        return padded

    try:
        found = readers.read(path, load, kind=kind)
    except InputError:
        return Reading(path, problems=(Problem("undecidable", Location(str(path), line)),) if MARK in text else ())
    problems = [each for each in found.problems if each.code != "missing-include"]
    known = tuple(each for each in found.sightings if MARK not in each.raw and not each.raw.startswith("$"))
    if len(known) < len(found.sightings):  # `echo "$NAME" >> requirements.txt`
        problems.append(Problem("undecidable", Location(str(path), line)))
    return compared(Reading(path, known, found.indexes, tuple(problems)))
