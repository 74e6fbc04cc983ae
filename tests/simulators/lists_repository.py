"""A publisher of signed lists, made with python-tuf alone: honest unless a test has it forge.

    acme = ListsRepository()
    acme.rows["common"].append("pypi\tflask\tallow")
    acme.publish()
    with acme.served() as server: ...server.url, acme.pin

Whoever may sign stands in `keys`, who does sign in `signers`, both by role; `ends` are moments of expiry by role,
`versions` what was published last. `publish` signs every role anew unless told which.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
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

from slopguard.lists.bundle import HEADER
from tests.simulators.server import Answer, LoopbackServer, Seen

DAYS = {"root": 365, "targets": 90, "snapshot": 30, "timestamp": 7}
TOP = ("root", "targets", "snapshot", "timestamp")
ROWS = {
    "common": ["pypi\tflask\tallow", "npm\tlodash\tallow\trank=1", "pypi\tevil\tdeny\trule=malicious\tid=MAL-1"],
    "payments": ["pypi\tacme-pay-core\tallow\tversions=1.0", "pypi\tpayfast\tallow"],
    "watch": ["pypi\tflask-auth-magic\twatch\torigin=imported\tsource=study\trank=1", "npm\tbad\tdeny\trule=malicious"],
}


def key() -> CryptoSigner:
    """A new Ed25519 key."""
    return CryptoSigner.generate_ed25519()


class ListsRepository:
    """One publisher.

    Args:
        teams: its teams, each with one key.
        now: when it signs; the real time unless told otherwise.
    """

    def __init__(self, name: str = "acme", teams: Iterable[str] = ("payments",), now: datetime | None = None) -> None:
        self.name = name
        self.teams = list(teams)
        self.now = (now or datetime.now(UTC)).replace(microsecond=0)
        people, machine = [key(), key(), key()], [key()]
        self.keys = {"root": people, "targets": people, "snapshot": machine, "timestamp": machine}
        self.keys |= {role: [key()] for role in (*self.teams, "watch")}
        self.threshold = {"root": 2, "targets": 2}
        self.signers = {role: list(keys) for role, keys in self.keys.items()}
        self.rows = {role: list(ROWS.get(role, ())) for role in ("common", *self.teams, "watch")}
        self.internal: dict[str, dict[str, list[str]]] = {}
        if "payments" in self.teams:
            self.internal["payments"] = {"pypi": ["acme-pay-*"], "npm": ["@acme-pay/*"]}
        self.ends: dict[str, datetime] = {}
        self.versions: dict[str, int] = {}
        self.signed: datetime | None = None
        self.hashes = True
        self.extra: dict[str, bytes] = {}
        self.published: dict[str, bytes] = {}
        self.publish_root()
        self.publish()

    @property
    def pin(self) -> str:
        """SHA-256 of the first root."""
        return sha256(self.published["metadata/1.root.json"]).hexdigest()

    def publish_root(self, *also: CryptoSigner) -> None:
        """The next root, signed by `signers["root"]` and `also`."""
        keys = {signer.public_key.keyid: signer.public_key for role in TOP for signer in self.keys[role]}
        root = Root(self._next("root"), expires=self._end("root"), keys=keys, consistent_snapshot=True)
        root.roles = {role: Role(self._ids(role), self.threshold.get(role, 1)) for role in TOP}
        self._keep("root", root, [*self.signers["root"], *also])

    def publish(self, *roles: str) -> None:
        """New versions of these roles (of all but the root if none is named), then of snapshot and timestamp."""
        for role in (*self.teams, "watch"):
            if not roles or role in roles:
                self.publish_delegated(role)
        if not roles or "targets" in roles:
            self.publish_targets()
        self.publish_snapshot()
        self.publish_timestamp()

    def publish_delegated(self, role: str) -> None:
        """A team's list, or the watch list."""
        part = Targets(self._next(role), expires=self._end(role), targets=self._target(f"{role}.tsv", self.data(role)))
        self._keep(role, part, self.signers[role])

    def publish_targets(self) -> None:
        """The common list and whose the internal names are, with the delegations."""
        known = {"schema": "slopguard/lists/1", "name": self.name, "internal": self.internal}
        text = json.dumps(known, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        targets = self._target("lists.json", text) | self._target("common.tsv", self.data("common"))
        for path, content in self.extra.items():
            targets |= self._target(path, content)
        part = Targets(self._next("targets"), expires=self._end("targets"), targets=targets)
        part.delegations = self.delegations()
        self._keep("targets", part, self.signers["targets"])

    def delegations(self) -> Delegations:
        """One terminating role a team, and `watch`."""
        roles = [*self.teams, "watch"]
        keys = {signer.public_key.keyid: signer.public_key for role in roles for signer in self.keys[role]}
        made = {
            role: DelegatedRole(role, self._ids(role), self.threshold.get(role, 1), True, [f"{role}.tsv"])
            for role in roles
        }
        return Delegations(keys, made)

    def publish_snapshot(self) -> None:
        """The versions that belong together."""
        meta = {f"{role}.json": self._meta(role) for role in ("targets", *self.teams, "watch")}
        self._keep(
            "snapshot",
            Snapshot(self._next("snapshot"), expires=self._end("snapshot"), meta=meta),
            self.signers["snapshot"],
        )

    def publish_timestamp(self) -> None:
        """The newest snapshot."""
        signed = f"{self.signed or self.now:%Y-%m-%dT%H:%M:%SZ}"
        part = Timestamp(self._next("timestamp"), expires=self._end("timestamp"), snapshot_meta=self._meta("snapshot"))
        part.unrecognized_fields["x-slopguard-signed"] = signed
        self._keep("timestamp", part, self.signers["timestamp"])

    def data(self, role: str) -> bytes:
        """The bytes of a bundle."""
        return HEADER + b"".join(line.encode() + b"\n" for line in sorted(self.rows[role]))

    def files(self) -> dict[str, bytes]:
        """What a machine keeps of the newest state."""
        found = {path: data for path, data in self.published.items() if path.endswith(".root.json")}
        found["metadata/timestamp.json"] = self.published["metadata/timestamp.json"]
        for role in ("snapshot", "targets", *self.teams, "watch"):
            path = f"metadata/{self.versions[role]}.{role}.json"
            found[path] = data = self.published[path]
            if role != "snapshot":
                for name, target in json.loads(data)["signed"]["targets"].items():
                    found[f"targets/{name}"] = self.published[f"targets/{target['hashes']['sha256']}.{name}"]
        return found

    def write(self, folder: Path) -> str:
        """Put everything published into a folder; gives its `file://` address."""
        for path, data in self.published.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return folder.resolve().as_uri() + "/"

    @contextmanager
    def served(self, credentials: str | None = None) -> Iterator[ListsServer]:
        """On loopback, as it is at the moment of each request."""
        with ListsServer(self.published, credentials=credentials) as server:
            yield server

    def _next(self, role: str) -> int:
        self.versions[role] = self.versions.get(role, 0) + 1
        return self.versions[role]

    def _end(self, role: str) -> datetime:
        return self.ends.get(role, self.now + timedelta(days=DAYS.get(role, 30)))

    def _ids(self, role: str) -> list[str]:
        return [signer.public_key.keyid for signer in self.keys[role]]

    def _meta(self, role: str) -> MetaFile:
        data = self.published[f"metadata/{self.versions[role]}.{role}.json"]
        if not self.hashes:
            return MetaFile(self.versions[role])
        return MetaFile(self.versions[role], len(data), {"sha256": sha256(data).hexdigest()})

    def _target(self, path: str, data: bytes) -> dict[str, TargetFile]:
        self.published[f"targets/{sha256(data).hexdigest()}.{path}"] = data
        return {path: TargetFile.from_data(path, data, ["sha256"])}

    def _keep(self, role: str, signed: Signed, signers: Iterable[CryptoSigner]) -> None:
        part = Metadata(signed)
        for signer in signers:
            part.sign(signer, append=True)
        path = "timestamp" if role == "timestamp" else f"{signed.version}.{role}"
        self.published[f"metadata/{path}.json"] = part.to_bytes()


class ListsServer(LoopbackServer):
    """Serves a mapping of paths to bytes, which may change meanwhile."""

    def __init__(self, content: Mapping[str, bytes], credentials: str | None = None) -> None:
        self.content = content
        super().__init__(self._found, credentials=credentials)

    @property
    def url(self) -> str:
        """Where the lists are published."""
        return self.origin + "/lists/"

    @property
    def asked(self) -> list[str]:
        """The paths asked for so far."""
        return [seen.path.removeprefix("/lists/") for seen in self.requests]

    def _found(self, seen: Seen, body: bytes) -> Answer:
        data = self.content.get(seen.path.removeprefix("/lists/"))
        return Answer(404) if data is None else Answer(200, data, "application/octet-stream")
