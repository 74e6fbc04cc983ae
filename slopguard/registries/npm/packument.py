"""An npm packument: parsed just enough to judge, filtered without decoding, rendered full or abbreviated.

Invariants:

* Immutable, and small: what decides about a version is kept, its manifest is read again from the registry's own bytes
  (`Folded`) when it is served (`rewriting`).
* A version whose manifest cannot be read, or that names no tarball, is left out: what cannot be judged cannot be
  installed through us.
* An abbreviated document (`short`) has no dates. No version is younger than its last change, which bounds them all.
* After filtering no dist-tag points to a version that is not there.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Raw, UnsetType

from slopguard.errors import UpstreamError
from slopguard.hashes import proven
from slopguard.model import Existence, Facts, Release
from slopguard.registries import marks
from slopguard.registries.dates import moment
from slopguard.registries.folded import EMPTY, Folded
from slopguard.registries.npm import rewriting
from slopguard.registries.npm.elsewhere import leads_elsewhere
from slopguard.registries.npm.rewriting import Piece
from slopguard.registries.npm.tags import repaired

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


_NUMBER = re.compile(r"[v=]?\d[0-9A-Za-z.+_-]{0,255}", re.ASCII)
"""What may stand for a version: a key of `versions` is the registry's text and goes into the ledger."""
VERSION = 1_100
"""Bytes that a version takes in memory, measured; more than its share of the folded body."""

_TOP = msgspec.json.Decoder(dict[str, Raw])
_RAWS = msgspec.json.Decoder(dict[str, Raw])
_ANY = msgspec.json.Decoder(dict[str, Any])
_ANY_VALUE = msgspec.json.Decoder()
_MANIFEST = msgspec.json.Decoder(_Manifest)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a package.

    Args:
        tarball: the upstream URL. Private to us.
        digests: `algo:hex` of every digest promised for it (`dist.integrity`, `dist.shasum`).
        deprecated: it carries a deprecation notice.
        install_script: installing it runs a script.
        foreign: it requires something by URL, repository or path, which npm would fetch past its registry.
    """

    tarball: str
    digests: frozenset[str] = frozenset()
    deprecated: bool = False
    install_script: bool = False
    foreign: bool = False

    @property
    def hashes(self) -> Mapping[str, frozenset[str]]:
        """Algorithm to the hex digests promised."""
        found: dict[str, frozenset[str]] = {}
        for algo, _, digest in (each.partition(":") for each in self.digests):
            found[algo] = found.get(algo, frozenset()) | {digest}
        return found


@dataclass(frozen=True, slots=True)
class Packument:
    """A package document.

    Args:
        name: as the registry was asked for it.
        versions: by version text, in the registry's order.
        times: `time` as it came: versions, `created`, `modified`, `unpublished`.
        tags: `dist-tags`.
        body: the registry's bytes.
        dropped: how many versions could not be read.
        source: the mark of what the upstream sent (see `registries.marks`).
        mark: the mark of this very document, in which every change shows.
        short: it is the registry's own abbreviated form; of `times` it has `modified` at most.
    """

    name: str
    versions: Mapping[str, Version]
    times: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    body: Folded = EMPTY
    dropped: int = 0
    source: str = ""
    mark: str = ""
    short: bool = False
    _memo: dict[str, Any] = field(init=False, default_factory=dict, repr=False, compare=False)

    def facts(self) -> Facts:
        """What the document says. An unpublished package exists without releases. `asked` is left open."""
        if "facts" not in self._memo:
            last = self.changed if self.short else None
            releases = tuple(
                Release(n, last or moment(self.times.get(n)), v.digests, v.deprecated, v.install_script, v.foreign)
                for n, v in self.versions.items()
            )
            dated = all(release.uploaded for release in releases)
            self._memo["facts"] = Facts(Existence.YES, releases, dated=dated, bounded=self.short)
        facts: Facts = self._memo["facts"]
        return facts

    def without(self, versions: frozenset[str]) -> Self:
        """The document less these versions, their times and the tags that point to them (moved or dropped)."""
        if not versions:
            return self
        kept = {number: v for number, v in self.versions.items() if number not in versions}
        times = {key: when for key, when in self.times.items() if key in kept or key not in versions}
        mark = marks.changed(self.mark, "without", sorted(versions))
        return replace(self, versions=kept, times=times, tags=repaired(self.tags, kept), mark=mark)

    def only(self, files: Mapping[str, frozenset[str]]) -> Self:
        """The document less those of these versions whose tarball has none of the digests named for its version."""
        known = ((number, self.versions.get(number)) for number in files)
        return self.without(frozenset(n for n, v in known if v is not None and not proven(v.digests, files[n])))

    @property
    def changed(self) -> datetime | None:
        """When anything about the package changed last, as the registry says."""
        return moment(self.times.get("modified"))

    @property
    def place(self) -> str:
        """The address of one of its tarballs, `""` if it has none."""
        return next((version.tarball for version in self.versions.values()), "")

    @property
    def weight(self) -> int:
        """Bytes that it takes in memory, about."""
        return self.body.weight + VERSION * len(self.versions)

    def file(self, filename: str) -> Version | None:
        """The version whose tarball has this name: ours (`tarball_name`) or the upstream's own."""
        number = self.version_of(filename)
        return self.versions[number] if number is not None else None

    def version_of(self, filename: str) -> str | None:
        """The version text a tarball belongs to, `None` if the document has none of that name."""
        number = filename[len(self.name.rpartition("/")[2]) + 1 : -len(".tgz")]
        if number in self.versions and tarball_name(self.name, number) == filename:
            return number
        if "files" not in self._memo:
            named = ((version.tarball.rpartition("/")[2], number) for number, version in self.versions.items())
            self._memo["files"] = dict(reversed(list(named)))
        theirs: str | None = self._memo["files"].get(filename)
        return theirs

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
        return replace(self, times={**self.times, **found}, mark=marks.together("dated", (self.mark, other.mark)))

    def render(self, address: Callable[[str], str], *, corgi: bool = False) -> bytes:
        """The document as a client reads it; slow where it is large.

        Args:
            address: gives the URL on the gate for a tarball name.
            corgi: the abbreviated form (no dates but `modified`), nothing added to what is documented.
        """
        top = _TOP.decode(self.body.unfold())
        raws = _RAWS.decode(top.pop("versions")) if "versions" in top else {}
        head: dict[str, Any] = {} if corgi else {key: raw for key, raw in top.items() if key != "time"}
        head |= {"name": top.get("name", self.name), "dist-tags": self.tags}
        if not corgi and self.times:
            head["time"] = self.times
        modified = self.times.get("modified") or top.get("modified")
        if corgi and modified:
            head["modified"] = modified
        shorten = corgi and not self.short
        listed = (
            (number, _rewritten(raws[number], version, address(tarball_name(self.name, number)), corgi=shorten))
            for number, version in self.versions.items()
        )
        return rewriting.assembled(head, listed)

    def to_json(self, base: str, *, abbreviated: bool = False) -> bytes:
        """The document with its tarballs at `<base><name>/-/<file>`, the conventional place on a registry."""
        return self.render(
            lambda filename: f"{base}{quote(self.name, safe='@/')}/-/{quote(filename)}", corgi=abbreviated
        )

    def manifest(self, version: str, address: Callable[[str], str]) -> bytes | None:
        """One version's manifest (`GET /name/1.2.3` or `/name/tag`), its tarball on the gate; `None` if not there."""
        number = self.tags.get(version, version)
        found = self.versions.get(number)
        if found is None:
            return None
        raw = _RAWS.decode(_TOP.decode(self.body.unfold())["versions"])[number]
        return b"".join(rewriting.full(raw, found.tarball, address(tarball_name(self.name, number))))


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


