"""Changing who may sign: a key goes, or another takes its place.

Invariants: comments and layout of `lists.toml` survive; what would leave a role without enough keys is refused before
anything is written; the new content is read back by the strict reader first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slopguard.curation import people
from slopguard.curation.book import put
from slopguard.curation.layout import Layout
from slopguard.curation.people import People
from slopguard.errors import UsageError
from slopguard.names import shown

if TYPE_CHECKING:
    from slopguard.signing.keys import PublicKey


def change(layout: Layout, old: str, new: PublicKey | None) -> tuple[str, ...]:
    """Take the key `old` out of every role, and put `new` in its place if there is one.

    Returns:
        the roles it could sign.

    Raises:
        UsageError: there is no such key, the new one is there already under this name, or a role would lack keys.
        InputError: the result makes no sense.
    """
    import tomlkit

    found = people.read(layout)
    roles = found.roles_of(old)
    if old not in found.keys:
        raise UsageError(f"there is no key '{shown(old)}' in keys/", f"There are: {', '.join(sorted(found.keys))}")
    _check(found, old, new, roles)
    document = tomlkit.parse(layout.settings.read_text(encoding="utf-8"))
    for role in roles:
        _replace(document[role] if role in (*people.TOP, "watch") else document["teams"][role], old, new)
    keys = {name: key for name, key in found.keys.items() if name != old} | ({new.name: new} if new else {})
    people.of(document.unwrap(), keys)
    if new is not None:
        put(layout.keys / f"{new.name}.json", new.to_json().encode())
    put(layout.settings, tomlkit.dumps(document).encode())
    if new is None or new.name != old:
        (layout.keys / f"{old}.json").unlink()
    return roles


def _check(found: People, old: str, new: PublicKey | None, roles: tuple[str, ...]) -> None:
    there = found.keys.get(new.name) if new else None
    if new and there and there.keyid == new.keyid and new.name == old:
        raise UsageError(f"that is the key '{old}' itself", "Name the file of the new key")
    if new and there and there.keyid != new.keyid and new.name != old:
        raise UsageError(f"there is another key '{new.name}' in keys/", "Choose another name for the new one")
    for role in roles:
        duty = found.duties[role]
        left = {*duty.keys} - {old} | ({new.name} if new else set())
        if len(left) < duty.threshold:
            hint = f"Put a new key in its place: slopguard keys rotate {old} FILE"
            raise UsageError(f"{role} needs {duty.threshold} of its keys, and {len(left)} would be left", hint)


def _replace(table: Any, old: str, new: PublicKey | None) -> None:
    names = [str(name) for name in table["keys"]]
    place = names.index(old)
    if new is not None and new.name not in names:
        table["keys"][place] = new.name
    elif new is None or new.name != old:
        del table["keys"][place]
