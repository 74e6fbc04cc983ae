"""From an index's document to what is kept of it for review.

Invariants: pure; bounded, whatever the document holds; texts of the registry are kept as they came, cut to `TEXT`
characters, and are data: nothing here shows them; a digest is one, or is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from slopguard.hashes import well_formed
from slopguard.model import Facts
from slopguard.radar.model import Found, Upload
from slopguard.registries.npm.packument import Packument, tarball_name
from slopguard.registries.pypi.page import ProjectPage

MOST = 50
"""Versions, files and people of one name that are kept."""
TEXT = 200
"""Characters of one text of a registry that are kept."""
PEOPLE = ("maintainers", "author", "_npmUser")


def found(document: ProjectPage | Packument, body: bytes = b"") -> Found:
    """What a document says of a name, the newest of it where it is much.

    Args:
        body: the document as it came, for the people it names.
    """
    facts = document.facts()
    files = _of_page(document) if isinstance(document, ProjectPage) else _of_packument(document)
    return Found(
        tuple(_cut(release.version) for release in facts.releases[-MOST:]),
        tuple(list(files)[-MOST:]),
        _first(facts),
        people(body),
    )


def _first(facts: Facts) -> Any:
    """The earliest upload; a document of which some releases have no date says nothing certain of the first one."""
    return facts.first_upload if facts.dated and not facts.bounded else None


def _of_page(page: ProjectPage) -> Iterator[Upload]:
    for file in page.files:
        yield Upload(_cut(file.filename), _cut(file.version), file.size, _digests(file.digests), file.uploaded)


def _of_packument(document: Packument) -> Iterator[Upload]:
    dates = {release.version: release.uploaded for release in document.facts().releases}
    for number, version in document.versions.items():
        name = tarball_name(document.name, number)
        yield Upload(_cut(name), _cut(number), None, _digests(version.digests), dates.get(number))


class _Top(msgspec.Struct):
    maintainers: Any = None
    author: Any = None
    _npmUser: Any = None  # noqa: N815 npm's key


_TOP = msgspec.json.Decoder(_Top)


def people(body: bytes) -> tuple[str, ...]:
    """Whom a JSON document names as its maintainers, author or uploader; their names, no addresses of theirs."""
    if body.lstrip()[:1] != b"{":
        return ()
    try:
        top = _TOP.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    said = (each for key in PEOPLE for each in _each(getattr(top, key)))
    return tuple(dict.fromkeys(_cut(name) for name in said if name))[:MOST]


def _each(value: object) -> Iterable[str]:
    for entry in (value if isinstance(value, list) else [value])[:MOST]:
        name = entry.get("name") if isinstance(entry, dict) else entry
        if isinstance(name, str):
            yield name.partition("<")[0].strip()


def _digests(said: Iterable[str]) -> tuple[str, ...]:
    """What are digests and nothing else: they stand in webhooks and reports, where no text of a registry may."""
    return tuple(sorted(filter(well_formed, said)))


def _cut(text: str) -> str:
    return text[:TEXT]
