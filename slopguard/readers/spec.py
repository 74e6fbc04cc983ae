"""One dependency as a person types it on a command line or writes it in a manifest.

`pypi` reads what pip and uv accept (PEP 508, URLs, version control, paths, uv's `name@version`); `npm` reads what
npm-package-arg accepts. Invariants: every text yields a `Sighting`, however ill-formed; the name in `raw` is as
written, character by character, so that the judge can refuse what is wrong with it; nothing is looked up on disk,
a path is known by its looks.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places

_SPACE = " \t\r\n\f\v"
_PYPI = regex(r"([^\[\]()<>=!~;@, \t\r\n\f\v]*)[ \t]*(?:\[([^\]]*)\])?[ \t]*(.*)", re.DOTALL)
_PYPI_PIN = regex(r"={2,3}[ \t]*([^,*;= \t]+)")
_PYPI_VERSION = regex(r"latest|v?\d[0-9A-Za-z.!+_-]*")
_SCHEME = regex(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:https?|ftp|file):|(?:git|hg|bzr|svn)\+", re.IGNORECASE)
_NPM_URL = regex(r"(?:git\+)?[a-z]+:", re.IGNORECASE)
_NPM_PATH = regex(r"file:|\.|~/|/|[a-z]:", re.IGNORECASE)
_NPM_ARCHIVE = regex(r"\.(?:tgz|tar\.gz|tar)$", re.IGNORECASE)
_NPM_HOST = regex(r"(?:github|gitlab|bitbucket|gist|sourcehut):", re.IGNORECASE)
_NPM_SHORT = regex(r"[^.@:#/\s][^@:#/\s]*/[^@:#/\s]+(?:#.*)?", re.DOTALL)
_NPM_REPO = regex(
    r"https?://(?:[^/?#]*@)?(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org)/[^/]+/[^/?#]+/?(?:tree/[^?#]*)?(?:#.*)?"
)
_NPM_EXACT = regex(r"[v=\s]*(\d+\.\d+\.\d+)(?:-([0-9A-Za-z.-]+)|([A-Za-z][0-9A-Za-z.-]*))?(?:\+[0-9A-Za-z.-]+)?")
_NPM_TAG = regex(r"(?!v?\d|[xX](?:\.|$))[A-Za-z][\w.!~*'()-]*")


def pypi(text: str, cwd: Path, *, location: Location | None = None, editable: bool = False) -> Sighting:
    """Read one requirement as pip or uv takes it.

    Args:
        text: e.g. `flask[async]>=3; python_version > "3"`, `x @ https://...`, `git+https://...`, `./folder`,
            `ruff@0.6.0` (uv, uvx).
        cwd: the folder that relative paths start from.
        editable: it follows `-e`: a text that is no URL is a path.
    """
    text = text.strip(_SPACE)
    extra = {"editable": "1"} if editable else {}
    if _SCHEME.match(text) or (editable and places.is_vcs(text)):
        return _pypi_place(None, text, cwd, extra, location)
    name, extras, rest = _pypi_parts(text)
    if extras:
        extra["extras"] = extras
    if name and rest.startswith("@") and not _is_path(name):
        return _pypi_at(name, rest[1:].strip(_SPACE), cwd, extra, location)
    head = text.partition(";")[0].rstrip(_SPACE)
    head = head.rpartition("[")[0] if head.endswith("]") else head
    if editable or _is_path(head) or places.is_archive(head):
        return _pypi_place(None, head, cwd, extra, location)
    return _pypi_named(text, name, rest, extra, location)


def npm(text: str, cwd: Path, *, location: Location | None = None) -> Sighting:
    """Read one package argument as npm takes it.

    Args:
        text: `name`, `name@range`, `@scope/name@tag`, `alias@npm:real@1`, `user/repo`, a URL, a path.
        cwd: the folder that relative paths start from.
    """
    end = text.find("@", 1)
    name = text[:end] if end > 0 else text
    if _NPM_URL.match(text):
        return npm_entry(None, text, cwd, location=location)
    if _is_scp(text):
        return npm_entry(None, f"git+ssh://{text}", cwd, location=location)
    if not name.startswith("@") and (re.search(r"[/\\]", name) or _NPM_ARCHIVE.search(name)):
        return npm_entry(None, text, cwd, location=location)
    if end > 0:
        return npm_entry(name, text[end + 1 :], cwd, location=location)
    if _NPM_PATH.match(text) or text.count("/") > 1:
        return npm_entry(None, text, cwd, location=location)
    return npm_entry(text, "", cwd, location=location)


def npm_entry(
    name: str | None, spec: str, cwd: Path, *, location: Location | None = None, extra: dict[str, str] | None = None
) -> Sighting:
    """Read one `"name": "spec"` pair of a package.json; `name` is `None` for a bare spec on a command line."""
    extra = dict(extra or {})
    if spec[:4].lower() == "npm:":
        return _npm_alias(name, spec[4:], cwd, extra, location)
    source = _npm_source(spec, cwd)
    if source is None:
        return _npm_named(name or "", spec, extra, location)
    raw, version = (name, None) if name else places.guess(spec)
    if not name:
        extra["unnamed"] = "1"
    if _NPM_ARCHIVE.search(spec.partition("#")[0]):
        extra["archive"] = "1"
    found = places.digests(spec)
    return Sighting(Ecosystem.NPM, raw or spec, "", version, found, source, location, extra)


def _is_path(text: str) -> bool:
    """Whether a text looks like a path to pip: a separator in it, or a leading dot."""
    return "/" in text or "\\" in text or text.startswith(".")


def _pypi_parts(text: str) -> tuple[str, str, str]:
    """The name, the extras and what follows them."""
    found = _PYPI.fullmatch(text)
    assert found is not None  # every part may be empty and the last takes the rest
    return found[1], (found[2] or "").strip(_SPACE), found[3]


def _pypi_named(text: str, name: str, rest: str, extra: dict[str, str], location: Location | None) -> Sighting:
    """A requirement without a place; what the grammar does not know makes the whole text the (ill-formed) name."""
    specifier, _, marker = (part.strip(_SPACE) for part in rest.partition(";"))
    if specifier.startswith("(") and specifier.endswith(")"):
        specifier = specifier[1:-1].strip(_SPACE)
    if not name or (specifier and specifier[0] not in "<>=!~"):
        return Sighting(Ecosystem.PYPI, places.masked(text), location=location, extra=extra)
    if marker:
        extra["marker"] = marker
    pin = _PYPI_PIN.fullmatch(specifier)
    return Sighting(Ecosystem.PYPI, name, specifier, pin[1] if pin else None, location=location, extra=extra)


def _pypi_at(name: str, place: str, cwd: Path, extra: dict[str, str], location: Location | None) -> Sighting:
    """`name @ place`: a URL or path (PEP 508), or uv's `name@version`."""
    if _PYPI_VERSION.fullmatch(place) and not places.is_archive(place):
        version = None if place == "latest" else place
        return Sighting(Ecosystem.PYPI, name, f"=={place}" if version else "", version, location=location, extra=extra)
    return _pypi_place(name, place, cwd, extra, location)


