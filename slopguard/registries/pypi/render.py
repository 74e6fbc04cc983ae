"""From a `ProjectPage` to the bytes a client reads, and which form it asked for.

Invariants: pure; file URLs are relative to the page (`../../files/<project>/<file>`), so that no address of ours and
none of the upstream stands in a page (where asked for, as `_origin` beside it); everything quoted for its place
(percent, HTML entities).
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote

import msgspec

from slopguard.registries.pypi.page import PageFile, ProjectPage
from slopguard.registries.pypi.parse import HTML_TYPE, JSON_TYPE, PLAIN_HTML

FRAGMENT_ORDER = ("sha256", "sha512", "sha384", "sha224", "sha1", "md5")
"""Which one hash an HTML link names: sha256 is what every installer ever made reads."""


class Form(StrEnum):
    """A form of the Simple API; the value is its content type."""

    JSON = JSON_TYPE
    HTML = HTML_TYPE
    PLAIN = PLAIN_HTML


_OFFERED = {
    JSON_TYPE: Form.JSON,
    "application/vnd.pypi.simple.latest+json": Form.JSON,
    HTML_TYPE: Form.HTML,
    "application/vnd.pypi.simple.latest+html": Form.HTML,
    PLAIN_HTML: Form.PLAIN,
    "text/*": Form.PLAIN,
    "*/*": Form.PLAIN,
}


@lru_cache(maxsize=64)
def negotiate(accept: str | None) -> Form:
    """The form that an `Accept` header prefers (RFC 9110 q-values, the first of equals); plain HTML if none is ours."""
    best, weight = Form.PLAIN, 0.0
    for part in (accept or "").split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        form, quality = _OFFERED.get(kind.lower()), _quality(parameters)
        if form is not None and quality > weight:
            best, weight = form, quality
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def render(page: ProjectPage, form: Form, base: str | None = None, *, origins: bool = False) -> bytes:
    """The page in this form.

    Args:
        base: URL prefix of its files; by default `../../files/<project>/`, relative to the page.
        origins: in JSON, each file has its upstream address too, for a client that keeps what it read.
    """
    prefix = f"../../files/{quote(page.name, safe='')}/" if base is None else base
    return _json(page, prefix, origins=origins) if form is Form.JSON else _html(page, prefix)


def _json(page: ProjectPage, prefix: str, *, origins: bool) -> bytes:
    document: dict[str, Any] = {
        "meta": {"api-version": page.api_version, **page.meta},
        "name": page.name,
        "files": [_entry(file, prefix) | ({"_origin": file.url} if origins else {}) for file in page.files],
    }
    if page.listed:
        document["versions"] = page.versions
    if page.status:
        document["project-status"] = page.status
    if page.alternate_locations:
        document["alternate-locations"] = page.alternate_locations
    return msgspec.json.encode(document)


def _entry(file: PageFile, prefix: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"filename": file.filename, "url": prefix + quote(file.filename, safe=""),
                             "hashes": file.hashes, "yanked": file.yanked}  # fmt: skip
    optional = {
        "requires-python": file.requires_python,
        "size": file.size,
        "upload-time": file.upload_time,
        "core-metadata": file.core_metadata,
        "gpg-sig": file.gpg_sig,
        "provenance": file.provenance,
    }
    entry.update((key, value) for key, value in optional.items() if value is not None)
    return entry


def _html(page: ProjectPage, prefix: str) -> bytes:
    metas = {"pypi:repository-version": page.api_version}
    if "status" in page.status:
        metas["pypi:project-status"] = page.status["status"]
    if "reason" in page.status:
        metas["pypi:project-status-reason"] = page.status["reason"]
    head = "".join(f'<meta name="{name}" content="{escape(value)}">\n' for name, value in metas.items())
    title = f"<title>Links for {escape(page.name)}</title>"
    links = "".join(_anchor(file, prefix) for file in page.files)
    return f"<!DOCTYPE html>\n<html><head>\n{head}{title}\n</head><body>\n{links}</body></html>\n".encode(
        "utf-8", "replace"
    )


def _anchor(file: PageFile, prefix: str) -> str:
    algo = next((algo for algo in FRAGMENT_ORDER if algo in file.hashes), None)
    fragment = f"#{algo}={file.hashes[algo]}" if algo else ""
    attributes = {"href": prefix + quote(file.filename, safe="") + fragment}
    if file.requires_python:
        attributes["data-requires-python"] = file.requires_python
    if file.yanked is not False:
        attributes["data-yanked"] = file.yanked if isinstance(file.yanked, str) else ""
    if file.core_metadata:
        attributes["data-core-metadata"] = attributes["data-dist-info-metadata"] = _metadata(file)
    if file.gpg_sig is not None:
        attributes["data-gpg-sig"] = str(file.gpg_sig).lower()
    if file.provenance:
        attributes["data-provenance"] = file.provenance
    inside = " ".join(f'{key}="{escape(value)}"' for key, value in attributes.items())
    return f"<a {inside}>{escape(file.filename)}</a><br>\n"


def _metadata(file: PageFile) -> str:
    hashes = file.core_metadata
    if not isinstance(hashes, bool) and hashes:
        algo = next((algo for algo in FRAGMENT_ORDER if algo in hashes), None)
        if algo:
            return f"{algo}={hashes[algo]}"
    return "true"
