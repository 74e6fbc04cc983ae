"""The files that a lock file of PyPI's packages names for one of them, held against that package's name.

An installer takes a file for what the lock file says it is, fetches it and unpacks what is in it. A file of another
package is that package, wherever its name stands, and is read so. Invariant: pure, and cheap for the files of the
package itself, which are nearly all there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import unquote

from slopguard.model import Sighting
from slopguard.patterns import regex
from slopguard.readers import places
from slopguard.readers.requires import canonical

_TELLING = frozenset("?#\\")
"""Characters behind which the last part of an address may be another than it seems."""
_VERSIONED = regex(r"-v?\d")


def strangers(package: Sighting, files: Iterable[tuple[str, frozenset[str]]]) -> Iterator[Sighting]:
    """The sightings of other packages among the files of one, each once.

    Args:
        package: the package that they are listed for.
        files: the address, path or name of each, and its digests.
    """
    name = package.raw.lower()
    own = f"{name.replace('-', '_')}-"
    seen = set()
    for place, digests in files:
        file = place.rpartition("/")[2] if _TELLING.isdisjoint(place) else _plain(place)
        if not file or _is_plainly(file, own) or _is_of(file := _plain(file), name):
            continue
        guessed, version = places.guess(file)
        if (guessed, version) not in seen:
            seen.add((guessed, version))
            yield replace(package, raw=guessed, version=version, digests=digests)


def _is_plainly(file: str, own: str) -> bool:
    return file.startswith(own) and file[len(own) : len(own) + 1].isdigit()


def _plain(file: str) -> str:
    """The name of a file as it is meant: no query, nothing encoded, either slash before it."""
    return unquote(re.split(r"[?#]", file, maxsplit=1)[0]).replace("\\", "/").rpartition("/")[2]


def _is_of(file: str, name: str) -> bool:
    """Whether a file is a package's: a wheel's name ends at the first hyphen, any other's before its version."""
    if file.lower().endswith(".whl"):
        return canonical(file.partition("-")[0]) == canonical(name)
    plain, own = canonical(file), canonical(name)
    versioned = plain.startswith(own) and _VERSIONED.match(plain, len(own)) is not None
    return versioned or canonical(places.guess(file)[0]) == own
