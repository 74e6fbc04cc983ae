"""Starting a repository of lists: `lists.toml`, the public keys and the folders.

Invariants: nothing that is there already is overwritten; what is written is read back before anything is on disk, so
that a start that makes no sense leaves nothing behind; no private key is ever in the repository.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.curation import people
from slopguard.curation.book import put
from slopguard.curation.layout import SETTINGS, Layout
from slopguard.errors import UsageError, printable

if TYPE_CHECKING:
    from slopguard.signing.keys import PublicKey

ATTRIBUTES = (
    "# Machines read these; a review reads the sources.\nmetadata/** -diff\nstaged/** -diff\nbundles/** -diff\n"
)
IGNORED = "/.slopguard.lock\n*.part\n*.pem\n"
_HEAD = "# Who may sign what. After a change: slopguard lists build, then everybody named signs.\n"


def text(
    name: str, owners: Sequence[str], ci: str, teams: Mapping[str, Sequence[str]], thresholds: tuple[int, int]
) -> str:
    """A fresh `lists.toml`.

    Args:
        owners: names of the keys for root and targets.
        ci: name of the CI key.
        teams: team to names of keys, any one of which may sign for it.
        thresholds: of root and of targets.
    """
    parts = [f'{_HEAD}name = "{name}"\n']
    for role, threshold in zip(people.OFFLINE, thresholds, strict=True):
        parts.append(f"[{role}]\nthreshold = {threshold}\nkeys = {_list(owners)}\ndays = {people.DAYS[role]}\n")
    online = ("watch", *people.ONLINE)
    parts += [f"[{role}]\nkeys = {_list([ci])}\ndays = {people.DAYS[role]}\n" for role in online]
    for team in sorted(teams):
        example = '# internal.pypi = ["NAME-*"]   # names that belong to this team alone'
        parts.append(f"[teams.{team}]\nthreshold = 1\nkeys = {_list(teams[team])}\ndays = 30\n{example}\n")
    return "\n".join(parts)


def begin(folder: Path, settings: str, keys: Sequence[PublicKey]) -> Layout:
    """Write a new repository of lists.

    Args:
        settings: the text of `lists.toml`.

    Raises:
        UsageError: there is one already.
        InputError: settings and keys make no sense together.
        StoreError: it cannot be written.
    """
    import tomllib

    layout = Layout(folder)
    if layout.settings.exists() or any(layout.keys.glob("*.json")):
        raise UsageError(f"{printable(str(folder))} is a repository of lists already", f"Change its {SETTINGS} instead")
    known = {key.name: key for key in keys}
    if len(known) != len(keys):
        raise UsageError("two of the keys have one name", "Ask one of their owners for a key of another name")
    found = people.of(tomllib.loads(settings), known)
    for key in keys:
        put(layout.keys / f"{key.name}.json", key.to_json().encode())
    for name, content in ((".gitattributes", ATTRIBUTES), (".gitignore", IGNORED)):
        if not (folder / name).exists():
            put(folder / name, content.encode())
    for place in (layout.common, layout.watch, *(layout.team(team) for team in found.teams)):
        put(place / ".gitkeep", b"")
    put(layout.settings, settings.encode())
    return layout


def majority(count: int) -> int:
    """How many of so many must agree."""
    return count // 2 + 1


def _list(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
