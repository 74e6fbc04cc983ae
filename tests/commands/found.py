"""What a reader of commands finds in a file held in memory."""

from __future__ import annotations

from types import ModuleType

from slopguard.errors import InputError
from slopguard.readers.interface import Reading
from tests.readers.files import HERE, holding_paths


def reading(module: ModuleType, name: str, text: str, beside: dict[str, str] | None = None) -> Reading:
    """The reading of a file with others beside it."""
    return module.read(HERE / name, holding_paths({**(beside or {}), name: text}))


def names(found: Reading) -> list[tuple[str, int | None]]:
    """Each package with its specifier, and the line it stands on."""
    return [(each.raw + each.specifier, each.location.line if each.location else None) for each in found.sightings]


def unclear(found: Reading) -> list[int | None]:
    """The lines that cannot be decided."""
    return [each.location.line for each in found.problems if each.code == "undecidable"]


def files(found: Reading) -> list[str]:
    """The requirement files named, from the project's folder on."""
    return [str(each.relative_to(HERE)) for each in found.files]


def reads_or_refuses(module: ModuleType, name: str, text: str) -> None:
    """Any text gives a reading, whose lines are lines of it, or is refused."""
    try:
        found = reading(module, name, text)
    except InputError:
        return
    last = len(text.splitlines()) + 1
    places = [each.location for each in found.sightings] + [each.location for each in found.problems]
    assert all(place is None or place.line is None or 1 <= place.line <= last for place in places)
