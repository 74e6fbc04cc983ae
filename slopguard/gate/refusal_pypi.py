"""How a refusal looks to a PyPI client.

pip hides every error on a project page and goes on to the next index or to an older parent, so it gets a page it
cannot pass: every real version, and one that beats all others on any index, `9999!0+slopguard.<rule>`, as wheel and
as sdist; each of these files answers 403 with the reason. Everybody else gets 451, which uv and poetry print and
stop at.

Invariant: nothing on a tombstone page comes from an index but version numbers, in their PEP 440 normal form.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web
from packaging.version import InvalidVersion, Version

from slopguard.gate.answers import NEVER_STORE, refusal
from slopguard.gate.refused import Refused
from slopguard.model import OFFLINE, Facts, NormalizedName
from slopguard.registries.pypi.render import Form, negotiate

EPOCH = "9999!0"
"""Above every version anybody has ever published (PEP 440 epochs compare first)."""


def is_pip(headers: Mapping[str, str]) -> bool:
    """Whether the client is pip itself."""
    return headers.get("User-Agent", "").startswith("pip/")


def is_uv(headers: Mapping[str, str]) -> bool:
    """Whether the client is uv, which itself refuses a wheel that requires something by URL."""
    return headers.get("User-Agent", "").startswith("uv/")


@dataclass(frozen=True, slots=True)
class Stop:
    """A refusal as a page needs it.

    Args:
        text: the whole message.
        label: the rule id, or `internal`.
        facts: what the indexes say about the name.
    """

    text: str
    label: str
    facts: Facts = OFFLINE

    @classmethod
    def of(cls, refused: Refused) -> Stop:
        """The refusal of a package."""
        return cls(str(refused), refused.verdict.rule, refused.facts)


def page(request: web.Request, name: NormalizedName | None, stop: Stop) -> web.Response:
    """The answer to a project page request for a refused name; `name` is `None` for text that is no name."""
    if name is None or not is_pip(request.headers):
        return refusal(451, stop.text)
    form = negotiate(request.headers.get("Accept"))  # pip up to 22.1 asks for HTML only
    body = tombstone_json(name, stop) if form is Form.JSON else tombstone_html(name, stop)
    return web.Response(body=body, headers={**NEVER_STORE, "Content-Type": form.value})


def file(text: str) -> web.Response:
    """The answer to a file request that is refused: every client prints this reason phrase."""
    return refusal(403, text)


def tombstone_json(name: NormalizedName, stop: Stop) -> bytes:
    """The tombstone as PEP 691 JSON; `core-metadata` (PEP 714) makes pip ask for metadata, the shortest refusal."""
    files = [
        {"filename": filename, "url": _url(name, filename), "hashes": {}, "core-metadata": filename.endswith(".whl")}
        for filename in _files(name, stop)
    ]
    return json.dumps({"meta": {"api-version": "1.0"}, "name": name, "files": files}).encode()


def tombstone_html(name: NormalizedName, stop: Stop) -> bytes:
    """The tombstone as PEP 503 HTML, for pip up to 22.1."""
    links = "".join(f'<a href="{html.escape(_url(name, f))}">{html.escape(f)}</a><br>\n' for f in _files(name, stop))
    return f"<!DOCTYPE html><html><body>\n{links}</body></html>\n".encode()


def _url(name: NormalizedName, filename: str) -> str:
    return f"../../files/{name}/{filename.replace('!', '%21').replace('+', '%2B')}"


def _files(name: NormalizedName, stop: Stop) -> Iterator[str]:
    """A wheel and an sdist of every version, so that `--no-binary` and `--only-binary` meet one each."""
    stem = name.replace("-", "_")
    label = stop.label.replace("-", ".")
    for version in [*_versions(stop.facts), f"{EPOCH}+slopguard.{label}"]:
        yield f"{stem}-{version}-py3-none-any.whl"
        yield f"{stem}-{version}.tar.gz"


def _versions(facts: Facts) -> Iterator[str]:
    for release in facts.releases:
        try:
            yield str(Version(release.version))
        except InvalidVersion:  # no client could choose it
            continue
