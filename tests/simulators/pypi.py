"""A PyPI-protocol registry on loopback: PEP 503 HTML, PEP 691 JSON, PEP 700 dates, 592, 658/714, 740, 792.

Invariants: files are real, tiny wheels and sdists; dates are what the test says. In mode `html` there are no dates,
as on many private indexes.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.simulators.artefacts import Artefact, core_metadata, sdist, wheel
from tests.simulators.pypi_json import release
from tests.simulators.registry import Registry, ago, stamp
from tests.simulators.server import Answer, Seen

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"


def normal(name: str) -> str:
    """The PEP 503 form."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(slots=True)
class File:
    """One file of a project, with what its page says about it."""

    artefact: Artefact
    version: str
    uploaded: datetime
    requires_python: str | None = None
    yanked: bool | str = False
    core_metadata: bool = True
    hashed: bool = True
    sha256: str = ""
    provenance: str | None = None
    gpg_sig: bool | None = None

    @property
    def hashes(self) -> dict[str, str]:
        """The digests its page promises (`sha256` set means: promise that one instead)."""
        return {"sha256": self.sha256 or self.artefact.sha256} if self.hashed else {}


class PyPI(Registry):
    """The registry. `speaks`: `both`, `html` or `json`. `url` is its index URL."""

    speaks = "both"

    def __init__(self, **kwargs: Any) -> None:
        self.projects: dict[str, list[File]] = {}
        self.status: dict[str, dict[str, str]] = {}
        self.writes: list[str] = []
        super().__init__(**kwargs)

    @property
    def url(self) -> str:
        """The index URL that a client is configured with."""
        return f"{self.server.origin}{self.below}/simple/"

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        requires: Iterable[str] = (),
        extras: Mapping[str, Iterable[str]] | None = None,
        requires_python: str | None = None,
        days_old: float = 400,
        hours_old: float = 0,
        wheels: Iterable[str] = ("py3-none-any",),
        source: bool = False,
        build_requires: Iterable[str] = (),
        yanked: bool | str = False,
        core_metadata_file: bool = True,
        hashed: bool = True,
        sha256: str = "",
        provenance: str | None = None,
    ) -> PyPI:
        """Publish one release: a wheel per tag in `wheels`, and an sdist if `source`."""
        about = core_metadata(name, version, requires=requires, extras=extras, requires_python=requires_python)
        made = [wheel(name, version, about, tag=tag, markers=self.markers) for tag in wheels]
        if source:
            built = wheel(name, version, about, markers=self.markers)
            made.append(sdist(name, version, about, built=built, markers=self.markers, build_requires=build_requires))
        uploaded = ago(hours=hours_old) if hours_old else ago(days=days_old)
        self.projects.setdefault(normal(name), []).extend(
            File(
                artefact=artefact,
                version=version,
                uploaded=uploaded,
                requires_python=requires_python,
                yanked=yanked,
                core_metadata=core_metadata_file and artefact.metadata is not None,
                hashed=hashed,
                sha256=sha256,
                provenance=provenance,
            )
            for artefact in made
        )
        return self

    def add_established(self, name: str, *, requires: Iterable[str] = (), source: bool = False) -> PyPI:
        """Publish 1.0, 1.1 and 1.2, spread over the years: `established` in the contract's sense."""
        for version, days in (("1.0", 900), ("1.1", 600), ("1.2", 300)):
            self.add(name, version, requires=requires, days_old=days, source=source)
        return self

    def files_of(self, name: str) -> list[File]:
        """The files of a project, to be changed in place by a test."""
        return self.projects[normal(name)]

    @property
    def downloads(self) -> list[str]:
        """The names of the files fetched so far (GET only; metadata files not counted)."""
        paths = self.asked(lambda seen: seen.method == "GET" and seen.path.startswith("/files/"))
        return [path.rpartition("/")[2] for path in paths if not path.endswith(".metadata")]

    @property
    def pages(self) -> list[str]:
        """The project names asked for so far."""
        return [path.split("/")[2] for path in self.asked(lambda seen: seen.path.startswith("/simple/"))]

    def respond(self, seen: Seen, body: bytes) -> Answer:
        """PEP 503/691 pages under `/simple/`, files under `/files/`; uploads are logged and accepted."""
        if seen.method == "POST":
            self.writes.append(f"POST {seen.path.strip('/')}")
            return Answer(200, b"")
        parts = seen.path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 1:
            return self._root(seen)
        if parts[0] == "simple" and len(parts) == 2:
            return self._page(parts[1], seen)
        if parts[0] == "pypi" and len(parts) == 4 and parts[3] == "json" and parts[1] in self.projects:
            files = [file for file in self.projects[parts[1]] if file.version == parts[2]]
            base = f"{self.files.origin}{self.below}/files/{parts[1]}"
            return Answer(body=_dump(release(parts[1], parts[2], files, base)), content_type="application/json")
        if parts[0] == "files" and len(parts) == 3:
            return self._file(parts[1], parts[2])
        return Answer(404, b"not found", "text/plain")

    def _json_wanted(self, seen: Seen) -> bool:
        return self.speaks == "json" or (self.speaks == "both" and JSON_TYPE in seen.headers.get("accept", ""))

    def _root(self, seen: Seen) -> Answer:
        if self._json_wanted(seen):
            names = [{"name": name} for name in self.projects]
            return Answer(body=_dump({"meta": {"api-version": "1.1"}, "projects": names}), content_type=JSON_TYPE)
        links = "".join(f'<a href="{name}/">{name}</a><br>\n' for name in self.projects)
        return Answer(body=_document(links), content_type=HTML_TYPE)

    def _page(self, name: str, seen: Seen) -> Answer:
        files = self.projects.get(name)
        if files is None:
            return Answer(404, b"not found", "text/plain")
        if self._json_wanted(seen):
            return Answer(body=self._json(name, files), content_type=JSON_TYPE)
        accepts = seen.headers.get("accept", "")
        return Answer(body=self._html(name, files), content_type=HTML_TYPE if HTML_TYPE in accepts else "text/html")

    def _url(self, name: str, file: File) -> str:
        base = "../.." if self.files is self.server else self.files.origin + self.below
        return f"{base}/files/{name}/{file.artefact.filename}"

    def _json(self, name: str, files: list[File]) -> bytes:
        page: dict[str, Any] = {
            "meta": {"api-version": "1.4"},
            "name": name,
            "versions": list(dict.fromkeys(file.version for file in files)),
            "files": [self._entry(name, file) for file in files],
        }
        if name in self.status:
            page["project-status"] = self.status[name]
        return _dump(page)

    def _entry(self, name: str, file: File) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "filename": file.artefact.filename,
            "url": self._url(name, file),
            "hashes": file.hashes,
            "size": len(file.artefact.content),
            "upload-time": stamp(file.uploaded),
            "yanked": file.yanked,
        }
        if file.requires_python:
            entry["requires-python"] = file.requires_python
        if file.core_metadata:
            entry["core-metadata"] = _metadata_hash(file)
        if file.gpg_sig is not None:
            entry["gpg-sig"] = file.gpg_sig
        if file.provenance:
            entry["provenance"] = file.provenance
        return entry

    def _html(self, name: str, files: list[File]) -> bytes:
        links = []
        for file in files:
            fragment = "".join(f"#{algo}={digest}" for algo, digest in file.hashes.items())
            attributes = f'href="{html.escape(self._url(name, file) + fragment)}"'
            if file.requires_python:
                attributes += f' data-requires-python="{html.escape(file.requires_python)}"'
            if file.core_metadata:
                attributes += f' data-core-metadata="sha256={_metadata_hash(file)["sha256"]}"'
            if file.yanked is not False:
                attributes += f' data-yanked="{html.escape(file.yanked if isinstance(file.yanked, str) else "")}"'
            links.append(f"<a {attributes}>{file.artefact.filename}</a><br>\n")
        return _document("".join(links))

    def _file(self, name: str, filename: str) -> Answer:
        for file in self.projects.get(name, ()):
            artefact = file.artefact
            if filename == artefact.filename:
                return Answer(200, artefact.content, "application/octet-stream", {"Accept-Ranges": "bytes"})
            if filename == f"{artefact.filename}.metadata" and file.core_metadata:
                return Answer(200, artefact.metadata or b"", "text/plain")
        return Answer(404, b"not found", "text/plain")


def _metadata_hash(file: File) -> dict[str, str]:
    return {"sha256": Artefact("", file.artefact.metadata or b"").sha256}


def _document(links: str) -> bytes:
    head = '<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"></head><body>\n'
    return (head + links + "</body></html>").encode()


def _dump(value: object) -> bytes:
    return json.dumps(value).encode()