def _pypi_place(name: str | None, place: str, cwd: Path, extra: dict[str, str], location: Location | None) -> Sighting:
    """A requirement that says where it comes from."""
    place, *marker = re.split(r"(?<=[ \t]);|;(?=[ \t])", place, maxsplit=1)
    if marker and marker[0].strip(_SPACE):
        extra["marker"] = marker[0].strip(_SPACE)
    place = place.rstrip(_SPACE)
    relative = not _SCHEME.match(place) and not places.is_vcs(place)
    source = places.path_source(place, cwd) if relative else _anchored(place, cwd)
    guessed, version = places.guess(source.index or "" if source.kind is SourceKind.PATH else place)
    raw = name or places.egg(place)
    if raw is None:
        raw, extra["unnamed"] = guessed, "1"
    if places.is_archive(re.split(r"[?#]", place)[0]):
        extra["archive"] = "1"
    return Sighting(Ecosystem.PYPI, raw, "", version, places.digests(place), source, location, extra)


def _anchored(url: str, cwd: Path) -> Source:
    """The source of a URL; a relative `file:` URL starts from `cwd`."""
    source = places.url_source(url)
    if source.kind is SourceKind.PATH and re.match(r"file:(?!/)", url, re.IGNORECASE):
        return places.path_source(url.partition("#")[0][len("file:") :], cwd)
    return source


def _npm_source(spec: str, cwd: Path) -> Source | None:
    """Where a spec says it comes from; `None` for a version, a range or a tag of the registry."""
    if _NPM_PATH.match(spec):
        return places.path_source(_npm_path(spec), cwd)
    git = _NPM_HOST.match(spec) or _NPM_SHORT.fullmatch(spec) or _NPM_REPO.fullmatch(spec) or _is_scp(spec)
    if git:
        return Source(SourceKind.VCS, places.clean(spec), trusted=False)
    if _NPM_URL.match(spec):
        return places.url_source(spec)
    if re.search(r"[/\\]", spec) or _NPM_ARCHIVE.search(spec):
        return places.path_source(spec, cwd)
    return None


def _npm_path(spec: str) -> str:
    """The path in a path or `file:` spec; npm takes any number of slashes for one, and none before `..` or `~`."""
    if spec[:5].lower() != "file:":
        return spec
    path = re.sub(r"^/+", "/", unquote(spec[5:].partition("#")[0].partition("?")[0]))
    return path[1:] if re.match(r"/(?:\.\.?|~)(?:/|$)", path) else path


def _is_scp(text: str) -> bool:
    """Whether a text is `user@host.domain:path`, git's short form."""
    user, _, rest = text.partition("@")
    host, colon, path = rest.partition(":")
    return bool(user and colon and path and "." in host[1:-1] and not re.search(r"[/\s]", user + host))


def _npm_alias(name: str | None, target: str, cwd: Path, extra: dict[str, str], location: Location | None) -> Sighting:
    """`npm:real@range` under another name: the sighting is for the real package."""
    nested = re.match(r"(?:.[^@]*@)?npm:", target, re.IGNORECASE | re.DOTALL)
    real = None if nested else npm(target, cwd, location=location)
    if real is None or real.source.kind is not SourceKind.REGISTRY:  # npm refuses both
        real = Sighting(Ecosystem.NPM, places.masked(target), location=location)
    if name:
        extra["alias"] = name
    return Sighting(
        Ecosystem.NPM, real.raw, real.specifier, real.version, location=location, extra=extra | dict(real.extra)
    )


def _npm_named(name: str, spec: str, extra: dict[str, str], location: Location | None) -> Sighting:
    """A dependency on the registry."""
    spec = spec.strip()
    if _NPM_TAG.fullmatch(spec):
        extra["tag"] = spec
    return Sighting(Ecosystem.NPM, name, spec, npm_version(spec), source=REGISTRY, location=location, extra=extra)


def npm_version(spec: str) -> str | None:
    """The one version that a spec names (semver, loosely: `v1.2.3`, `=1.2.3`), without build metadata."""
    exact = _NPM_EXACT.fullmatch(spec)
    if not exact:
        return None
    pre = exact[2] or exact[3]
    return f"{exact[1]}-{pre}" if pre else exact[1]
