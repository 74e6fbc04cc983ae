"""What a person let through on this account (`slopguard allow`): signed, one file a package, read only when asked for.

A file holds envelopes (DSSE); the payload of each is JSON with the fields of `Release`. Invariants: a release counts
only if a key that approves on this account signed it, for this very package, for at most `LONGEST`, and as long as
it lasts; whatever is wrong with a file or an envelope can only lose a release, never widen one, and is never an error
on the way to a verdict. Where nothing was ever released, asking costs one question to the file system and imports
nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from slopguard.config import private
from slopguard.errors import SlopguardError, UsageError
from slopguard.hashes import STRONG
from slopguard.model import Ecosystem

if TYPE_CHECKING:
    from slopguard.signing.keys import PublicKey

SCHEMA = "slopguard/release/1"
FOLDER = "released"
LONGEST = timedelta(days=90)
"""How long a release may last."""
SKEW = timedelta(minutes=5)
"""How far in the future a release may have been given: clocks differ."""
MOST_BYTES = 1 << 20
MOST_HASHES = 2000
DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Hexadecimal digits of the digests that identify a file."""
VERSION = re.compile(r"[0-9A-Za-z.!+_-]{1,128}")
"""What a version may be made of, in either ecosystem."""
_HEX = re.compile(r"[0-9a-f]+")
_SAFE = " !#$&'()*+,-./:<=>?@[]^_`{|}~"


def strong(digest: str) -> bool:
    """Whether a text is a digest that identifies a file, and nothing else."""
    algorithm, _, digits = digest.partition(":")
    return algorithm in STRONG and len(digits) == DIGITS[algorithm] and _HEX.fullmatch(digits) is not None


@dataclass(frozen=True, slots=True)
class Release:
    """One release, as it is signed.

    Args:
        name: normalised.
        version: the one version it is about; `None` for the name.
        hashes: digests of that version's files; none for a name.
        why: the person's reason.
        added: when it was given (UTC).
        until: when it ends (UTC).
        by: the key it was given with.
    """

    ecosystem: Ecosystem
    name: str
    version: str | None
    hashes: tuple[str, ...]
    why: str
    added: datetime
    until: datetime
    by: str

    def payload(self) -> bytes:
        """The bytes to sign."""
        times = {"added": self.added.isoformat(), "until": self.until.isoformat()}
        fields = asdict(self) | {"ecosystem": self.ecosystem.value, "schema": SCHEMA} | times
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def of(cls, payload: bytes) -> Release:
        """Read such bytes.

        Raises:
            ValueError: they are not what they must be; `str` says what is wrong.
        """
        fields = _object(payload)
        if fields.pop("schema", None) != SCHEMA or fields.keys() != set(cls.__slots__):
            raise ValueError("not written by this version")
        times = {key: _moment(fields.pop(key)) for key in ("added", "until")}
        hashes, texts = fields.pop("hashes"), [fields[key] for key in ("ecosystem", "name", "why", "by")]
        if not all(isinstance(text, str) for text in texts) or not isinstance(hashes, list):
            raise ValueError("not written by this version")
        release = cls(**{**fields, **times, "ecosystem": Ecosystem(fields["ecosystem"]), "hashes": tuple(hashes)})
        release.check()
        return release

    def check(self) -> None:
        """Make sure that it may be given at all.

        Raises:
            ValueError: it lasts too long, or is bound to a version without digests or the other way round.
        """
        if not timedelta(0) < self.until - self.added <= LONGEST:
            raise ValueError(f"lasts longer than {LONGEST.days} days")
        fine = all(isinstance(digest, str) and strong(digest) for digest in self.hashes)
        if (self.version is None) != (not self.hashes) or not fine or len(self.hashes) > MOST_HASHES:
            raise ValueError("a version without its digests, or digests without a version")
        if self.version is not None and not (isinstance(self.version, str) and VERSION.fullmatch(self.version)):
            raise ValueError("not a version")

    def problem(self, now: datetime) -> str | None:
        """Why it does not count now, `None` if it does."""
        if now >= self.until:
            return "it has ended"
        return "this machine's clock is before it was given" if now + SKEW < self.added else None

    def row(self) -> str:
        """Its row, as `slopguard.lists.rows` reads it."""
        narrow = f"\thashes={';'.join(sorted(self.hashes))}" if self.hashes else ""
        until = f"\tuntil={self.until.astimezone(UTC):%Y-%m-%d}"
        version = f"\tversions={self.version}" if self.version is not None else ""
        owner = f"\towner={quote(self.by, safe=_SAFE)}"
        return f"{self.ecosystem.value}\t{self.name}\trelease{narrow}{until}{version}{owner}"


