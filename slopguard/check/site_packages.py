"""What is installed in a Python environment: what its metadata says, and what pip sees besides.

Invariants: no code of the environment is run: its interpreter is not started (that would run its `.pth` files), our own
pip only looks at its folder, away from the user's settings and the working directory. What has no readable metadata is
a problem, never skipped. What conda put there comes from no index of Python packages and is only counted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import CalledProcessError

from slopguard.errors import InputError
from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places
from slopguard.readers.interface import Problem, Reading
from slopguard.readers.text import Table, json_object, load, string, table

_FIELD = regex(r"^(Name|Version):[ \t]*(\S+)", re.MULTILINE)
_METADATA = {".dist-info": "METADATA", ".egg-info": "PKG-INFO", ".egg": "EGG-INFO/PKG-INFO"}
"""How folders of metadata end, and the file in them that counts."""
_MEDDLING = ("PIP", "PYTHON")
"""How variables begin that would change what our own pip does."""


def read(folder: Path, *, pip: bool = True) -> Reading:
    """What is installed in a folder of packages (`site-packages`).

    Args:
        pip: whether pip is asked as well, which takes about half a second.
    """
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    skipped = 0
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return Reading(folder, problems=(Problem("undecidable", Location(str(folder))),), locked=True)
    conda = any((place / "conda-meta").is_dir() for place in folder.resolve().parents[:4])
    for place in inside:
        if place.suffix.lower() not in _METADATA or place.name.startswith("~"):  # `~`: pip was about to remove it
            continue
        found = _installed(place)
        if found is None:
            problems.append(Problem("undecidable", Location(str(place))))
            continue
        if conda and _text(place / "INSTALLER").strip() == "conda":
            skipped += 1
            continue
        sightings.append(found)
        fetched_as = place.stem.partition("-")[0]
        if _plain(fetched_as) != _plain(found.raw):  # installers name the folder; what is inside it may claim anything
            sightings.append(replace(found, raw=fetched_as))
    if pip:
        known = {_plain(sighting.raw) for sighting in sightings}
        sightings += [each for each in _by_pip(folder) if _plain(each.raw) not in known and not skipped]
    return Reading(folder, tuple(sightings), problems=tuple(problems), locked=True, skipped=skipped)


def _installed(place: Path) -> Sighting | None:
    """What one folder (or old file) of metadata describes; `None` if it does not say."""
    file = place / _METADATA[place.suffix.lower()] if place.is_dir() else place
    fields = dict(reversed(_FIELD.findall(_text(file).replace("\r\n", "\n").partition("\n\n")[0])))
    if fields.keys() != {"Name", "Version"}:
        return None
    source, digests, extra = _origin(place)
    if (place / "REQUESTED").exists():
        extra["requested"] = "1"
    version = fields["Version"]
    return Sighting(
        Ecosystem.PYPI, fields["Name"], f"=={version}", version, digests, source, Location(str(file), 1), extra
    )


def _origin(place: Path) -> tuple[Source, frozenset[str], dict[str, str]]:
    """Where a package was installed from, as `direct_url.json` records it (PEP 610); an index writes none."""
    document = _json(place / "direct_url.json")
    url = string(document.get("url"))
    if not url:
        return REGISTRY, frozenset(), {}
    system = string(table(document.get("vcs_info")).get("vcs"))
    if system:
        return Source(SourceKind.VCS, places.clean(f"{system}+{url}"), trusted=False), frozenset(), {}
    archive = table(document.get("archive_info"))
    pairs = [f"{name}:{value}" for name, value in table(archive.get("hashes")).items() if isinstance(value, str)]
    pairs = pairs or [string(archive.get("hash")).replace("=", ":")]
    extra = {"archive": "1"} if archive else {}
    if table(document.get("dir_info")).get("editable") is True:
        extra["editable"] = "1"
    return places.url_source(url), frozenset(filter(None, pairs)), extra


def _by_pip(folder: Path) -> list[Sighting]:
    """What pip lists in a folder: with it what old tools left links to; nothing where there is no pip."""
    try:
        with _undisturbed():
            from pip_api._installed_distributions import installed_distributions  # runs pip as it is imported

            listed = installed_distributions(paths=[folder])
    except (ImportError, OSError, ValueError, CalledProcessError):
        return []
    found = []
    for name, each in listed.items():
        elsewhere = each.location if each.location != str(folder) else None  # what an `.egg-link` names
        link = each.editable_project_location or elsewhere
        source = places.path_source(link, folder) if link else REGISTRY
        extra = {"editable": "1"} if link else {}
        version = str(each.version)
        location = Location(str(folder))
        found.append(
            Sighting(Ecosystem.PYPI, name, f"=={version}", version, source=source, location=location, extra=extra)
        )
    return found


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Our own variables without what changes pip, for as long as it runs; it looks for no module where it is started.

    Without `PYTHONSAFEPATH` the working directory, which is the project's, would come before the standard library.
    """
    before = dict(os.environ)
    try:
        for name in before:
            if name.startswith(_MEDDLING):
                del os.environ[name]
        os.environ.update(PYTHONSAFEPATH="1", PYTHONNOUSERSITE="1", PIP_CONFIG_FILE=os.devnull)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _text(file: Path) -> str:
    """What a file holds, empty if it cannot be read."""
    try:
        return load(file)
    except InputError:
        return ""


def _json(file: Path) -> Table:
    try:
        return json_object(_text(file) or "{}", file)
    except InputError:
        return {}


def _plain(name: str) -> str:
    """A name in the spelling of the index."""
    return re.sub(r"[-_.]+", "-", name).lower()
