"""From the bytes of a Simple API answer to a `ProjectPage` (PEP 503, 592, 629, 658, 691, 700, 708, 714, 740, 792).

Invariants: pure; read as pip reads it (the file name of an HTML link is the last part of its decoded URL, white space
around link text means nothing); anything that is not a Simple API page of major version 1 is an `UpstreamError`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import msgspec

from slopguard.errors import UpstreamError
from slopguard.registries import marks
from slopguard.registries.dates import moment
from slopguard.registries.pypi.page import HASHES, PageFile, ProjectPage, Spelling, build

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
PLAIN_HTML = "text/html"
ACCEPT = f"{JSON_TYPE}, {HTML_TYPE};q=0.2, {PLAIN_HTML};q=0.01"
"""What we ask for: JSON first, because only JSON carries dates."""


def parse_page(
    name: str, body: bytes, content_type: str, url: str, *, links: bool = False, source: str | None = None
) -> ProjectPage:
    """The page of project `name`; safe in any thread.

    Args:
        name: normalised; entries for other projects are left out.
        content_type: the header as it came.
        url: where the page was finally found; relative links start there.
        links: it is a page of links to files of many projects, not an index's.
        source: the mark of address, type and bytes, if it is known already.

    Raises:
        UpstreamError: not a Simple API page, or one of a major version other than 1. HTML that lists nothing for
            the project and does not call itself an index page is none: a captive portal looks like that.
    """
    page = _parsed(name, body, content_type, url, links=links)
    source = marks.source(url, content_type, body) if source is None else source
    page = replace(page, source=source, mark=marks.changed(source, "read", (name,)))
    page.facts()  # here and now, as this may be another thread than the one that asks
    return page


def _parsed(name: str, body: bytes, content_type: str, url: str, *, links: bool) -> ProjectPage:
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    if kind == JSON_TYPE:
        return parse_json(name, body, url)
    if kind in (HTML_TYPE, PLAIN_HTML):
        page = parse_html(name, body, url, _charset(parameters))
        if page.files or links or _MARKED.search(body):
            return page
    raise UpstreamError("the index answered with something that is not a project page")


_MARKED = re.compile(rb"pypi:repository-version|<title>\s*(?:simple )?links for", re.IGNORECASE)
"""What index servers write into an HTML page that lists no files."""


def _charset(parameters: str) -> str:
    for part in parameters.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == "charset":
            return value.strip().strip("\"'") or "utf-8"
    return "utf-8"


_PLAIN = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?/[A-Za-z0-9%_+!~/-]+(?:\.(?!/)[A-Za-z0-9%_+!~/-]+)*(?:#[^#]*)?")
"""A link that is absolute and needs no resolving (no dot segments): nearly all, and ten times as fast."""


class _File(msgspec.Struct, rename="kebab"):
    url: str
    filename: str = ""
    hashes: Any = None
    requires_python: Any = None
    size: Any = None
    upload_time: Any = None
    yanked: Any = False
    core_metadata: Any = None
    dist_info_metadata: Any = None
    gpg_sig: Any = None
    provenance: Any = None


class _Page(msgspec.Struct, rename="kebab"):
    files: list[_File]
    meta: dict[str, Any] = {}
    versions: Any = None
    project_status: Any = None
    alternate_locations: Any = None


_DECODER = msgspec.json.Decoder(_Page)


def parse_json(name: str, body: bytes, url: str) -> ProjectPage:
    """A PEP 691 page; unknown keys are ignored, odd values of optional keys count as absent.

    Raises:
        UpstreamError: broken JSON, no `files`, or a major version other than 1.
    """
    try:
        page = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamError("the index answered with a project page that is broken") from None
    api = _api_version(page.meta.get("api-version"))
    spelling = Spelling(name)
    return build(
        name,
        (_from_json(file, url, spelling) for file in page.files),
        api_version=api,
        listed=isinstance(page.versions, list),
        status=_texts(page.project_status),
        meta={key: value for key, value in page.meta.items() if key == "tracks"},
        alternate_locations=tuple(place for place in page.alternate_locations or () if isinstance(place, str))
        if isinstance(page.alternate_locations, list)
        else (),
    )


def _from_json(file: _File, base: str, spelling: Spelling) -> PageFile | None:
    url, fragment = _absolute(base, file.url)
    filename = file.filename or _basename(url)
    version = spelling.of(filename)
    if version is None:
        return None
    metadata = file.core_metadata if file.core_metadata is not None else file.dist_info_metadata
    time = file.upload_time if isinstance(file.upload_time, str) else None
    return PageFile(
        filename=filename,
        url=url,
        version=version,
        hashes=_hashes(file.hashes) or _fragment_hash(fragment),
        requires_python=_shared(_text(file.requires_python)),
        size=file.size if isinstance(file.size, int) and not isinstance(file.size, bool) and file.size >= 0 else None,
        uploaded=moment(time),
        upload_time=time,
        yanked=_yanked(file.yanked),
        core_metadata=_metadata(metadata),
        gpg_sig=file.gpg_sig if isinstance(file.gpg_sig, bool) else None,
        provenance=_absolute(base, file.provenance)[0] if _text(file.provenance) else None,
    )


def _metadata(said: object) -> bool | Mapping[str, str] | None:
    if isinstance(said, dict):
        return _hashes(said) or True
    return None if said is None else bool(said)


def _yanked(said: object) -> bool | str:
    return said if isinstance(said, str) and said else bool(said)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _shared(text: str | None) -> str | None:
    """A text that most files of a page have, once in memory."""
    return sys.intern(text) if text else None


def _texts(value: object) -> dict[str, str]:
    return {k: v for k, v in value.items() if isinstance(v, str)} if isinstance(value, dict) else {}


def _hashes(value: object) -> dict[str, str]:
    return {algo: digest.lower() for algo, digest in _texts(value).items() if algo in HASHES and digest}


class _Links(HTMLParser):
    """The anchors of a page, its first `<base>` and its PEP 629 version."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.anchors: list[dict[str, str | None]] = []
        self.meta: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a":
            self.anchors.append(found)
        elif tag == "base" and self.base is None:
            self.base = found.get("href")
        elif tag == "meta" and found.get("name") and found.get("content"):
            self.meta.setdefault(str(found["name"]).lower(), str(found["content"]))


