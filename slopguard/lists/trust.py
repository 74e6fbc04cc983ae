"""Offline verification of a signed list: from the pinned root to the bytes of every bundle, as the TUF client workflow.

`verify` runs in every process that judges; it reads no clock, no disk and no network. Invariants:

* The first root is the one whose bytes have the pinned SHA-256. Each later root is signed by the threshold of the root
  before it and by its own, in unbroken order; the last one counts.
* Timestamp and snapshot are signed by that root and name each other by version (and length and hashes, if given).
  Targets and each delegated role have the version that the snapshot says and the signatures their delegator asks for.
* Delegations are exactly what slopguard makes: one terminating role a team and one called `watch`, each for one file.
* No byte of a bundle is used before it has the signed length and SHA-256; a bundle with a kind of row that its role may
  not hold, or with a row about another owner's internal names, is refused whole.
* No version is below the floor. Expiry refuses nothing here: `ends` says until when each bundle is good.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

from tuf.api.exceptions import LengthOrHashMismatchError, RepositoryError, UnsignedMetadataError
from tuf.api.metadata import DelegatedRole, Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from slopguard.errors import ListInvalid
from slopguard.lists import contents
from slopguard.lists import floor as floors
from slopguard.lists.bundle import Bundle
from slopguard.lists.floor import Floor
from slopguard.lists.namespaces import Namespaces

SCHEMA = "slopguard/lists/1"
SIGNED = "x-slopguard-signed"
COMMON, WATCH = contents.COMMON, contents.WATCH
RESERVED = frozenset({"root", "targets", "snapshot", "timestamp", WATCH, COMMON, "lists"})
LONGEST_CHAIN = 256
"""Roots that are followed from the pinned one, as python-tuf's own client limits them."""
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Between these every time can be counted with; what expires later expires then."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_ROOT = re.compile(r"metadata/(\d+)\.root\.json")

Part = TypeVar("Part", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True, slots=True)
class Trusted:
    """A signed list, verified.

    Args:
        name: what the publisher calls it.
        pin: SHA-256 (hexadecimal) of the pinned root.
        bundles: the common bundle, those of the teams asked for, and `NAME/watch`.
        teams: every team that the publisher has.
        versions: role to version, of the roles that were consulted.
        keys: for timestamp and snapshot, what stands for the keys that may sign them.
        signed: when the timestamp was signed.
        ends: bundle name to the first moment at which a role behind it has expired.
        at: the moment of the verification.
    """

    name: str
    pin: str
    bundles: tuple[Bundle, ...]
    teams: tuple[str, ...]
    versions: Mapping[str, int]
    keys: Mapping[str, str]
    signed: datetime
    ends: Mapping[str, datetime]
    at: datetime

    @property
    def expires(self) -> datetime:
        """When the first of the roles consulted expires."""
        return min(self.ends.values())

    @property
    def expired(self) -> bool:
        """Whether one of them had expired at the moment of the verification."""
        return self.expires <= self.at


