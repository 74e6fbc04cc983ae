"""Hypothesis strategies for project pages, as HTML and as JSON, and pip's own reading of them."""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version
from pip._internal.index.collector import IndexContent, parse_links
from pip._internal.index.package_finder import LinkEvaluator, LinkType
from pip._internal.models.target_python import TargetPython

from slopguard.registries.pypi.page import PageFile, ProjectPage
from slopguard.registries.pypi.parse import JSON_TYPE

PAGE_URL = "https://registry.example/simple/some-pkg/"
PROJECT = "some-pkg"

Row = tuple[str, str, frozenset[tuple[str, str]], str | None, str | None, bool, frozenset[tuple[str, str]]]
"""File name, version, hashes, requires-python, yank reason, has metadata, its hashes."""


def pip_rows(body: bytes, content_type: str, url: str = PAGE_URL) -> list[Row]:
    """What the installed pip would choose from on this page."""
    content = IndexContent(body, content_type, None, url, cache_link_parsing=False)
    evaluator = LinkEvaluator(PROJECT, PROJECT, frozenset({"binary", "source"}), TargetPython(), True, True)
    rows: list[Row] = []
    for link in parse_links(content):
        kind, version = evaluator.evaluate_link(link)
        if kind is not LinkType.candidate or not is_version(version):
            continue
        metadata = link.metadata_file_data
        known = frozenset(((metadata.hashes or {}) if metadata else {}).items())
        rows.append(
            (
                link.filename,
                str(Version(version)),
                frozenset(link._hashes.items()),
                link.requires_python,
                link.yanked_reason,
                metadata is not None,
                known,
            )
        )
    return rows


def is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def our_rows(page: ProjectPage) -> list[Row]:
    """The same view of our page; pip reads `yanked: true` as an empty reason."""
    return [_row(file) for file in page.files]


def _row(file: PageFile) -> Row:
    yanked = None if file.yanked is False else (file.yanked if isinstance(file.yanked, str) else "")
    metadata = file.core_metadata
    known: dict[str, str] = dict(metadata) if isinstance(metadata, dict) else {}
    return (
        file.filename,
        str(Version(file.version)),
        frozenset(file.hashes.items()),
        file.requires_python,
        yanked,
        bool(metadata),
        frozenset(known.items()),
    )


versions = st.sampled_from(
    ["1.0", "1.0.1", "2!1.0", "1.0+local.1", "1.0a1", "1.0.post2", "1.0.dev3", "10.20.30", "1.0rc1", "2024.1.1"]
)
names = st.sampled_from(["some_pkg", "Some.Pkg", "SOME_pkg", "some_pkg", "other_pkg"])
filenames = st.one_of(
    st.builds("{}-{}-py3-none-any.whl".format, names, versions),
    st.builds("{}-{}-1build-py3-none-any.whl".format, names, versions),
    st.builds("{}-{}{}".format, names, versions, st.sampled_from([".tar.gz", ".zip", ".tgz", ".tar.bz2"])),
    st.builds("{}-{}".format, names, st.sampled_from(["1.0-py3.egg", "1.0.exe", "1.0.rpm", "nonsense.zip", ".tar.gz"])),
    st.sampled_from(["index.html", "some_pkg.tar.gz", "some_pkg-1.0.whl", "x-y-z-py3-none-any.whl", "README"]),
)
digests = st.binary(min_size=1, max_size=4).map(lambda raw: hashlib.sha256(raw).hexdigest())
specifiers = st.sampled_from([None, ">=3.8", "<4,>=3.6", "!=3.9.*", ">=2.7, <3 & more"])
reasons = st.sampled_from([False, True, "broken", 'a "quoted" <reason> & more', "naïve"])


@dataclass(frozen=True)
class Entry:
    """One generated file."""

    filename: str
    digest: str | None
    requires: str | None
    yanked: bool | str
    metadata: bool | str | None
    prefix: str
    padding: str


entries = st.builds(
    Entry,
    filenames,
    st.none() | digests,
    specifiers,
    reasons,
    st.none() | st.booleans() | digests,
    st.sampled_from(["", "../../packages/aa/", "/files/", "https://files.registry.example/x/y/", "./a/../"]),
    st.sampled_from(["", " ", "\n    ", "\t", "\r\n"]),
)
pages = st.lists(entries, max_size=8)


def as_html(found: list[Entry], base: str | None = None) -> bytes:
    """A PEP 503 page, with white space around every link text."""
    head = f'<base href="{base}">' if base else ""
    links = "".join(map(_anchor, found))
    return f"<!DOCTYPE html><html><head><title>Links for x</title>{head}</head><body>{links}</body></html>".encode()


def _anchor(entry: Entry) -> str:
    href = entry.prefix + quote(entry.filename) + (f"#sha256={entry.digest}" if entry.digest else "")
    attributes = [f'href="{html.escape(href)}"']
    if entry.requires:
        attributes.append(f'data-requires-python="{html.escape(entry.requires)}"')
    if entry.yanked is not False:
        attributes.append(f'data-yanked="{html.escape(entry.yanked if isinstance(entry.yanked, str) else "")}"')
    if entry.metadata:
        said = f"sha256={entry.metadata}" if isinstance(entry.metadata, str) else "true"
        attributes.append(f'data-core-metadata="{said}"')
    pad = entry.padding
    return f"<a {pad or ' '}{' '.join(attributes)}>{pad}{html.escape(entry.filename)}{pad}</a>{pad}<br/>"


def as_json(found: list[Entry]) -> bytes:
    """A PEP 691 page."""
    files: list[dict[str, Any]] = []
    for entry in found:
        file: dict[str, Any] = {
            "filename": entry.filename,
            "url": entry.prefix + quote(entry.filename),
            "hashes": {"sha256": entry.digest} if entry.digest else {},
            "yanked": entry.yanked,
        }
        if entry.requires:
            file["requires-python"] = entry.requires
        if entry.metadata is not None:
            file["core-metadata"] = {"sha256": entry.metadata} if isinstance(entry.metadata, str) else entry.metadata
        files.append(file)
    return json.dumps({"meta": {"api-version": "1.1"}, "name": PROJECT, "files": files, "versions": []}).encode()


__all__ = ["JSON_TYPE", "PAGE_URL", "PROJECT", "as_html", "as_json", "our_rows", "pages", "pip_rows"]
