"""What signed metadata must say, made from the people and the bundles; and how it is written and compared.

Pure: no disk, no clock. Invariants: the same people and bundles give the same content; content is compared without
version, expiry and signatures; a delegation is one terminating role for exactly one file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tuf.api.metadata import (
    SPECIFICATION_VERSION,
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Role,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from slopguard.curation.people import TOP, People
from slopguard.names import shown

SCHEMA = "slopguard/lists/1"
SIGNED_AT = "x-slopguard-signed"
"""Field of the timestamp: when it was signed, for the check of a machine's clock."""
NAMED = "x-slopguard-name"
"""Field of a key: whose it is, for messages."""
SPEC = ".".join(SPECIFICATION_VERSION)


def root(people: People) -> Root:
    """Who may sign the top roles."""
    keys = _keys(people, TOP)
    roles = {role: Role(_ids(people, role), people.duties[role].threshold) for role in TOP}
    return Root(1, SPEC, None, keys, roles, consistent_snapshot=True)


def targets(people: People, bundles: Mapping[str, bytes]) -> Targets:
    """The common list, whose the internal names are, and who may sign the other lists."""
    files = {"lists.json": lists_json(people), "common.tsv": bundles["common"]}
    roles = {role: _delegated(people, role) for role in (*people.teams, "watch")}
    return Targets(1, SPEC, None, _files(files), Delegations(_keys(people, roles), roles))


def leaf(role: str, bundle: bytes) -> Targets:
    """The list of a team, or the watch list."""
    return Targets(1, SPEC, None, _files({f"{role}.tsv": bundle}))


def snapshot(parts: Mapping[str, tuple[int, bytes]], before: Snapshot | None) -> Snapshot:
    """The versions that belong together.

    Args:
        parts: role to version and bytes.
        before: the snapshot before; what it lists stays listed, as clients insist, even of a team that is gone.
    """
    meta = dict(before.meta) if before else {}
    meta |= {f"{role}.json": MetaFile.from_data(version, data, ["sha256"]) for role, (version, data) in parts.items()}
    return Snapshot(1, SPEC, None, dict(sorted(meta.items())))


def timestamp(version: int, data: bytes, now: datetime) -> Timestamp:
    """The newest snapshot, as of now."""
    meta = MetaFile.from_data(version, data, ["sha256"])
    return Timestamp(1, SPEC, None, meta, {SIGNED_AT: f"{now:%Y-%m-%dT%H:%M:%SZ}"})


def lists_json(people: People) -> bytes:
    """`lists.json`: the name of the lists, and whose the internal names are."""
    internal = {team: {eco: list(globs) for eco, globs in owned.items()} for team, owned in people.internal.items()}
    content = {"schema": SCHEMA, "name": people.name, "internal": internal}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def body(signed: Signed) -> dict[str, Any]:
    """The content, without what changes with every signature."""
    return {key: value for key, value in signed.to_dict().items() if key not in ("version", "expires", "spec_version")}


def dated(signed: Signed, version: int, today: date, days: int) -> None:
    """Give content its version and the end of its signature: the end of the day that is `days` after today."""
    signed.version = version
    signed.expires = datetime.combine(today + timedelta(days=days + 1), time(), UTC) - timedelta(seconds=1)


def written(part: Metadata[Any]) -> bytes:
    """Metadata as it stands in a file: one value a line, so that a diff of it reads well."""
    return JSONSerializer(compact=False).serialize(part) + b"\n"


def key_name(key: Key) -> str:
    """Whose a key in signed metadata is."""
    name = key.unrecognized_fields.get(NAMED)
    return shown(name) if isinstance(name, str) and name else f"key {shown(key.keyid, 12)}"


def _files(files: Mapping[str, bytes]) -> dict[str, TargetFile]:
    return {path: TargetFile.from_data(path, data, ["sha256"]) for path, data in files.items()}


def _delegated(people: People, role: str) -> DelegatedRole:
    return DelegatedRole(role, _ids(people, role), people.duties[role].threshold, True, [f"{role}.tsv"])


def _ids(people: People, role: str) -> list[str]:
    return sorted(people.keys[name].key.keyid for name in people.duties[role].keys)


def _keys(people: People, roles: Iterable[str]) -> dict[str, Key]:
    names = sorted({name for role in roles for name in people.duties[role].keys})
    return dict(sorted((people.keys[name].key.keyid, _key(people, name)) for name in names))


def _key(people: People, name: str) -> Key:
    """A copy of the key that says whose it is; its id does not depend on that."""
    public = people.keys[name].key
    return Key.from_dict(public.keyid, {**public.to_dict(), NAMED: name})
