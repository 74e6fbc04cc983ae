"""Places a dependency may come from besides a registry: URLs, version control and local paths.

Invariants: what leaves this module carries no credentials; nothing is trusted here (`Source.trusted` stays
`False`; only the guard, which knows the user's indexes, may say otherwise); no file is opened or looked for.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from slopguard.model import Source, SourceKind
from slopguard.patterns import regex

_AUTHORITY = regex(r"(?<=//)[^/?#]*@")
_DIGEST = regex(r"(?:^|&)(md5|sha1|sha224|sha256|sha384|sha512)=([0-9A-Fa-f]+)(?=&|$)")
_EGG = regex(r"(?:^|&)egg=([^&\[]*)")
_WHEEL = regex(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-[^-]+){3,4}\.whl", re.IGNORECASE)
_SDIST = regex(r"(?P<name>.+?)-v?(?P<version>\d[^-]*)")
_ARCHIVE = regex(r"\.(?:zip|whl|tar|tgz|tbz|txz|tlz|tar\.(?:gz|bz2|xz|lz|lzma))", re.IGNORECASE)
_REFERENCE = regex(r"(?P<place>(?:[\w+.-]+://[^/]*|[^@/]*@[^:/]*:)?+(?:[^@]|(?<=[/:])@)*)(?<![/:])@.*", re.DOTALL)
"""A repository's address with what is to be taken of it: a branch may have `/` in its name."""
_HOSTED = regex(r"\w+://[^/]+/(?:[^/]+/)*?(?P<repository>[^/]+)/(?:-/)?(?:archive|zipball|tarball)/.*", re.DOTALL)
"""An archive that a repository's host makes of it: its own name is that of a branch or tag."""
_REMOTE = regex(r"(?:\w+://(?:[^/@]*@)?|[^/@:]+@)([\w.-]+)(?::\d+)?[/:]+([^/\s].*)", re.DOTALL)
_VCS = regex(r"(?:git|hg|bzr|svn)\+|(?:git|ssh|hg|bzr|svn|sftp):", re.IGNORECASE)


def clean(url: str) -> str:
    """The URL without `user:password@` and without fragment; works on ill-formed URLs too."""
    return _AUTHORITY.sub("", url.partition("#")[0].replace("\\", "/")).strip()


def masked(text: str) -> str:
    """A text that should have been a name, without the credentials of a URL in it."""
    return _AUTHORITY.sub("", text)


def digests(url: str) -> frozenset[str]:
    """Digests in a URL's fragment (`#sha256=...`), as `algo:hex`."""
    return frozenset(f"{algo}:{value.lower()}" for algo, value in _DIGEST.findall(url.partition("#")[2]))


def egg(url: str) -> str | None:
    """The name that a fragment `#egg=NAME` gives, if any."""
    found = _EGG.search(url.partition("#")[2])
    return unquote(found[1]) or None if found else None


def is_archive(text: str) -> bool:
    """Whether a path or URL ends in an archive's extension (the list is pip's)."""
    tail = text.rpartition(".tar.")
    return bool(_ARCHIVE.fullmatch(tail[1] + tail[2]) or _ARCHIVE.fullmatch("." + text.rpartition(".")[2]))


def is_vcs(url: str) -> bool:
    """Whether a URL names a version-control system by its scheme."""
    return bool(_VCS.match(url))


def url_source(url: str) -> Source:
    """The source for a URL: version control, a download, or (scheme `file:`) a local path."""
    if url.lower().startswith("file:"):
        return path_source(file_path(url), Path("/"))
    return Source(SourceKind.VCS if is_vcs(url) else SourceKind.URL, clean(url), trusted=False)


def path_source(path: str, base: Path) -> Source:
    """The source for a local path, made absolute from the folder `base`; `~/` is the user's home folder."""
    return Source(SourceKind.PATH, absolute(base, masked(path)), trusted=False)


def absolute(base: Path, path: str = "") -> str:
    """The absolute path of `path`, which starts from `base`; links are not followed, nothing is looked up."""
    if path.startswith("~/"):
        path = os.path.expanduser(path)  # noqa: PTH111 (text, not a path yet: pathlib would change it)
    return os.path.abspath(os.path.join(base, path))  # noqa: PTH100, PTH118 (resolve() would follow links)


def repository(address: str) -> str:
    """`host/path` of a repository's or an archive's address, the same for every way to reach it; `""` for no host."""
    plain = clean(re.sub(r"^\w+\+", "", address))
    if referred := _REFERENCE.fullmatch(plain):
        plain = referred["place"]
    found = _REMOTE.fullmatch(plain)
    return f"{found[1]}/{found[2].rstrip('/').removesuffix('.git')}".lower() if found else ""


def guess(place: str) -> tuple[str, str | None]:
    """The name and version that a file or repository name suggests; exact for wheels, a guess for the rest."""
    place = masked(place)
    if is_vcs(place) and (referred := _REFERENCE.fullmatch(place)):
        place = referred["place"]
    if hosted := _HOSTED.fullmatch(place):
        return unquote(hosted["repository"]).removesuffix(".git"), None
    tail = re.split(r"[?#]", place)[0].rstrip("/")
    tail = unquote(re.split(r"[/:\\]", tail)[-1])
    if wheel := _WHEEL.fullmatch(tail):
        return wheel["name"], wheel["version"]
    stem = tail
    if is_archive(tail):
        stem = tail.rpartition(".")[0].removesuffix(".tar")
        if sdist := _SDIST.fullmatch(stem):
            return sdist["name"], sdist["version"]
    return (stem[:1] + stem[1:].partition("@")[0]).removesuffix(".git") or place, None


def file_path(url: str) -> str:
    """The path in a `file:` URL: `file:///a`, `file://localhost/a`, `file:a` (RFC 8089 and what clients accept)."""
    rest = unquote(url.partition("#")[0][len("file:") :])
    if rest.startswith("//"):
        return "/" + rest[2:].partition("/")[2]
    return rest
