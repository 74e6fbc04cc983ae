"""An npm registry on loopback: packuments (full, and abbreviated on Accept), tarballs, dist-tags, dates, audit.

Invariants: tarballs are real; `dist` names their true `integrity` and `shasum` unless a test asks for a wrong one.
A package with `postinstall=True` leaves the marker `NAME-VERSION.postinstall` when its install script runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tests.simulators.artefacts import Artefact, npm_tarball
from tests.simulators.registry import Registry, ago, stamp
from tests.simulators.server import Answer, Seen

CORGI = "application/vnd.npm.install-v1+json"
"""The media type of the abbreviated packument."""
KEPT_IN_CORGI = ("name", "version", "deprecated", "dependencies", "optionalDependencies", "devDependencies",
                 "bundleDependencies", "peerDependencies", "peerDependenciesMeta", "acceptDependencies", "bin",
                 "directories", "dist", "engines", "cpu", "os", "libc", "funding", "_hasShrinkwrap",
                 "hasInstallScript")  # fmt: skip


@dataclass(slots=True)
class Version:
    """One published version: its manifest, its tarball and when it appeared."""

    manifest: dict[str, Any]
    artefact: Artefact
    published: datetime
    integrity: str = ""


class Npm(Registry):
    """The registry. `url` is what a client's `registry=` says; `named`: the origin it believes to have, if another;
    `dated`: whether it says when a version appeared; `changed`: what abbreviated documents say of a name's last change
    instead of the truth (`None`: nothing)."""

    def __init__(self, **kwargs: Any) -> None:
        self.packages: dict[str, dict[str, Version]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.writes: list[str] = []
        self.advisories: dict[str, Any] = {}
        self.named = ""
        self.dated = True
        self.changed: dict[str, object] = {}
        super().__init__(**kwargs)

    @property
    def url(self) -> str:
        """The registry URL, ending in a slash."""
        return f"{self.server.origin}{self.below}/"

    def add(
        self,
        name: str,
        version: str = "1.0.0",
        *,
        requires: Mapping[str, str] | None = None,
        days_old: float = 400,
        hours_old: float = 0,
        postinstall: bool = False,
        integrity: str = "",
        latest: bool = True,
        **manifest: Any,
    ) -> Npm:
        """Publish one version; further keywords go into its package.json (`peerDependencies`, `deprecated`, ...)."""
        short = name.rpartition("/")[2]
        about: dict[str, Any] = {"name": name, "version": version, "main": "index.js", "bin": {short: "index.js"}}
        about |= manifest
        if requires:
            about["dependencies"] = dict(requires)
        if postinstall:
            about["scripts"] = {"postinstall": self._script(f"{name.replace('/', '__')}-{version}.postinstall")}
        when = ago(hours=hours_old) if hours_old else ago(days=days_old)
        made = npm_tarball(about, markers=self.markers)
        self.packages.setdefault(name, {})[version] = Version(about, made, when, integrity)
        if latest:
            self.tags.setdefault(name, {})["latest"] = version
        return self

    def add_established(self, name: str, *, requires: Mapping[str, str] | None = None) -> Npm:
        """Publish 1.0.0, 1.1.0 and 1.2.0, spread over the years: `established` in the contract's sense."""
        for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
            self.add(name, version, requires=requires, days_old=days)
        return self

    def _script(self, event: str) -> str:
        target = str((self.markers / event) if self.markers else event)
        return f"node -e \"require('fs').writeFileSync('{target}', '')\""

    @property
    def downloads(self) -> list[str]:
        """The names of the tarballs fetched so far."""
        paths = self.asked(lambda seen: seen.method == "GET" and seen.path.endswith(".tgz"))
        return [path.rpartition("/")[2] for path in paths]

    @property
    def pages(self) -> list[str]:
        """The package names asked for so far."""
        paths = self.asked(lambda seen: seen.method == "GET" and "/-/" not in seen.path)
        return [path.strip("/") for path in paths]

    def respond(self, seen: Seen, body: bytes) -> Answer:
        """Packuments, tarballs, ping and audit; writes are logged and accepted."""
        path = seen.path.strip("/")
        if path.startswith("-/"):
            return Answer(body=json.dumps(self.advisories if "advisories" in path else {}).encode())
        if seen.method in ("PUT", "DELETE"):
            self.writes.append(f"{seen.method} {path}")
            return Answer(201, b'{"ok": true}')
        name, _, filename = path.partition("/-/")
        if name not in self.packages:
            return Answer(404, b'{"error": "Not found"}')
        return self._tarball(name, filename) if filename else self._packument(name, seen)

    def _tarball(self, name: str, filename: str) -> Answer:
        for version in self.packages[name].values():
            if version.artefact.filename == filename:
                headers = {"Accept-Ranges": "bytes"}
                return Answer(200, version.artefact.content, "application/octet-stream", headers)
        return Answer(404, b'{"error": "Not found"}')

    def _packument(self, name: str, seen: Seen) -> Answer:
        versions = {number: self._manifest(name, version) for number, version in self.packages[name].items()}
        times = {number: stamp(version.published) for number, version in self.packages[name].items()}
        document: dict[str, Any] = {"name": name, "dist-tags": self.tags.get(name, {}), "versions": versions}
        if CORGI in seen.headers.get("accept", ""):
            document["modified"] = self.changed.get(name, max(times.values()))
            document = {key: value for key, value in document.items() if value is not None}
            document["versions"] = {n: _abbreviated(manifest) for n, manifest in versions.items()}
            return Answer(body=json.dumps(document).encode(), content_type=CORGI)
        document |= {"_id": name, "readme": "Made by a test."}
        if self.dated:
            document["time"] = {"created": min(times.values()), "modified": max(times.values()), **times}
        return Answer(body=json.dumps(document).encode())

    def _manifest(self, name: str, version: Version) -> dict[str, Any]:
        made = version.artefact
        dist = {
            "tarball": f"{self.named or self.files.origin}{self.below}/{quote(name, safe='@/')}/-/{made.filename}",
            "integrity": version.integrity or made.integrity,
            "shasum": made.sha1,
        }
        return {**version.manifest, "_id": f"{name}@{version.manifest['version']}", "dist": dist}


def _abbreviated(manifest: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: manifest[key] for key in KEPT_IN_CORGI if key in manifest}
    if "postinstall" in manifest.get("scripts", {}):
        kept["hasInstallScript"] = True
    return kept
