"""From the sources that people review to the bundles that machines verify.

Invariants: the same sources give the same bytes, on any day and machine; a list holds only kinds of rows that its role
may sign, and no row about an internal name that belongs to somebody else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from slopguard.curation.book import put
from slopguard.curation.entries import ListEntry, rows_of
from slopguard.curation.layout import Layout
from slopguard.curation.metadata import lists_json
from slopguard.curation.people import People
from slopguard.curation.sources import read_list
from slopguard.errors import InputError
from slopguard.lists.bundle import Bundle
from slopguard.lists.namespaces import Namespaces
from slopguard.model import Ecosystem
from slopguard.names import shown

PUBLISHED = "published"
"""Folder beside the bundles that keeps them as they were published last."""
_MAY = {"watch": frozenset({"watch", "deny"})}
_OTHERS = frozenset({"allow", "deny", "release", "fix"})


def build(layout: Layout, people: People, only: Collection[str] | None = None) -> dict[str, bytes]:
    """The bundle of every role that signs one, by role (`common` for `targets`).

    Args:
        only: build these alone.

    Raises:
        InputError: an entry is wrong, or may not stand where it stands.
    """
    folders = layout.folders()
    for team in folders.keys() - {"common", "watch", *people.teams}:
        raise InputError(f"teams/{team}: lists.toml has no team of that name", "Add it to lists.toml with its keys")
    spaces = Namespaces.of(people.internal)
    names = [name for name in ("common", *people.teams, "watch") if only is None or name in only]
    return {name: _bundle(name, read_list(folders[name]) if name in folders else (), spaces) for name in names}


def write(layout: Layout, people: People, bundles: Mapping[str, bytes]) -> None:
    """Put the bundles, and the table of internal names, where people and `publish` find them."""
    files = {f"{name}.tsv": data for name, data in bundles.items()} | {"lists.json": lists_json(people)}
    for name, data in files.items():
        path = layout.bundles / name
        if not path.exists() or path.read_bytes() != data:
            put(path, data)


def _bundle(name: str, entries: tuple[ListEntry, ...], spaces: Namespaces) -> bytes:
    may = _MAY.get(name, _OTHERS)
    for entry in entries:
        if entry.kind not in may:
            what = f"{entry.ecosystem.value}:{shown(entry.name)}"
            raise InputError(f"{name}: {what} is a '{entry.kind}' entry, which this list may not hold", _hint(name))
    made = Bundle.of(name, rows_of(entries))
    outsider = spaces.outsiders(made, name)
    if outsider is not None:
        ecosystem, _, rest = outsider.partition(":")
        owner = spaces.owner(Ecosystem(ecosystem), rest)
        raise InputError(f"{name}: {shown(outsider)} is an internal name of {owner}", f"Move it to teams/{owner}")
    return made.data


def _hint(name: str) -> str:
    return "The watch list only refuses: watch and deny" if name == "watch" else "Watch entries belong in watch/"
