"""The rollback floor: what this machine has seen of a list, kept apart from the list itself.

It lies in the user's settings folder, so that deleting the folder of lists and serving an old one gains nothing.
Invariants:

* A floor is only ever raised; two writers never lose what either saw.
* A floor that is there and cannot be read, or whose checksum is another, is `ListInvalid`, never an empty floor. The
  checksum finds damage, not malice: whoever can write the file can also delete it.
* The versions of timestamp and snapshot count as long as the same keys sign them. A later root that gives these roles
  other keys starts them anew: else a thief of the old keys could lift them so high that no honest version comes near
  (TUF 5.3.11). The version of the root itself never starts anew, so the old keys never count again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from slopguard.errors import ListInvalid, StoreError
from slopguard.lists import files as private

FORMAT = "slopguard-floor/1"
ONLINE = ("timestamp", "snapshot")
"""Roles signed by a machine, whose keys may be stolen and replaced without a person's role being touched."""
PATIENCE = 30.0
"""Seconds that a writer waits for another."""
_HINT = "If you did not change it, ask who did; a person starts anew with: slopguard lists sync --reset-floor"
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Floor:
    """The newest versions seen of one list.

    Args:
        versions: role to version.
        keys: for the roles of `ONLINE`, what stands for the keys that signed them.
        signed: when the newest timestamp seen was signed.
    """

    versions: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    signed: datetime | None = None

    def least(self, role: str, root: int, keys: Mapping[str, str]) -> int:
        """The lowest version of a role that may be used together with this version of the root and these keys."""
        return 0 if self._anew(role, root, keys) else self.versions.get(role, 0)

    def latest(self, root: int, keys: Mapping[str, str]) -> datetime | None:
        """The newest signed time that the keys of this root vouch for."""
        return None if self._anew("timestamp", root, keys) else self.signed

    def raised(self, versions: Mapping[str, int], keys: Mapping[str, str], signed: datetime) -> Floor:
        """The floor after these versions were seen and verified."""
        root = versions["root"]
        highest = {role: max(version, self.least(role, root, keys)) for role, version in versions.items()}
        newest = max(signed, self.latest(root, keys) or signed)
        return Floor({**self.versions, **highest}, dict(keys), newest)

    def _anew(self, role: str, root: int, keys: Mapping[str, str]) -> bool:
        return (
            role in ONLINE
            and role in self.keys
            and root > self.versions.get("root", 0)
            and keys.get(role) != self.keys[role]
        )


NONE = Floor()
"""Nothing seen yet."""


def read(path: Path) -> Floor:
    """The floor in a file; `NONE` where there is no file.

    Raises:
        ListInvalid: it is there and is not what was written.
    """
    try:
        return _read(json.loads(private.read(path, _LARGEST)))
    except FileNotFoundError:
        return NONE
    except OSError as why:
        raise ListInvalid(f"the record of list versions seen cannot be read ({type(why).__name__})", _HINT) from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise ListInvalid("the record of list versions seen is damaged", _HINT) from None


def packed(floor: Floor) -> bytes:
    """The bytes of a floor's file."""
    body = {
        "format": FORMAT,
        "keys": dict(floor.keys),
        "signed": floor.signed and floor.signed.isoformat(),
        "versions": dict(floor.versions),
    }
    return json.dumps({**body, "sha256": _sum(body)}, sort_keys=True, indent=1).encode() + b"\n"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the floor for one writer at a time.

    Raises:
        StoreError: another holds it for too long, or its folder cannot be written.
    """
    import filelock

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=PATIENCE, mode=0o600)
        lock.acquire()
    except (OSError, filelock.Timeout) as why:
        raise StoreError(f"{path}: cannot be locked ({type(why).__name__})", "Check its folder, then retry") from None
    try:
        yield
    finally:
        lock.release()


def _read(found: dict[str, Any]) -> Floor:
    wanted = found.pop("sha256")
    versions, keys, signed = found["versions"], found["keys"], found["signed"]
    fine = found.keys() == {"format", "keys", "signed", "versions"} and found["format"] == FORMAT
    if not fine or wanted != _sum(found) or not all(type(version) is int for version in versions.values()):
        raise ValueError
    moment = None if signed is None else datetime.fromisoformat(signed)
    if moment is not None and moment.tzinfo is None:
        raise ValueError
    moment = moment and moment.astimezone(UTC)
    return Floor(dict(versions), {str(role): str(value) for role, value in keys.items()}, moment)


def _sum(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
