"""conda's environment files: their `pip:` part, which conda hands to pip as a requirement file; and conda-lock's.

Invariants: conda's own packages come from channels, not from a registry that slopguard knows: they are counted in
`Reading.skipped`, never judged; a YAML file that is called so and is something else says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slopguard.model import REGISTRY, Ecosystem, Location, Sighting
from slopguard.patterns import regex
from slopguard.readers import places, requirements
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.text import Lines, Table, string, strings, table, tables
from slopguard.readers.uv_lock import origins
from slopguard.readers.yaml_text import values

_KEY = regex(r"dependencies|\\")
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
    documents = [table(document) for document in values(text, path)]
    if any("package" in document and "metadata" in document for document in documents):
        return _locked(documents, path, lines)
    for entries in (document.get("dependencies") for document in documents):
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


def _locked(documents: list[Table], path: Path, lines: Lines) -> Reading:
    """A lock of conda-lock: the packages that pip installs, each with its version, file and hashes."""
    packages = [package for document in documents for package in tables(document.get("package"))]
    of_pip = [package for package in packages if package.get("manager") == "pip"]
    sightings = []
    for package in of_pip:
        name, url = string(package.get("name")), string(package.get("url"))
        digests = {f"{algo}:{value}".lower() for algo, value in table(package.get("hash")).items() if value}
        location = Location(str(path), lines.following(f"name: {name}"))
        version = string(package.get("version")) or None
        vcs = places.is_vcs(url)
        source = places.url_source(url) if vcs else REGISTRY
        extra = origins([] if vcs else [url])
        sightings.append(Sighting(Ecosystem.PYPI, name, "", version, frozenset(digests), source, location, extra))
    return Reading(path, tuple(sightings), locked=True, skipped=len(packages) - len(of_pip))


def _pip(part: dict[str, object]) -> Iterator[str | None]:
    """The lines for pip; `None` for one that is no text."""
    if "pip" not in part:
        return
    entries = part["pip"]
    for entry in entries if isinstance(entries, list) else [entries] if entries else []:
        yield string(entry) or None
