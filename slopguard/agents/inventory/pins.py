"""Pinning: the version that may run, written into the client's own file in place of whichever is newest.

Invariants: only the words that name a package change, every other byte of a file stays; what is written reads back as
exactly that one change and is pinned to our own reader, or the file is left alone; a version is taken only if the judge
lets it through now, by what an index said now; a copy that nobody else may read is on disk before a file changes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from slopguard.agents.inventory import files as inventory_files
from slopguard.agents.inventory.finding import Taken
from slopguard.agents.inventory.model import Package, Server
from slopguard.agents.inventory.pin_words import Word, placed, words
from slopguard.agents.inventory.places import Scope
from slopguard.agents.inventory.servers import Found, fetched
from slopguard.check.ranges import excluded
from slopguard.config import Settings
from slopguard.errors import ConfigError, InputError
from slopguard.guard.enabling import files
from slopguard.judge import Judge
from slopguard.model import Door, Ecosystem, Existence, Release, Request, SourceKind, Verdict
from slopguard.readers.text import Table
from slopguard.versions import Semver, pep440

BACKUPS = "backups"
"""The folder in SLOPGUARD_HOME that holds files as they were."""
_MOST_PLACES = 200
"""How often a word may stand in a file before it is left alone."""
_SCRIPTS = ("crushrc", ".crushrc")


@dataclass(frozen=True, slots=True)
class Pin:
    """One word of a file: what stands there and what will; both name a package and a version, nothing else."""

    server: Server
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Left:
    """An unpinned package that stays as it is; `why` are fixed words."""

    server: Server
    package: Package
    why: str


@dataclass(slots=True)
class Rewrite:
    """A file, what it holds now and what it will hold."""

    path: Path
    before: bytes
    after: bytes
    pins: list[Pin] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """What pinning would change, and what it would leave."""

    rewrites: tuple[Rewrite, ...] = ()
    left: tuple[Left, ...] = ()


def plan(taken: Taken, settings: Settings, command: str) -> Plan:
    """What is to be written where; nothing is changed.

    Raises:
        StoreError: a verdict cannot be recorded.
    """
    open_files: dict[Path, _File | str] = {}
    left: list[Left] = []
    chosen: list[Verdict] = []
    with Judge.open(settings) as judge:
        for each, at in _unpinned(taken):
            why = _closed(each) or _pin(each, at, open_files, judge, chosen)
            if why:
                left.append(Left(each.server, each.server.packages[at], why))
        judge.record(chosen, Door("inventory", command), counted=True)
    opened = [each for each in open_files.values() if not isinstance(each, str)]
    return Plan(tuple(each.rewrite() for each in opened if each.pins), tuple(left))


def carry_out(rewrite: Rewrite, home: Path, now: datetime) -> Path:
    """Keep a copy of a file, then write it; gives the copy's place.

    Raises:
        ConfigError: the file changed since it was shown, or it cannot be written.
    """
    try:
        if rewrite.path.read_bytes() != rewrite.before:
            raise ConfigError(f"{rewrite.path.name} changed while you read, so it was left alone", "Run it again")
        files.check_writable(rewrite.path, "Make it writable, or name the version by hand")
        backup = _kept(rewrite, home / BACKUPS, now)
        files.put(rewrite.path, rewrite.after)
    except OSError as why:
        raise ConfigError(f"{rewrite.path.name} cannot be written ({type(why).__name__})", "See who owns it") from None
    return backup


def _kept(rewrite: Rewrite, folder: Path, now: datetime) -> Path:
    """A copy of a file as it was; what it holds is for its owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = re.sub(r"[^\w.-]", "_", rewrite.path.name, flags=re.ASCII)[-60:]
    place = sha256(os.fsencode(rewrite.path.resolve())).hexdigest()[:8]
    path = folder / f"{now:%Y%m%dT%H%M%S}-{place}-{name}"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copied:
        copied.write(rewrite.before)
        copied.flush()
        os.fsync(copied.fileno())
    return path


def _unpinned(taken: Taken) -> Iterator[tuple[Found, int]]:
    """The packages that are not pinned, each by its number among those of its server."""
    for each in taken.found:
        for at, package in enumerate(each.server.packages[: len(each.sightings)]):
            if package.pinned == "no":
                yield each, at


def _closed(found: Found) -> str:
    """Why a file is not ours to change; `""` if it is."""
    if found.server.scope is Scope.MANAGED:
        return "the file is your organisation's"
    if found.server.scope is Scope.PLUGIN:
        return "the file is a plugin's own, and an update would overwrite it"
    if Path(found.server.location.path).name in _SCRIPTS:
        return "the file is a script; name the version in it by hand"
    return ""


def _pin(found: Found, at: int, opened: dict[Path, _File | str], judge: Judge, chosen: list[Verdict]) -> str:
    """Pin one package in its file; gives why not."""
    path, package = Path(found.server.location.path), found.server.packages[at]
    sighting = found.sightings[at]
    if sighting.source.kind is not SourceKind.REGISTRY or sighting.source.index is not None:
        return "it comes from no index of yours"
    if sighting.ecosystem is Ecosystem.NPM and _installed_here(found, sighting.raw):
        return "a copy in node_modules is what runs"
    verdict = _version(package, sighting.extra.get("tag", ""), judge)
    if isinstance(verdict, str):
        return verdict
    if path not in opened:
        opened[path] = _File.open(path)
    file = opened[path]
    if isinstance(file, str):
        return file
    why = file.pin(found, at, verdict.request)
    if not why:
        chosen.append(verdict)
    return why


