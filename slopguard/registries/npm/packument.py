"""An npm packument: parsed just enough to judge, filtered without decoding, rendered full or abbreviated.

Invariants:

* Immutable. A version's manifest stays the registry's own bytes (`msgspec.Raw`); only `dist.tarball` is rewritten,
  so `integrity`, `shasum` and `signatures` reach the client untouched.
* A version whose manifest cannot be read, or that names no tarball, is left out: what cannot be judged cannot be
  installed through us.
* After filtering no dist-tag points to a version that is not there.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Raw, UnsetType

from slopguard.errors import UpstreamError
from slopguard.hashes import proven
from slopguard.model import Existence, Facts, Release
from slopguard.registries.dates import moment
from slopguard.registries.npm import semver
from slopguard.registries.npm.elsewhere import leads_elsewhere

CORGI_TYPE = "application/vnd.npm.install-v1+json"
FULL_TYPE = "application/json"
SCRIPTS = frozenset({"preinstall", "install", "postinstall"})
"""The scripts that run on an installing machine."""
_SRI = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
"""Digest lengths of W3C subresource integrity, and npm's older sha1."""


class _Dist(msgspec.Struct):
    tarball: str
    integrity: Any = None
    shasum: Any = None


class _Manifest(msgspec.Struct, rename="camel"):
    dist: _Dist
    deprecated: Any = None
    has_install_script: Any = None
    scripts: Any = None
    dependencies: Raw | UnsetType = UNSET
    optional_dependencies: Raw | UnsetType = UNSET
    peer_dependencies: Raw | UnsetType = UNSET


class _Abbreviated(msgspec.Struct, omit_defaults=True, rename="camel"):
    """The fields of the abbreviated form, as the registry documents them; nothing else."""

    name: Raw | UnsetType = UNSET
    version: Raw | UnsetType = UNSET
    deprecated: Raw | UnsetType = UNSET
    dependencies: Raw | UnsetType = UNSET
    optional_dependencies: Raw | UnsetType = UNSET
    dev_dependencies: Raw | UnsetType = UNSET
    bundle_dependencies: Raw | UnsetType = UNSET
    bundled_dependencies: Raw | UnsetType = UNSET
    peer_dependencies: Raw | UnsetType = UNSET
    peer_dependencies_meta: Raw | UnsetType = UNSET
    accept_dependencies: Raw | UnsetType = UNSET
    bin: Raw | UnsetType = UNSET
    directories: Raw | UnsetType = UNSET
    dist: Raw | UnsetType = UNSET
    engines: Raw | UnsetType = UNSET
    cpu: Raw | UnsetType = UNSET
    os: Raw | UnsetType = UNSET
    libc: Raw | UnsetType = UNSET
    funding: Raw | UnsetType = UNSET
    _has_shrinkwrap: Raw | UnsetType = UNSET
    has_install_script: Raw | bool | UnsetType = UNSET


_NUMBER = re.compile(r"[v=]?\d[0-9A-Za-z.+_-]{0,255}", re.ASCII)
"""What may stand for a version: a key of `versions` is the registry's text and goes into the ledger."""
REPAIRED = 100
"""Dangling tags that are given another version; the rest go (some packages have thousands)."""

