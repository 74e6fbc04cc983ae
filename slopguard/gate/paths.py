"""What the path of a request means; pure.

Invariant: a path is split before it is decoded, and each part is decoded once, so that an encoded slash never
changes which route is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote


class Wanted(StrEnum):
    """What a path of the Simple API asks for."""

    NAMES = "names"
    PROJECT = "project"
    FILE = "file"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Route:
    """The route of a request.

    Args:
        protocol: `pypi`, `npm`, `osv` or `healthz`; `""` for none of them.
        key: which index.
        rest: what follows, as sent.
    """

    protocol: str
    key: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class SimplePath:
    """A path of the Simple API, taken apart.

    Args:
        name: the project's name as written, decoded; not yet judged.
        filename: decoded.
        slash: whether the path ends in a slash (PEP 503 wants one after a project).
    """

    wanted: Wanted
    name: str = ""
    filename: str = ""
    slash: bool = True


def route(target: str) -> Route:
    """The route of a request target in origin form (RFC 9112, section 3.2.1), query included."""
    path = target.partition("?")[0]
    match path.split("/", 3):
        case ["", "healthz"]:
            return Route("healthz")
        case ["", "osv", *rest]:
            return Route("osv", rest="/".join(rest))
        case ["", "pypi" | "npm" as protocol, key, rest]:
            return Route(protocol, key, rest)
        case ["", "npm", key]:
            return Route("npm", key)
    return Route("")


def simple(rest: str) -> SimplePath:
    """What the part after `/pypi/<key>/` asks for."""
    parts = rest.split("/")
    slash = parts[-1] == ""
    match [unquote(part) for part in parts if part]:
        case ["simple"]:
            return SimplePath(Wanted.NAMES, slash=slash)
        case ["simple", name]:
            return SimplePath(Wanted.PROJECT, name, slash=slash)
        case ["files", name, filename]:
            return SimplePath(Wanted.FILE, name, filename)
    return SimplePath(Wanted.NOTHING)


def tagged(rest: str) -> str | None:
    """The name in `-/package/<name>/dist-tags`, decoded, if `rest` (after `/npm/<key>/`) is such a path."""
    inside = rest.removeprefix("-/package/").rstrip("/")
    if not rest.startswith("-/package/") or not inside.endswith("/dist-tags"):
        return None
    return unquote(inside.removesuffix("/dist-tags"))


def climbs(rest: str) -> bool:
    """Whether some part of a path is `.` or `..`, in any encoding."""
    return any(unquote(part) in (".", "..") for part in unquote(rest).split("/"))
