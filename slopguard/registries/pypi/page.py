"""A PyPI project page between parser and renderer.

Invariants:

* Immutable. Upstream URLs and hashes are kept here and never rendered; the client sees relative URLs only.
* Every file has a version, because only files whose name an installer would accept for this project are kept: what
  cannot be judged cannot be installed through us. `dropped` counts the rest.
* Equal versions (`1.0`, `1.0.0`) are one release, under the text that the page uses first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from packaging.version import Version

from slopguard.hashes import STRONG, proven, told_apart
from slopguard.model import Existence, Facts, Release
from slopguard.registries import marks
from slopguard.registries.pypi.filenames import is_wheel, parse_version, version_of

HASHES = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")
"""The algorithms that installers check, strongest first."""
FILE = 1_600
"""Bytes that a file of a page takes in memory, measured."""
STATUSES = frozenset({"active", "archived", "quarantined", "deprecated"})


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of a page.

    Args:
        filename: decoded.
        url: absolute upstream URL, no fragment, no credentials. Private to us.
        hashes: algorithm to lower-case hex digest (PEP 503 fragment, PEP 691).
        version: the release it belongs to, as `ProjectPage` spells it.
        requires_python: PEP 503 `data-requires-python`, passed on as it stands.
        size: bytes (PEP 700).
        uploaded: PEP 700 `upload-time`, `None` if unknown; `upload_time` is its text as it came.
        yanked: PEP 592: `False`, `True`, or the reason.
        core_metadata: PEP 658/714: `None` if the page does not say, `False`, `True`, or the metadata file's hashes.
        gpg_sig: PEP 503 `data-gpg-sig`.
        provenance: PEP 740 URL, passed on.
    """

    filename: str
    url: str
    version: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    requires_python: str | None = None
    size: int | None = None
    uploaded: datetime | None = None
    upload_time: str | None = None
    yanked: bool | str = False
    core_metadata: bool | Mapping[str, str] | None = None
    gpg_sig: bool | None = None
    provenance: str | None = None

    @property
    def digests(self) -> frozenset[str]:
        """`algo:hex` of every hash the page promises."""
        return frozenset(f"{algo}:{digest}" for algo, digest in self.hashes.items())

    def same_bytes(self, other: PageFile) -> bool:
        """Whether name and strong hashes prove that both are the same file."""
        shared = STRONG & self.hashes.keys() & other.hashes.keys()
        return (
            self.filename == other.filename and bool(shared) and all(self.hashes[a] == other.hashes[a] for a in shared)
        )


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """A project's page: its files in index order, and what the page says about the project.

    Args:
        name: normalised (PEP 503).
        files: every installable file.
        api_version: what the upstream speaks; `1.0` for HTML without a version.
        listed: whether the upstream page had PEP 700 `versions`.
        status: PEP 792 `project-status` as it came (`status`, `reason`).
        meta: further `meta` keys passed on (PEP 708 `tracks`, ...).
        alternate_locations: PEP 708, passed on.
        dropped: how many entries were left out because no installer would take them for this project.
        source: the mark of what the upstream sent (see `registries.marks`).
        mark: the mark of this very page, in which every change shows.
    """

    name: str
    files: tuple[PageFile, ...] = ()
    api_version: str = "1.0"
    listed: bool = False
    status: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    alternate_locations: tuple[str, ...] = ()
    dropped: int = 0
    source: str = ""
    mark: str = ""
    _memo: dict[str, Any] = field(init=False, default_factory=dict, repr=False, compare=False)

    def facts(self) -> Facts:
        """What the page says; `dated` is false when any release on it has no upload time. `asked` is left open."""
        if "facts" not in self._memo:
            self._memo["facts"] = self._facts()
        facts: Facts = self._memo["facts"]
        return facts

    def _facts(self) -> Facts:
        groups: dict[str, list[PageFile]] = {}
        for file in self.files:
            groups.setdefault(file.version, []).append(file)
        releases = tuple(_release(version, files) for version, files in groups.items())
        status = self.status.get("status", "active")
        return Facts(
            existence=Existence.YES,
            releases=releases,
            status=status if status in STATUSES else "active",
            dated=all(release.uploaded for release in releases),
        )

    def without(self, versions: frozenset[str]) -> Self:
        """The page less every file of these versions; equal versions in another spelling go too."""
        if not versions:
            return self
        gone = {parse_version(version) or version for version in versions}
        kept = tuple(f for f in self.files if f.version not in versions and parse_version(f.version) not in gone)
        return replace(self, files=kept, mark=marks.changed(self.mark, "without", sorted(versions)))

    def only(self, files: Mapping[str, frozenset[str]]) -> Self:
        """The page less every file of these versions that has none of the digests named for its version."""
        if not files:
            return self
        limits = {parse_version(version) or version: digests for version, digests in files.items()}
        wanted = ((f, limits.get(parse_version(f.version) or f.version)) for f in self.files)
        kept = tuple(f for f, held in wanted if held is None or proven(f.digests, held))
        named = (text for version in sorted(files) for text in (version, *sorted(files[version]), ""))
        return replace(self, files=kept, mark=marks.changed(self.mark, "only", named))

    def plus(self, files: Iterable[PageFile]) -> Self:
        """The page with these files added at the end (a tombstone, say)."""
        return replace(self, files=(*self.files, *files), mark="")

    def file(self, filename: str) -> PageFile | None:
        """The file of this name, if the page lists it."""
        if "files" not in self._memo:
            self._memo["files"] = {file.filename: file for file in reversed(self.files)}
        found: PageFile | None = self._memo["files"].get(filename)
        return found

    def version_of(self, filename: str) -> str | None:
        """The version a file (or its `.metadata`) belongs to, `None` if the page does not list it."""
        found = self.file(filename) or self.file(filename.removesuffix(".metadata"))
        return found.version if found else None

    @property
    def weight(self) -> int:
        """Bytes that it takes in memory, about."""
        return FILE * len(self.files)

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version listed, in index order."""
        return tuple(dict.fromkeys(file.version for file in self.files))

    def dated_by(self, other: ProjectPage) -> Self:
        """This page with upload times of the same files (same name, same strong hash) taken from `other`."""
        known = {file.filename: file for file in other.files if file.uploaded}
        files = tuple(_dated(file, known.get(file.filename)) for file in self.files)
        return replace(self, files=files, mark=marks.together("dated", (self.mark, other.mark)))


class Spelling:
    """The one text for each version of a page: equal versions get the text that came first.

    Args:
        project: the normalised name that files must be for.
    """

    def __init__(self, project: str) -> None:
        self._project = project
        self._texts: dict[Version, str] = {}

    def of(self, filename: str) -> str | None:
        """The version a file belongs to, `None` if no installer would take it for this project."""
        version = version_of(filename, self._project)
        if version is None:
            return None
        known = self._texts.get(version)
        if known is None:
            known = self._texts[version] = str(version)
        return known


def build(name: str, entries: Iterable[PageFile | None], **about: Any) -> ProjectPage:
    """A page of the entries that are files; the others are counted."""
    found = list(entries)
    files = tuple(entry for entry in found if entry is not None)
    return ProjectPage(name=name, files=files, dropped=len(found) - len(files), **about)


def _release(version: str, files: list[PageFile]) -> Release:
    return Release(
        version=version,
        uploaded=min((f.uploaded for f in files if f.uploaded), default=None),
        digests=told_apart(f.digests for f in files),
        yanked=all(f.yanked is not False for f in files),
        install_script=not any(is_wheel(f.filename) for f in files),
    )


def _dated(file: PageFile, other: PageFile | None) -> PageFile:
    if file.uploaded or other is None or not file.same_bytes(other):
        return file
    return replace(file, uploaded=other.uploaded, upload_time=other.upload_time)
