"""`pdm.toml`: the indexes that a project names for pdm in settings of its own."""

from __future__ import annotations

from pathlib import Path

from slopguard.model import Layer, Location
from slopguard.readers import places
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Problem, Reading
from slopguard.readers.text import Lines, string, table, toml


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a project's settings: `[pypi]` is the index that pdm asks, tables in it are more of them.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    lines, main = Lines(text), table(toml(text, path).get("pypi"))
    indexes, problems = [], []
    for name, entry in {"": main, **main}.items():
        source = table(entry)
        if url := string(source.get("url")):
            kind = "find-links" if source.get("type") == "find_links" else "extra" if name else "default"
            location = Location(str(path), lines.find(url))
            indexes.append(IndexLine(places.clean(url), kind, name or None, Layer.PROJECT, location))
        if source.get("verify_ssl") is False:
            problems.append(Problem("settings-loosened", Location(str(path), lines.find("verify_ssl"))))
    return Reading(path, indexes=tuple(indexes), problems=tuple(problems))
