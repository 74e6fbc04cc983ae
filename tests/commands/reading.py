"""What the tests of this room share: a file's text through its reader, and what came out, as short texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from slopguard.model import SourceKind
from slopguard.readers.interface import Reading

HERE = Path("/tree")


def loading(text: str) -> Callable[[Path], str]:
    """A loader that has one text for every path."""
    return lambda _: text


def names(reading: Reading) -> list[str]:
    """`ecosystem:name` of everything from a registry, in order; `==version` and ` run` added where they hold."""
    return [
        f"{each.ecosystem}:{each.raw}"
        + (f"=={each.version}" if each.version else "")
        + (" run" if "run" in each.extra else "")
        for each in reading.sightings
        if each.source.kind is SourceKind.REGISTRY
    ]


def lines(reading: Reading) -> dict[str, int | None]:
    """The line of every name from a registry."""
    return {each.raw: each.location.line if each.location else None for each in reading.sightings}


def unclear(reading: Reading) -> list[int | None]:
    """The lines of what cannot be decided."""
    return [each.location.line for each in reading.problems if each.code == "undecidable"]
