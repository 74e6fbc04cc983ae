"""npm package names in URL paths: one name, many encodings.

Invariants: pure; a path is decoded exactly once, so an encoded percent sign never becomes a second escape.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote


def quoted(name: str) -> str:
    """The name as npm itself writes it in a path: `@scope%2fname`, lower-case escape."""
    scope, slash, rest = name.rpartition("/")
    if not slash:
        return quote(name, safe="")
    return f"@{quote(scope.removeprefix('@'), safe='')}%2f{quote(rest, safe='')}"


@dataclass(frozen=True, slots=True)
class NpmPath:
    """What a registry path asks for: a package, and one tarball of it or `None` for the packument.

    `version` is set for `/name/1.2.3` and `/name/tag`, the single-version form.
    """

    name: str
    filename: str | None = None
    version: str | None = None


def parse_path(raw: str) -> NpmPath | None:
    """What the raw (still percent-encoded) path below a registry's root asks for.

    Understands `name`, `@scope/name`, `@scope%2fname`, `%40scope%2Fname`, each with `/-/file.tgz` or `/version`;
    `None` for everything else (`-/...` service paths, an empty path, `..`).
    """
    segments = [unquote(part) for part in raw.partition("?")[0].strip("/").split("/")]
    if segments[0].startswith("@") and "/" not in segments[0] and len(segments) > 1:
        segments[:2] = [f"{segments[0]}/{segments[1]}"]
    name, rest = segments[0], segments[1:]
    if not _is_name(name) or any(part in ("", ".", "..") or "/" in part for part in rest):
        return None
    match rest:
        case []:
            return NpmPath(name)
        case ["-", filename]:
            return NpmPath(name, filename=filename)
        case [version] if version != "-":
            return NpmPath(name, version=version)
    return None


def _is_name(name: str) -> bool:
    scope, slash, short = name.rpartition("/")
    if slash and (not scope.startswith("@") or "/" in scope or len(scope) == 1):
        return False
    return short not in ("", "-", ".", "..") and (bool(slash) or not name.startswith("@"))


def mirrored(url: str, root: str, filename: str) -> str:
    """The file name in an address on the gate: as unusual as the registry's own.

    pnpm compares the addresses in its lock file and in the registry's answers, and writes one down only where it is
    not `root` and the file's name. A fragment makes it so, is never sent, and leaves the lock file with the address.

    Args:
        url: the registry's own address of the file.
        root: where a usual address begins.
    """
    bare = url.replace("%2f", "/").partition("://")[2]
    return filename if bare == root.partition("://")[2] + filename else f"{filename}?elsewhere"
