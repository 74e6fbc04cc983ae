"""Bills of materials: CycloneDX 1.4 to 1.7, SPDX 2.2 to 3.0, as JSON.

Components are known by their package URL (purl-spec); one without any, or of another ecosystem, is counted in
`Reading.skipped`. What the document is about (CycloneDX `metadata.component`) is no dependency. Invariants: whatever
the text, only `InputError` is raised; a component that claims to be of PyPI or npm is a sighting however odd its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from slopguard.errors import InputError
from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, Table, json_object, string, table, tables

_PURL = regex(r"(?i:pkg):/{0,2}(?P<type>[A-Za-z0-9.+-]+)/+(?P<path>[^?#]+)(?:\?(?P<more>[^#]*))?(?:#.*)?", re.DOTALL)
_CDX_VERSION = regex(r"1\.\d+")
_SPDX_VERSION = regex(r"SPDX-2\.\d+")
_HEX = regex(r"[0-9a-f]{32,128}")
_KNOWN = frozenset(ecosystem.value for ecosystem in Ecosystem)
_ALGORITHMS = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True)
class Purl:
    """A package URL, taken apart; parts are decoded.

    Args:
        type: in small letters: `pypi`, `npm`, `deb` ...
        name: with the namespace, if there is one, and `/` before it.
        version: empty for none.
        qualifiers: what follows the `?`.
    """

    type: str
    name: str
    version: str
    qualifiers: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Purl | None:
        """The package URL that `text` is, if any; a bare `@` before an npm scope is taken too."""
        found = _PURL.fullmatch(text.strip())
        namespace, slash, last = found["path"].strip("/").rpartition("/") if found else ("", "", "")
        if found is None or not last:
            return None
        at = last.rfind("@", 1)
        name, version = (last[:at], last[at + 1 :]) if at > 0 else (last, "")
        pairs = (pair.partition("=") for pair in (found["more"] or "").split("&"))
        qualifiers = {key.lower(): unquote(value) for key, _, value in pairs if key and value}
        return cls(found["type"].lower(), unquote(namespace + slash + name), unquote(version), qualifiers)

    @property
    def source(self) -> Source:
        """Where it comes from, as far as it says so."""
        for key in ("vcs_url", "download_url"):
            if url := self.qualifiers.get(key):
                return places.url_source(url)
        if index := self.qualifiers.get("repository_url"):
            url = index if "://" in index else f"https://{index}"
            return Source(SourceKind.REGISTRY, places.clean(url), trusted=False)
        return REGISTRY


@dataclass(frozen=True, slots=True)
class _Component:
    """A component of either format: its package URL, the version beside it, its digests."""

    purl: str
    version: str = ""
    digests: frozenset[str] = frozenset()


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a bill of materials.

    Raises:
        InputError: it is no JSON object, or is in no format that is read.
    """
    text = load(path)
    document = json_object(text, path)
    lines = Lines(text)
    sightings: list[Sighting] = []
    skipped = 0
    for component in _components(document, path):
        purl = Purl.parse(component.purl)
        if purl is None or purl.type not in _KNOWN:
            skipped += 1
        else:
            location = Location(str(path), lines.following(component.purl))
            sightings.append(_sighting(purl, component, location))
    return Reading(path, tuple(sightings), locked=True, skipped=skipped)


def _components(document: Table, path: Path) -> Iterator[_Component]:
    """The components of a document.

    Raises:
        InputError: it is in no format that is read.
    """
    if document.get("bomFormat") == "CycloneDX" and _CDX_VERSION.fullmatch(string(document.get("specVersion"))):
        return _cyclonedx(document)
    if _SPDX_VERSION.fullmatch(string(document.get("spdxVersion"))):
        return _spdx_2(document)
    if isinstance(document.get("@graph"), list) and "spdx.org" in str(document.get("@context")):
        return _spdx_3(document)
    raise InputError(f"{path}: neither CycloneDX 1.x nor SPDX 2.x or 3 in JSON")


def _sighting(purl: Purl, component: _Component, location: Location) -> Sighting:
    return Sighting(
        Ecosystem(purl.type),
        purl.name,
        version=purl.version or component.version or None,
        digests=component.digests,
        source=purl.source,
        location=location,
    )


def _cyclonedx(document: Table) -> Iterator[_Component]:
    """CycloneDX: components may hold components."""
    waiting = [iter(tables(document.get("components")))]
    while waiting:
        raw = next(waiting[-1], None)
        if raw is None:
            waiting.pop()
            continue
        hashes = ((string(each.get("alg")), string(each.get("content"))) for each in tables(raw.get("hashes")))
        yield _Component(string(raw.get("purl")), string(raw.get("version")), _digests(hashes))
        waiting.append(iter(tables(raw.get("components"))))


def _spdx_2(document: Table) -> Iterator[_Component]:
    """SPDX 2: packages, known by external references."""
    for raw in tables(document.get("packages")):
        purls = (
            string(each.get("referenceLocator"))
            for each in tables(raw.get("externalRefs"))
            if string(each.get("referenceType")).rpartition("/")[2] == "purl"
        )
        sums = (
            (string(each.get("algorithm")), string(each.get("checksumValue"))) for each in tables(raw.get("checksums"))
        )
        yield _Component(next(purls, ""), string(raw.get("versionInfo")), _digests(sums))


def _spdx_3(document: Table) -> Iterator[_Component]:
    """SPDX 3 (JSON-LD): elements of one flat graph that may name each other."""
    graph = tables(document.get("@graph"))
    named = {string(each.get("spdxId")) or string(each.get("@id")): each for each in graph}
    for raw in graph:
        if string(raw.get("type")).rpartition("/")[2].replace("software_", "") != "Package":
            continue
        proofs = raw.get("verifiedUsing")
        found = [table(named.get(each) if isinstance(each, str) else each) for each in _list(proofs)]
        hashes = ((string(each.get("algorithm")), string(each.get("hashValue"))) for each in found)
        version = string(raw.get("software_packageVersion")) or string(raw.get("packageVersion"))
        yield _Component(_purl_of(raw, named), version, _digests(hashes))


def _purl_of(raw: Table, named: Mapping[str, Table]) -> str:
    direct = string(raw.get("software_packageUrl")) or string(raw.get("packageUrl"))
    others = [
        table(named.get(each) if isinstance(each, str) else each) for each in _list(raw.get("externalIdentifier"))
    ]
    purls = (string(o.get("identifier")) for o in others if string(o.get("externalIdentifierType")) == "packageUrl")
    return direct or next(purls, "")


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _digests(pairs: Iterator[tuple[str, str]]) -> frozenset[str]:
    """Digests as `algo:hex`; an algorithm is `SHA-256`, `SHA256` or `sha256`. Others say nothing here."""
    found = ((name.lower().replace("-", ""), value.lower()) for name, value in pairs)
    return frozenset(f"{name}:{value}" for name, value in found if name in _ALGORITHMS and _HEX.fullmatch(value))