def _installed_here(found: Found, name: str) -> bool:
    """Whether npx would take a copy that a project has installed."""
    above = Path(found.server.location.path).parents
    scoped = found.server.scope is Scope.PROJECT
    return scoped and any((folder / "node_modules" / name).is_dir() for folder in above)


def _version(package: Package, tag: str, judge: Judge) -> Verdict | str:
    """The verdict on the newest version that may run; or why there is none."""
    verdict = package.verdict
    if verdict is None or verdict.outcome.refuses:
        return "the package itself is refused" if verdict else "nobody judged it"
    facts = verdict.evidence.facts
    if facts.existence is not Existence.YES or facts.partial is not None:
        return "no index told its versions"
    if tag and tag != "latest":
        return "it follows a tag other than latest"
    request, asked = verdict.request, "" if tag else package.asked
    refused = judge.versions(request, facts)
    for release in _newest_first(request.ecosystem, facts.releases):
        if release.version in refused or excluded(request.ecosystem, asked, release.version):
            continue
        told = judge.verdict(replace(request, version=release.version, digests=release.digests), facts)
        if not told.outcome.refuses:
            return told
    return "no version of it may run now"


def _newest_first(ecosystem: Ecosystem, releases: Sequence[Release]) -> list[Release]:
    """The releases that a client would take by itself, newest first: no pre-releases, nothing withdrawn."""
    known: list[tuple[Any, Release]] = []
    for release in releases:
        read: Any = Semver.parse(release.version) if ecosystem is Ecosystem.NPM else pep440(release.version)
        if read is None or release.yanked or re.search(r"[^\w.!+-]", release.version):
            continue
        if not (read.pre if ecosystem is Ecosystem.NPM else read.is_prerelease):
            known.append((read, release))
    return [release for _, release in sorted(known, key=lambda each: each[0], reverse=True)]


@dataclass(slots=True)
class _File:
    """A file on its way to its new content."""

    path: Path
    before: bytes
    text: str
    document: Table
    mark: bytes = b""
    pins: list[Pin] = field(default_factory=list)

    @classmethod
    def open(cls, path: Path) -> _File | str:
        """The file as it is now; or why it is left alone."""
        try:
            before = path.read_bytes()
            mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
            text = before[len(mark) :].decode("utf-8")
            return cls(path, before, text, _parsed(text, path), mark)
        except (OSError, UnicodeDecodeError, InputError):
            return "the file is not plain UTF-8"

    def pin(self, found: Found, at: int, request: Request) -> str:
        """Write one version in; gives why not."""
        keys, why = found.entry.keys, "its name does not stand there plainly"
        fits: list[tuple[str, Table, Pin]] = []
        for word in words(_at(self.document, keys), found.sightings[at], found.server.packages[at].asked):
            after = word.pinned(str(request.version))
            if after is None:
                why = "it is asked for with extras; name the version by hand"
                continue
            document = _copied(self.document)
            placed(_at(document, keys), word, after)
            if self._reads(found, at, _at(document, keys), request):
                why = "the file's own text does not hold it plainly"
                texts = self._texts(word, after, document)
                fits += [(text, document, Pin(found.server, word.text, after)) for text in texts]
        if len(fits) != 1:
            return "it could be pinned in several places" if fits else why
        self.text, self.document, pin = fits[0]
        self.pins.append(pin)
        return ""

    def rewrite(self) -> Rewrite:
        """What is to be written."""
        return Rewrite(self.path, self.before, self.mark + self.text.encode("utf-8"), self.pins)

    def _reads(self, found: Found, at: int, entry: Table, request: Request) -> bool:
        """Whether our own reader takes the entry as pinned, and all else in it as before."""
        now = fetched(entry, found.server.location).sightings
        before = fetched(_at(self.document, found.entry.keys), found.server.location).sightings
        same = [(each.raw, each.version) for each in before]
        same[at] = (same[at][0], request.version)
        return [(each.raw, each.version) for each in now] == same

    def _texts(self, word: Word, after: str, wanted: Table) -> Iterator[str]:
        """The texts in which one place of a word is changed that say what they should."""
        found = [each.start() for each in re.finditer(re.escape(word.text), self.text)]
        for at in found if len(found) <= _MOST_PLACES else ():
            text = self.text[:at] + after + self.text[at + len(word.text) :]
            try:
                if _parsed(text, self.path) == wanted:
                    yield text
            except InputError:
                continue


def _parsed(text: str, path: Path) -> Table:
    return inventory_files.parse(text.replace("\r\n", "\n"), path)


def _copied(value: Any) -> Any:
    """A copy in which nothing stands in two places, as it does behind a YAML alias."""
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _at(document: Table, keys: Sequence[str | int]) -> Table:
    """The entry at the end of a way."""
    found: Any = document
    for key in keys:
        found = found[key]
    assert isinstance(found, dict)
    return found
