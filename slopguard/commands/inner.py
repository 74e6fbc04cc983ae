"""A file inside another one: a manifest in a document's code block, requirements that a script writes.

Invariant: an index that such a file names counts for what that file says, and for nothing around it.
"""

from __future__ import annotations

from dataclasses import replace

from slopguard.model import REGISTRY, Sighting, Source, SourceKind
from slopguard.readers.interface import Reading


def compared(reading: Reading) -> Reading:
    """What the inner file says, each package with the indexes that the file names for it: to be compared."""
    named = {each.name: each.url for each in reading.indexes if each.name}
    usual = [each.url for each in reading.indexes if not each.explicit]

    def sourced(sighting: Sighting) -> Sighting:
        asked = sighting.extra.get("index")
        urls = usual if asked is None else [named[asked]] if asked in named else []
        if sighting.source != REGISTRY or not urls:
            return sighting
        extra = {"indexes": " ".join(urls[1:])} if urls[1:] else {}
        source = Source(SourceKind.REGISTRY, urls[0], trusted=False)
        return replace(sighting, source=source, extra={**sighting.extra, **extra})

    return replace(reading, sightings=tuple(map(sourced, reading.sightings)))