def parse_html(name: str, body: bytes, url: str, charset: str = "utf-8") -> ProjectPage:
    """A PEP 503 page; it has neither sizes nor upload times.

    Raises:
        UpstreamError: not text in its charset, or a major version other than 1.
    """
    links = _Links()
    try:
        _check_closed(body)
        links.feed(body.decode(charset))
        links.close()
        base = urljoin(url, links.base or "")
    except (ValueError, LookupError, AssertionError):  # ValueError: a charset or a <base> that makes no sense
        raise UpstreamError("the index answered with a project page that is broken") from None
    status = {key: links.meta[f"pypi:project-status{tail}"] for key, tail in (("status", ""), ("reason", "-reason"))
              if f"pypi:project-status{tail}" in links.meta}  # fmt: skip
    api = _api_version(links.meta.get("pypi:repository-version"))
    return build(name, _from_html(links, base, Spelling(name)), api_version=api, status=status)


_UNCLOSED = 100
"""Tags or comments left open, one inside the other: far more than any page has."""


def _check_closed(body: bytes) -> None:
    """Refuse a page of tags or comments that never end: `html.parser` reads its whole rest once for each of them.

    Raises:
        ValueError: it is one.
    """
    open_tags = max(piece.count(b"<") for piece in body.split(b">"))
    if max(open_tags, body.rpartition(b"-->")[2].count(b"<!")) > _UNCLOSED:
        raise ValueError


def _from_html(links: _Links, base: str, spelling: Spelling) -> Iterator[PageFile | None]:
    for anchor in links.anchors:
        if not anchor.get("href"):
            continue
        url, fragment = _absolute(base, str(anchor["href"]))
        filename = _basename(url)
        version = spelling.of(filename)
        if version is None:
            yield None
            continue
        metadata = anchor.get("data-core-metadata") or anchor.get("data-dist-info-metadata")
        signed = anchor.get("data-gpg-sig")
        yield PageFile(
            filename=filename,
            url=url,
            version=version,
            hashes=_fragment_hash(fragment),
            requires_python=anchor.get("data-requires-python") or None,
            yanked=(anchor["data-yanked"] or True) if "data-yanked" in anchor else False,
            core_metadata=_html_metadata(metadata),
            gpg_sig=None if signed is None else signed.lower() == "true",
            provenance=anchor.get("data-provenance"),
        )


def _html_metadata(said: str | None) -> bool | Mapping[str, str] | None:
    if said is None or said.lower() == "false":
        return None if said is None else False
    algo, _, digest = said.partition("=")
    return _hashes({algo: digest}) or True


def _api_version(said: object) -> str:
    text = said if isinstance(said, str) else "1.0"
    if text.partition(".")[0] != "1":
        raise UpstreamError("the index speaks a newer protocol than this slopguard")
    return text


def _absolute(base: str, link: str) -> tuple[str, str]:
    """The link made absolute, user info taken out, and its fragment."""
    if _PLAIN.fullmatch(link):
        url, _, fragment = link.partition("#")
        return url, fragment
    try:
        parts = urlsplit(urljoin(base, link.strip()))
    except ValueError:
        return "", ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")), parts.fragment


def _basename(url: str) -> str:
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])


def _fragment_hash(fragment: str) -> dict[str, str]:
    for part in fragment.split("&"):
        algo, _, digest = part.partition("=")
        found = _hashes({algo: digest})
        if found:
            return found
    return {}