_TOP = msgspec.json.Decoder(dict[str, Raw])
_RAWS = msgspec.json.Decoder(dict[str, Raw])
_SHRUNK = re.compile(rb'hrinkwrap"\s*:\s*t|\\u')
_ANY = msgspec.json.Decoder(dict[str, Any])
_MANIFEST = msgspec.json.Decoder(_Manifest)
_ABBREVIATED = msgspec.json.Decoder(_Abbreviated)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a package.

    Args:
        raw: its manifest, the registry's bytes.
        tarball: the upstream URL. Private to us.
        hashes: algorithm to the hex digests promised for it (`dist.integrity`, `dist.shasum`).
        deprecated: it carries a deprecation notice.
        install_script: installing it runs a script.
        foreign: it requires something by URL, repository or path, which npm would fetch past its registry.
    """

    raw: Raw
    tarball: str
    hashes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    deprecated: bool = False
    install_script: bool = False
    foreign: bool = False

    @property
    def digests(self) -> frozenset[str]:
        """`algo:hex` of every promised digest."""
        return frozenset(f"{algo}:{digest}" for algo, found in self.hashes.items() for digest in found)


@dataclass(frozen=True, slots=True)
class Packument:
    """A package document.

    Args:
        name: as the registry was asked for it.
        versions: by version text, in the registry's order.
        times: `time` as it came: versions, `created`, `modified`, `unpublished`.
        tags: `dist-tags`.
        rest: every other top-level key, undecoded.
        dropped: how many versions could not be read.
    """

    name: str
    versions: Mapping[str, Version]
    times: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    rest: Mapping[str, Raw] = field(default_factory=dict)
    dropped: int = 0

    def facts(self) -> Facts:
        """What the document says. An unpublished package exists without releases. `asked` is left open."""
        releases = tuple(
            Release(number, moment(self.times.get(number)), v.digests, v.deprecated, v.install_script, v.foreign)
            for number, v in self.versions.items()
        )
        return Facts(Existence.YES, releases, dated=all(release.uploaded for release in releases))

    def without(self, versions: frozenset[str]) -> Self:
        """The document less these versions, their times and the tags that point to them (moved or dropped)."""
        kept = {number: v for number, v in self.versions.items() if number not in versions}
        times = {key: when for key, when in self.times.items() if key in kept or key not in versions}
        return replace(self, versions=kept, times=times, tags=repaired(self.tags, kept))

    def only(self, files: Mapping[str, frozenset[str]]) -> Self:
        """The document less those of these versions whose tarball has none of the digests named for its version."""
        known = ((number, self.versions.get(number)) for number in files)
        return self.without(frozenset(n for n, v in known if v is not None and not proven(v.digests, files[n])))

    def file(self, filename: str) -> Version | None:
        """The version whose tarball has this name: ours (`tarball_name`) or the upstream's own."""
        number = self.version_of(filename)
        return self.versions[number] if number is not None else None

    def version_of(self, filename: str) -> str | None:
        """The version text a tarball belongs to, `None` if the document has none of that name."""
        for number in self.versions:
            if tarball_name(self.name, number) == filename:
                return number
        return next((n for n, v in self.versions.items() if v.tarball.rpartition("/")[2] == filename), None)

    def dated_by(self, other: Packument) -> Self:
        """This document with the times of the same versions (same strong digest) taken from `other`."""
        found = {
            number: other.times[number]
            for number, version in self.versions.items()
            if moment(self.times.get(number)) is None
            and moment(other.times.get(number)) is not None
            and number in other.versions
            and _same_bytes(version, other.versions[number])
        }
        return replace(self, times={**self.times, **found})

    def render(self, address: Callable[[str], str], *, corgi: bool = False) -> bytes:
        """The document as a client reads it.

        Args:
            address: gives the URL on the gate for a tarball name.
            corgi: the abbreviated form (no dates but `modified`), nothing added to what is documented.
        """
        versions = {
            number: _rewritten(version, address(tarball_name(self.name, number)), corgi)
            for number, version in self.versions.items()
        }
        document: dict[str, Any] = {} if corgi else dict(self.rest)
        document |= {"name": self.rest.get("name", self.name), "dist-tags": self.tags, "versions": versions}
        if not corgi and self.times:
            document["time"] = self.times
        modified = self.times.get("modified") or self.rest.get("modified")
        if corgi and modified:
            document["modified"] = modified
        return msgspec.json.encode(document)

    def to_json(self, base: str, *, abbreviated: bool = False) -> bytes:
        """The document with its tarballs at `<base><name>/-/<file>`, the conventional place on a registry."""
        return self.render(
            lambda filename: f"{base}{quote(self.name, safe='@/')}/-/{quote(filename)}", corgi=abbreviated
        )

    def manifest(self, version: str, address: Callable[[str], str]) -> bytes | None:
        """One version's manifest (`GET /name/1.2.3` or `/name/tag`), its tarball on the gate; `None` if not there."""
        number = self.tags.get(version, version)
        found = self.versions.get(number)
        return bytes(_rewritten(found, address(tarball_name(self.name, number)), False)) if found else None


def tarball_name(name: str, version: str) -> str:
    """The conventional file name of a version's tarball: the name without its scope, a dash, the version."""
    return f"{name.rpartition('/')[2]}-{version}.tgz"


def wants_corgi(accept: str | None) -> bool:
    """Whether an `Accept` header asks for the abbreviated form: it is named there and not refused (`q=0`)."""
    for part in (accept or "").split(","):
        kind, _, parameters = part.partition(";")
        if kind.strip().lower() == CORGI_TYPE:
            return parameters.replace(" ", "") not in ("q=0", "q=0.0")
    return False


def parse_packument(name: str, body: bytes) -> Packument:
    """The packument in `body`.

    Raises:
        UpstreamError: not a JSON object that is a package document.
    """
    try:
        top = _TOP.decode(body)
        times = _mapping(top.pop("time", None))
        tags = {tag: to for tag, to in _mapping(top.pop("dist-tags", None)).items() if isinstance(to, str)}
        raws = _RAWS.decode(top.pop("versions")) if "versions" in top else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamError("the registry answered with a package document that is broken") from None
    if not raws and not times and "name" not in top and "_id" not in top:
        raise UpstreamError("the registry answered with something that is not a package document")
    versions = {n: version for n, raw in raws.items() if _NUMBER.fullmatch(n) and (version := _version(raw))}
    return Packument(name, versions, times, repaired(tags, versions), top, len(raws) - len(versions))


