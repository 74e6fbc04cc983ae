"""Who may sign what: `lists.toml` and the public keys in `keys/`, read strictly.

Invariants: a threshold is one that its keys can meet; nobody counts twice, under two names or with two forms of one
key; a key that signs by itself (snapshot, timestamp) may sign nothing that allows a package; internal names of two
teams never overlap. Keys and globs come out in one spelling, so that the same settings give the same metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slopguard.curation.layout import RESERVED, Layout
from slopguard.errors import InputError, ListInvalid, SigningError
from slopguard.lists import namespaces
from slopguard.model import Ecosystem
from slopguard.names import shown

if TYPE_CHECKING:
    from slopguard.signing.keys import PublicKey

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
"""What lists and teams may be called."""
OFFLINE = ("root", "targets")
ONLINE = ("snapshot", "timestamp")
"""Roles that CI signs by itself."""
TOP = ("root", "targets", "snapshot", "timestamp")
DAYS = {"root": 365, "targets": 90, "watch": 30, "snapshot": 30, "timestamp": 7}
"""How long a signature of each role lasts unless `lists.toml` says otherwise; a team's lasts as long as `watch`."""
MOST_DAYS = 3650
_HINT = "Correct lists.toml"


@dataclass(frozen=True, slots=True)
class Duty:
    """One role.

    Args:
        keys: names of the keys that may sign it, sorted.
        threshold: how many of them must.
        days: how long their signature lasts.
    """

    keys: tuple[str, ...]
    threshold: int
    days: int


Internal = Mapping[str, tuple[str, ...]]
"""Ecosystem to globs."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who may sign something.

    Args:
        name: what the lists are called.
        duties: role to duty: root, targets, snapshot, timestamp, watch, and every team.
        internal: team to its internal names.
        keys: name to public key.
    """

    name: str
    duties: Mapping[str, Duty]
    internal: Mapping[str, Internal] = field(default_factory=dict)
    keys: Mapping[str, PublicKey] = field(default_factory=dict)

    @property
    def teams(self) -> tuple[str, ...]:
        """The teams, sorted."""
        return tuple(sorted(self.duties.keys() - {*TOP, "watch"}))

    def roles_of(self, key: str) -> tuple[str, ...]:
        """The roles that a key, by its name, may sign."""
        return tuple(role for role, duty in self.duties.items() if key in duty.keys)

    def named(self, keyid: str) -> str | None:
        """The name of the key with this id."""
        return next((name for name, public in self.keys.items() if public.key.keyid == keyid), None)


def read(layout: Layout) -> People:
    """The people of a repository of lists.

    Raises:
        InputError: `lists.toml` or a key is missing or wrong.
    """
    return of(table(layout), keys(layout))


def table(layout: Layout) -> dict[str, Any]:
    """`lists.toml` as it stands.

    Raises:
        InputError: it cannot be read.
    """
    import tomllib

    try:
        return tomllib.loads(layout.settings.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise InputError("lists.toml cannot be read as TOML", _HINT) from None


def keys(layout: Layout) -> dict[str, PublicKey]:
    """The public keys of a repository, by name.

    Raises:
        InputError: a file in `keys/` is no public key, or says another name than its own.
    """
    return {path.stem: _key(path) for path in sorted(layout.keys.glob("*.json"))}


def _key(path: Path) -> PublicKey:
    public = public_key(path)
    if public.name != path.stem:
        raise InputError(f"keys/{shown(path.name)} holds a key of another name", f"Call it {public.name}.json")
    return public


def public_key(path: Path) -> PublicKey:
    """The public key in a file, as its owner handed it over.

    Raises:
        InputError: it is none.
    """
    from slopguard.signing.keys import PublicKey, read_file

    try:
        return PublicKey.from_json(read_file(path), path.name)
    except SigningError as why:
        raise InputError(str(why), why.hint) from None


def of(settings: Mapping[str, Any], known: Mapping[str, PublicKey]) -> People:
    """The people that settings and keys speak of.

    Args:
        settings: the content of a `lists.toml`.
        known: public keys by name.

    Raises:
        InputError: they make no sense, or not together.
    """
    _only(settings, ("name", *TOP, "watch", "teams"), "")
    teams = _table(settings.get("teams", {}), "teams")
    tables = {role: _table(settings.get(role), role) for role in (*TOP, "watch")}
    duties = {role: _duty(role, tables[role]) for role in tables}
    internal: dict[str, Internal] = {}
    for team in sorted(teams):
        duties[team], internal[team] = _team(team, _table(teams[team], f"teams.{shown(team)}"))
    found = People(_name(settings.get("name")), duties, {k: v for k, v in internal.items() if v}, dict(known))
    _check(found)
    return found


def _team(team: str, entries: Mapping[str, Any]) -> tuple[Duty, Internal]:
    if not NAME.fullmatch(team) or team in RESERVED:
        raise InputError(f"lists.toml: no team can be called '{shown(team)}'", _HINT)
    rest = {key: value for key, value in entries.items() if key != "internal"}
    return _duty(team, rest, f"teams.{team}"), _internal(
        team, _table(entries.get("internal", {}), f"teams.{team}.internal")
    )


def _duty(role: str, entries: Mapping[str, Any], where: str = "") -> Duty:
    where = where or role
    _only(entries, ("threshold", "keys", "days", *(("internal",) if where != role else ())), where)
    names = entries.get("keys")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"lists.toml: {where}.keys must be a list of names", _HINT)
    if len(set(names)) != len(names):
        raise InputError(f"lists.toml: {where}.keys names a key twice", _HINT)
    threshold = _number(entries, "threshold", where, None if role in OFFLINE else 1, len(names))
    if role in ONLINE and threshold != 1:
        raise InputError(f"lists.toml: {where}.threshold must be 1, because CI signs it alone", _HINT)
    days = _number(entries, "days", where, DAYS.get(role, DAYS["watch"]), MOST_DAYS)
    return Duty(tuple(sorted(names)), threshold, days)