def verify(
    files: Mapping[str, bytes], pin: str, teams: Sequence[str] | None, now: datetime, floor: Floor = floors.NONE
) -> Trusted:
    """Check a whole list.

    Args:
        files: as in a pack.
        pin: SHA-256 (hexadecimal) of the root that a person accepted.
        teams: whose bundles are wanted; `None` for all. One that the publisher does not have is left out: see `teams`.
        now: recorded in the answer, nothing else.
        floor: what this machine has seen before.

    Raises:
        ListInvalid: something is not as it was signed, or is older than what was seen before.
    """
    try:
        return _Chain(files, floor).trusted(pin, teams, now)
    except UnsignedMetadataError:
        raise ListInvalid("a role of the signed list is not signed by enough of its keys", HINT) from None
    except LengthOrHashMismatchError:
        raise ListInvalid("a part of the signed list is not the one that was signed", HINT) from None
    except (RepositoryError, DeserializationError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ListInvalid(UNREADABLE, HINT) from None


HINT = contents.HINT
UNREADABLE = "a part of the signed list cannot be read as what it should be"


class _Chain:
    """One verification, from the root down."""

    def __init__(self, files: Mapping[str, bytes], floor: Floor) -> None:
        self._files = files
        self._floor = floor
        self._versions: dict[str, int] = {}
        self._expires: dict[str, datetime] = {}

    def trusted(self, pin: str, teams: Sequence[str] | None, now: datetime) -> Trusted:
        root = self._root(pin)
        keys = {role: _keys(root, role) for role in floors.ONLINE}
        timestamp = self._signed(Timestamp, "timestamp", root, keys)
        snapshot = self._signed(Snapshot, "snapshot", root, keys, timestamp.snapshot_meta)
        self._not_below(root, snapshot, keys)
        targets = self._signed(Targets, "targets", root, keys, snapshot.meta["targets.json"])
        roles = _delegations(targets)
        wanted = [role for role in roles if role == WATCH or teams is None or role in teams]
        known = _known(self._target(_only(targets, "lists.json", "common.tsv"), "lists.json"))
        name, spaces = known["name"], Namespaces.of(known["internal"])
        bundles = {COMMON: self._bundle(name, COMMON, targets, spaces)}
        for role in wanted:
            part = self._signed(Targets, role, targets, keys, snapshot.meta[f"{role}.json"])
            if part.delegations is not None:
                raise ListInvalid(f"the role '{role}' of the signed list delegates to others", HINT)
            bundles[role] = self._bundle(name, role, _only(part, f"{role}.tsv"), spaces)
        return Trusted(
            name=name,
            pin=pin,
            bundles=tuple(bundles.values()),
            teams=tuple(role for role in roles if role != WATCH),
            versions=self._versions,
            keys=keys,
            signed=_moment(timestamp.unrecognized_fields[SIGNED]),
            ends={bundle.name: self._end(role) for role, bundle in bundles.items()},
            at=now,
        )

    def _root(self, pin: str) -> Root:
        """The newest root, reached from the pinned one."""
        found = dict(self._roots())
        first = next((version for version, data in found.items() if sha256(data).hexdigest() == pin), None)
        if first is None:
            raise ListInvalid("the signed list does not start at the root that the settings name", HINT)
        last: Root | None = None
        for version in range(first, max(found) + 1):
            if version not in found or version - first > LONGEST_CHAIN:
                raise ListInvalid("the signed list lacks one of its roots", HINT)
            last = self._next(found[version], version, last)
        assert last is not None
        if not last.consistent_snapshot:
            raise ListInvalid(UNREADABLE, HINT)
        self._note("root", last)
        self._above("root", last.version, self._floor.least("root", last.version, {}))
        return last

    def _roots(self) -> Iterator[tuple[int, bytes]]:
        versions = sorted(int(found[1]) for found in map(_ROOT.fullmatch, self._files) if found)
        return ((version, self._file(f"{version}.root")) for version in versions)

    def _next(self, data: bytes, version: int, before: Root | None) -> Root:
        part = _parsed(Root, data)
        if part.signed.version != version:
            raise ListInvalid("a root of the signed list is not the one its name says", HINT)
        for root in (before, part.signed):
            if root is not None:
                root.verify_delegate("root", part.signed_bytes, part.signatures)
        return part.signed

    def _signed(
        self, kind: type[Part], role: str, by: Root | Targets, keys: Mapping[str, str], meta: MetaFile | None = None
    ) -> Part:
        """One role's metadata: as its delegator signed it, of the version that the role above it says."""
        data = self._file(role if meta is None else f"{meta.version}.{role}")
        if meta is not None:
            meta.verify_length_and_hashes(data)
        part = _parsed(kind, data)
        by.verify_delegate(role, part.signed_bytes, part.signatures)
        if meta is not None and part.signed.version != meta.version:
            raise ListInvalid(f"the role '{role}' of the signed list has another version than was signed", HINT)
        self._note(role, part.signed)
        self._above(role, part.signed.version, self._floor.least(role, self._versions["root"], keys))
        return part.signed

    def _not_below(self, root: Root, snapshot: Snapshot, keys: Mapping[str, str]) -> None:
        """Roles that are not consulted now may not be older than they were either."""
        for role in self._floor.versions:
            meta = snapshot.meta.get(f"{role}.json")
            if meta is not None:
                self._above(role, meta.version, self._floor.least(role, root.version, keys))

    def _above(self, role: str, version: int, least: int) -> None:
        if version < least:
            hint = "Somebody may be serving an old list; if the publisher says it is right, a person starts anew with: "
            hint += "slopguard lists sync --reset-floor"
            raise ListInvalid(f"the role '{role}' of the signed list is older than what was seen before", hint)

    def _note(self, role: str, signed: Root | Timestamp | Snapshot | Targets) -> None:
        self._versions[role] = int(signed.version)  # JSON's `true` is a version to python-tuf, and none to the floor
        self._expires[role] = min(signed.expires, LATEST)

    def _end(self, role: str) -> datetime:
        behind = {"root", "timestamp", "snapshot", "targets" if role == COMMON else role, "targets"}
        return min(self._expires[each] for each in behind)

    def _bundle(self, name: str, role: str, signer: Targets, spaces: Namespaces) -> Bundle:
        target = signer.targets[f"{role}.tsv"]
        bundle = Bundle(f"{name}/{role}", self._target(signer, target.path, checked=False), _digest(target))
        contents.check(bundle, role, spaces)
        return bundle

    def _target(self, signer: Targets, path: str, *, checked: bool = True) -> bytes:
        """A target's bytes, of the signed length; `Bundle` checks a hash itself, and once is enough for megabytes."""
        target = signer.targets[path]
        data = self._files.get(f"targets/{path}")
        if data is None:
            raise ListInvalid(f"the signed list lacks its part '{path}'", HINT)
        if len(data) != target.length or (checked and sha256(data).hexdigest() != _digest(target)):
            raise LengthOrHashMismatchError
        return data

    def _file(self, name: str) -> bytes:
        try:
            return self._files[f"metadata/{name}.json"]
        except KeyError:
            raise ListInvalid(f"the signed list lacks its part '{name}'", HINT) from None


def _parsed(kind: type[Part], data: bytes) -> Metadata[Part]:
    part: Metadata[Part] = Metadata.from_bytes(data)
    if not isinstance(part.signed, kind):
        raise ListInvalid(UNREADABLE, HINT)
    return part


def _keys(root: Root, role: str) -> str:
    """What stands for the keys of a role: other keys, another text."""
    return sha256("\n".join(sorted(root.roles[role].keyids)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _delegations(targets: Targets) -> list[str]:
    """The delegated roles, the teams' first as listed; `watch` last.

    Raises:
        ListInvalid: one of them may sign anything but its own file, or could go unnoticed.
    """
    roles = targets.delegations.roles if targets.delegations else None
    if not roles or WATCH not in roles or not all(_exact(name, role) for name, role in roles.items()):
        raise ListInvalid("the signed list delegates in a way that slopguard does not", HINT)
    return [*(name for name in roles if name != WATCH), WATCH]


def _exact(name: str, role: DelegatedRole) -> bool:
    fine = bool(_NAME.fullmatch(name)) and (name == WATCH or name not in RESERVED)
    return fine and role.name == name and role.terminating is True and role.paths == [f"{name}.tsv"]


def _only(signer: Targets, *paths: str) -> Targets:
    if signer.targets.keys() != set(paths):
        raise ListInvalid("the signed list signs other files than it should", HINT)
    return signer


def _digest(target: TargetFile) -> str:
    if target.hashes.keys() != {"sha256"}:
        raise ListInvalid(UNREADABLE, HINT)
    return target.hashes["sha256"]


def _known(data: bytes) -> dict[str, Any]:
    """`lists.json`: the list's name, and whose the internal names are."""
    found = json.loads(data)
    fine = found["schema"] == SCHEMA and found.keys() == {"schema", "name", "internal"}
    if not fine or not _NAME.fullmatch(found["name"]) or not isinstance(found["internal"], dict):
        raise ListInvalid(UNREADABLE, HINT)
    return dict(found)


def _moment(text: str) -> datetime:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if not EARLIEST <= moment <= LATEST:
        raise ValueError
    return moment
