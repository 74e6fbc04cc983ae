"""`.pnpmfile.cjs`: a program of the project's own that pnpm runs, and that may change what every package requires.

Invariant: it is not run, so what it adds is not known: `undecidable`, unless it has no hook that could.
"""

from __future__ import annotations

from pathlib import Path

from slopguard.model import Location
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.text import Lines

_HOOKS = regex(r"\b(?:readPackage|afterAllResolved|preResolution|updateConfig|resolvers|fetchers)\b")


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Say where the file has a hook that may add packages.

    Raises:
        InputError: the file cannot be loaded.
    """
    text = load(path)
    found = _HOOKS.search(text)
    where = Location(str(path), Lines(text).at(found.start())) if found else None
    return Reading(path, problems=(Problem("undecidable", where),) if where else ())