def parse_packument(name: str, body: bytes, source: str | None = None, *, short: bool = False) -> Packument:
    """The packument in `body`; safe in any thread.

    Args:
        source: the mark of address and bytes, if it is known already.
        short: it is the abbreviated form.

    Raises:
        UpstreamError: not a JSON object that is a package document.
    """
    try:
        top = _TOP.decode(body)
        times = _mapping(top.pop("time", None))
        if short:
            times = {"modified": _ANY_VALUE.decode(top["modified"])} if "modified" in top else {}
        tags = {tag: to for tag, to in _mapping(top.pop("dist-tags", None)).items() if isinstance(to, str)}
        raws = _RAWS.decode(top.pop("versions")) if "versions" in top else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamError("the registry answered with a package document that is broken") from None
    if not raws and not times and "name" not in top and "_id" not in top:
        raise UpstreamError("the registry answered with something that is not a package document")
    versions = {n: version for n, raw in raws.items() if _NUMBER.fullmatch(n) and (version := _version(raw))}
    source = marks.source("", body) if source is None else source
    mark = marks.changed(source, "read short" if short else "read", (name,))
    dropped = len(raws) - len(versions)
    found = Packument(name, versions, times, repaired(tags, versions), Folded(body), dropped, source, mark, short)
    found.facts()  # here and now, as this may be another thread than the one that asks
    return found


def _mapping(raw: Raw | None) -> dict[str, Any]:
    return _ANY.decode(raw) if raw is not None and bytes(raw) != b"null" else {}


def _version(raw: Raw) -> Version | None:
    try:
        manifest = _MANIFEST.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    scripts = manifest.scripts if isinstance(manifest.scripts, dict) else {}
    return Version(
        tarball=manifest.dist.tarball,
        digests=_digests(manifest.dist),
        deprecated=manifest.deprecated not in (None, False, ""),
        install_script=manifest.has_install_script is True or not SCRIPTS.isdisjoint(scripts),
        foreign=any(
            leads_elsewhere(table)
            for table in (manifest.dependencies, manifest.optional_dependencies, manifest.peer_dependencies)
        ),
    )


def _digests(dist: _Dist) -> frozenset[str]:
    found = [f"{algo}:{digest}" for algo, digest in _integrity(dist.integrity)]
    if isinstance(dist.shasum, str) and len(dist.shasum) == 40:
        found.append(f"sha1:{dist.shasum.lower()}")
    return frozenset(found)


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
    mine, theirs = one.hashes, other.hashes
    shared = (mine.keys() & theirs.keys()) - {"sha1"}
    return bool(shared) and all(mine[algo] == theirs[algo] for algo in shared)


def _rewritten(raw: Raw, version: Version, address: str, *, corgi: bool) -> Sequence[Piece]:
    if corgi:
        return rewriting.short(raw, version.tarball, address, scripted=version.install_script)
    return rewriting.full(raw, version.tarball, address)