def _number(entries: Mapping[str, Any], key: str, where: str, default: int | None, most: int) -> int:
    value = entries.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise InputError(f"lists.toml: {where}.{key} must be a number from 1 to {most}", _HINT)
    return value


def _internal(team: str, entries: Mapping[str, Any]) -> Internal:
    _only(entries, [each.value for each in Ecosystem], f"teams.{team}.internal")
    found = {}
    for key in sorted(entries):
        where, globs = f"teams.{team}.internal.{key}", entries[key]
        if not isinstance(globs, list) or not all(isinstance(glob, str) for glob in globs):
            raise InputError(f"lists.toml: {where} must be a list of patterns", _HINT)
        spelled = sorted({namespaces.spelled(Ecosystem(key), glob) for glob in globs})
        for glob in spelled:
            if not namespaces.sound(Ecosystem(key), glob):
                hint = "A pattern starts with a letter or digit (npm: after '@') and holds no wildcard but '*' and '?'"
                raise InputError(f"lists.toml: {where} holds '{shown(glob)}', which is no pattern", hint)
        if spelled:
            found[key] = tuple(spelled)
    return found


def _check(people: People) -> None:
    """What only shows when all is read.

    Raises:
        InputError: two parts contradict each other.
    """
    for role, duty in people.duties.items():
        for name in duty.keys:
            if name not in people.keys:
                hint = f"Put what `slopguard keys show {shown(name)}` prints there"
                raise InputError(
                    f"lists.toml: {role} names '{shown(name)}', but there is no keys/{shown(name)}.json", hint
                )
    online = {name for role in ONLINE for name in people.duties[role].keys}
    for role in (*OFFLINE, *people.teams):
        for name in online.intersection(people.duties[role].keys):
            raise InputError(
                f"lists.toml: '{name}' signs for CI, so it may not sign {role}", "Give it a key of its own"
            )
    for one, other in _twice(people.keys.values()):
        raise InputError(f"keys/{one}.json and keys/{other}.json hold the same key", "Everybody has a key of their own")
    for owner, glob, other, second in _clashes(people.internal):
        hint = "A name belongs to one team; make the patterns narrower"
        raise InputError(f"lists.toml: '{glob}' of {owner} and '{second}' of {other} overlap", hint)


def _clashes(internal: Mapping[str, Internal]) -> Iterator[tuple[str, str, str, str]]:
    try:
        yield from namespaces.clashes(internal)
    except ListInvalid:  # every glob was found sound before
        raise InputError("lists.toml: the internal names cannot be read", _HINT) from None


def _twice(publics: Iterable[PublicKey]) -> Iterator[tuple[str, str]]:
    """Names of keys that are one key, whatever ids they claim to have."""
    seen: dict[Any, str] = {}
    for public in publics:
        for mark in ("id", public.key.keyid), ("key", _essence(public)):
            if mark in seen:
                yield seen[mark], public.name
            seen[mark] = public.name


def _essence(public: PublicKey) -> str:
    """The key itself, whatever way it signs: `PublicKey` has found it sound and writes it in one spelling."""
    return str(public.key.keyval["public"])


def _name(value: object) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise InputError("lists.toml: name must be small letters, digits and '-'", _HINT)
    return value


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"lists.toml: there must be a table '{where}'", _HINT)
    return value


def _only(entries: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    import difflib

    known = list(known)
    for key in entries:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"The nearest is '{near[0]}'" if near else f"Known are: {', '.join(known)}"
            raise InputError(f"lists.toml: there is no setting '{where}{'.' if where else ''}{shown(key)}'", hint)