@dataclass(frozen=True, slots=True)
class Kept:
    """One envelope of a file.

    Args:
        package: `ecosystem:name` as signed; where that cannot be told, as asked for or as the file says.
        envelope: its bytes.
        release: what was signed; `None` if that cannot be told.
        problem: why it does not count, `None` if it does.
    """

    package: str
    envelope: bytes
    release: Release | None
    problem: str | None


def utc_now() -> datetime:
    """The clock, aware UTC."""
    return datetime.now(UTC)


class Released:
    """The releases of one account.

    Args:
        user: the user's settings folder.
        clock: gives aware UTC.
    """

    def __init__(self, user: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self.folder = user / FOLDER
        self._place = str(self.folder)
        self._keys, self._clock = user / "keys", clock

    def rows(self, ecosystem: Ecosystem, name: str) -> list[str]:
        """The rows of the releases that count for a name now."""
        if not os.path.isdir(self._place):  # noqa: PTH112 (asked for every name: a Path costs ten times as much)
            return []
        return [kept.release.row() for kept in self.about(ecosystem, name) if kept.release and not kept.problem]

    def about(self, ecosystem: Ecosystem, name: str) -> list[Kept]:
        """Every release of a name, those that do not count as well."""
        path = self.path(ecosystem, name)
        data = _bytes(path)
        return list(self._kept(data, path, f"{ecosystem.value}:{name}")) if data else []

    def all(self) -> list[Kept]:
        """Every release of the account, by package."""
        try:
            paths = sorted(self.folder.glob("*.json"))
        except OSError:
            return []
        found = (kept for path in paths for kept in self._kept(_bytes(path) or b"", path))
        return sorted(found, key=lambda kept: kept.package)

    def path(self, ecosystem: Ecosystem, name: str) -> Path:
        """The file of a package; its name is a digest, as a name may hold what a file's may not."""
        return self.folder / f"{sha256(f'{ecosystem.value}:{name}'.encode()).hexdigest()[:32]}.json"

    def keep(self, ecosystem: Ecosystem, name: str, envelopes: Sequence[bytes]) -> None:
        """Let these be all the releases of a package; the file goes with the last of them.

        Raises:
            ConfigError: it cannot be written.
            UsageError: they are more than would be read.
        """
        path = self.path(ecosystem, name)
        if not envelopes:
            private.remove(path)
            return
        content = {"package": f"{ecosystem.value}:{name}", "envelopes": [json.loads(one) for one in envelopes]}
        data = json.dumps(content, indent=1).encode() + b"\n"
        if len(data) > MOST_BYTES:
            raise UsageError(
                "too many versions of it were let through", "Take some back: slopguard allow remove NAME==V"
            )
        private.put(path, data)

    def _kept(self, data: bytes, path: Path, package: str = "") -> Iterator[Kept]:
        """The envelopes of a file; a file that is none is one that does not count."""
        try:
            content = _object(data)
            says, envelopes = str(content["package"]), content["envelopes"]
            if not isinstance(envelopes, list):
                raise ValueError("no list")
        except (ValueError, KeyError):
            yield Kept(package or path.name, b"", None, "the file cannot be read")
            return
        keys = self._approving()
        for envelope in envelopes:
            sealed = json.dumps(envelope).encode()
            release, problem = self._read(sealed, keys)
            if release and self.path(release.ecosystem, release.name) != path:
                problem = "it is in the file of another package"
            signed = f"{release.ecosystem.value}:{release.name}" if release else ""
            yield Kept(signed or package or says, sealed, release, problem)

    def _read(self, sealed: bytes, keys: Mapping[str, PublicKey]) -> tuple[Release | None, str | None]:
        """What an envelope says, and why it does not count."""
        from slopguard.signing.envelope import opened

        try:
            release = Release.of(opened(sealed, [key.key for key in keys.values()]))
        except SlopguardError as error:
            return None, str(error)
        except ValueError as why:
            return None, str(why)
        return release, release.problem(self._clock())

    def _approving(self) -> Mapping[str, PublicKey]:
        from slopguard.signing.keys import KeyFolder

        return {key.name: key for key in KeyFolder(self._keys).approving()}


def _bytes(path: Path) -> bytes | None:
    """A file's bytes, `None` where there is none; what is no file, or cannot be read, is no release either."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            return b"?"
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError:
        return b"?"
    return data if len(data) <= MOST_BYTES else b"?"


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError):
        raise ValueError("cannot be read") from None
    if not isinstance(found, dict):
        raise ValueError("cannot be read")
    return found


def _moment(text: object) -> datetime:
    moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    if moment is None or moment.utcoffset() is None:
        raise ValueError("without a time")
    return moment