def repaired(tags: Mapping[str, str], versions: Mapping[str, Version]) -> dict[str, str]:
    """The dist-tags with none dangling: each steps back to the best version left below the one it named, or goes.

    `latest` steps back to the highest release below, failing that the highest release, failing that the highest
    version of all; any other tag stays within its major version and pre-release channel. Deprecated versions come last.
    """
    dangling = sorted((tag for tag, to in tags.items() if to not in versions), key=lambda tag: tag != "latest")
    if not dangling:
        return dict(tags)
    known = {number: parsed for number in versions if (parsed := semver.parse(number))}
    moved = {tag: _step_back(tag, tags[tag], versions, known) for tag in dangling[:REPAIRED]}
    return {tag: kept for tag, to in tags.items() if (kept := to if to in versions else moved.get(tag)) is not None}


def _step_back(
    tag: str, former: str, versions: Mapping[str, Version], known: Mapping[str, semver.SemVer]
) -> str | None:
    was = semver.parse(former)
    below = {number: v for number, v in known.items() if was is None or v.key < was.key}
    choices: tuple[Mapping[str, semver.SemVer], ...] = ()
    if tag == "latest":
        choices = (_releases(below), _releases(known), known)
    elif was is not None:
        choices = ({n: v for n, v in below.items() if v.channel == was.channel and _near(v, was)},)
    pool = next((choice for choice in choices if choice), {})
    return max(pool, key=lambda number: (not versions[number].deprecated, pool[number].key), default=None)


def _releases(versions: Mapping[str, semver.SemVer]) -> dict[str, semver.SemVer]:
    return {number: v for number, v in versions.items() if not v.pre}


def _near(version: semver.SemVer, was: semver.SemVer) -> bool:
    """A release tag such as `latest-4` must not cross its major version; a channel such as `next` may."""
    return bool(was.pre) or version.numbers[0] == was.numbers[0]


def _mapping(raw: Raw | None) -> dict[str, Any]:
    return _ANY.decode(raw) if raw is not None and bytes(raw) != b"null" else {}


def _version(raw: Raw) -> Version | None:
    try:
        manifest = _MANIFEST.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    scripts = manifest.scripts if isinstance(manifest.scripts, dict) else {}
    return Version(
        raw=raw,
        tarball=manifest.dist.tarball,
        hashes=_digests(manifest.dist),
        deprecated=manifest.deprecated not in (None, False, ""),
        install_script=manifest.has_install_script is True or not SCRIPTS.isdisjoint(scripts),
        foreign=any(
            leads_elsewhere(table)
            for table in (manifest.dependencies, manifest.optional_dependencies, manifest.peer_dependencies)
        ),
    )


def _digests(dist: _Dist) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    if isinstance(dist.shasum, str) and len(dist.shasum) == 40:
        found["sha1"] = {dist.shasum.lower()}
    for algo, digest in _integrity(dist.integrity):
        found.setdefault(algo, set()).add(digest)
    return {algo: frozenset(digests) for algo, digests in found.items()}


def _integrity(said: object) -> Iterator[tuple[str, str]]:
    for token in said.split() if isinstance(said, str) else ():
        algo, _, encoded = token.partition("?")[0].partition("-")
        try:
            digest = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            continue
        if len(digest) == _SRI.get(algo):
            yield algo, digest.hex()


def _same_bytes(one: Version, other: Version) -> bool:
    shared = (one.hashes.keys() & other.hashes.keys()) - {"sha1"}
    return bool(shared) and all(one.hashes[algo] == other.hashes[algo] for algo in shared)


def _rewritten(version: Version, address: str, corgi: bool) -> Raw:
    raw = bytes(version.raw)
    old, new = msgspec.json.encode(version.tarball), msgspec.json.encode(address)
    if raw.count(old) != 1 or _SHRUNK.search(raw):  # escaped, or a second time elsewhere: the slow, exact way
        manifest = _ANY.decode(raw)
        manifest.pop("_hasShrinkwrap", None)  # npm to 11 takes from its tarball where to fetch what it requires
        manifest["dist"]["tarball"] = address
        raw = msgspec.json.encode(manifest)
    else:
        raw = raw.replace(old, new)
    if not corgi:
        return Raw(raw)
    short = _ABBREVIATED.decode(raw)
    if version.install_script:
        short.has_install_script = True
    return Raw(msgspec.json.encode(short))
