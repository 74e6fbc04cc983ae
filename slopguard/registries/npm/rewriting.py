"""Versions of a packument as a client reads them: the registry's own bytes with another tarball address.

Invariants: pure; no value is decoded that is passed on (`integrity`, `shasum` and `signatures` arrive untouched, and
numbers as they are spelled); no manifest leaves with another address than ours, not even beside it, and none that
claims a shrinkwrap: npm to 11 takes from its tarball where to fetch what it requires.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

Piece = bytes | memoryview
"""A part of a document; views into the registry's bytes are joined without being copied before."""


class _Abbreviated(msgspec.Struct, omit_defaults=True, rename="camel"):
    """The fields of the abbreviated form, as the registry documents them; nothing else."""

    name: Raw | UnsetType = UNSET
    version: Raw | UnsetType = UNSET
    deprecated: Raw | UnsetType = UNSET
    dependencies: Raw | UnsetType = UNSET
    optional_dependencies: Raw | UnsetType = UNSET
    dev_dependencies: Raw | UnsetType = UNSET
    bundle_dependencies: Raw | UnsetType = UNSET
    bundled_dependencies: Raw | UnsetType = UNSET
    peer_dependencies: Raw | UnsetType = UNSET
    peer_dependencies_meta: Raw | UnsetType = UNSET
    accept_dependencies: Raw | UnsetType = UNSET
    bin: Raw | UnsetType = UNSET
    directories: Raw | UnsetType = UNSET
    dist: Raw | UnsetType = UNSET
    engines: Raw | UnsetType = UNSET
    cpu: Raw | UnsetType = UNSET
    os: Raw | UnsetType = UNSET
    libc: Raw | UnsetType = UNSET
    funding: Raw | UnsetType = UNSET
    shrunk: Raw | UnsetType = msgspec.field(default=UNSET, name="_hasShrinkwrap")
    has_install_script: Raw | bool | UnsetType = UNSET


_SHRUNK = re.compile(rb'hrinkwrap"\s*+:\s*+(?!false\b)')
_NAMED = b'"tarball"'
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_ABBREVIATED = msgspec.json.Decoder(_Abbreviated)
_ENCODER = msgspec.json.Encoder()


def full(raw: Raw, tarball: str, address: str) -> Sequence[Piece]:
    """A manifest with another tarball address, in pieces."""
    text, old = bytes(raw), _ENCODER.encode(tarball)
    at = _only(text, old)
    if at is None or (b'hrinkwrap"' in text and _SHRUNK.search(text)):
        manifest: dict[str, Any] = _fields(raw)
        manifest.pop("_hasShrinkwrap", None)
        manifest["dist"] = _fields(manifest["dist"]) | {"tarball": address}
        return (_ENCODER.encode(manifest),)
    view = memoryview(raw)
    return view[:at], _ENCODER.encode(address), view[at + len(old) :]


def short(raw: Raw, tarball: str, address: str, *, scripted: bool) -> Sequence[Piece]:
    """The abbreviated form of a manifest.

    Args:
        scripted: installing it runs a script.
    """
    found = _ABBREVIATED.decode(raw)
    assert found.dist is not UNSET
    found.dist = Raw(_readdressed(found.dist, tarball, address))
    if found.shrunk is not UNSET and bytes(found.shrunk) != b"false":
        found.shrunk = UNSET
    if scripted:
        found.has_install_script = True
    return (_ENCODER.encode(found),)


def _readdressed(dist: Raw, tarball: str, address: str) -> bytes:
    text, old = bytes(dist), _ENCODER.encode(tarball)
    if _only(text, old) is not None:
        return text.replace(old, _ENCODER.encode(address))
    return _ENCODER.encode(_fields(dist) | {"tarball": address})


def _fields(table: Raw) -> dict[str, Raw]:
    """The fields of a table, each once, as they came; their names as every client would read them."""
    try:
        return _FIELDS.decode(table)
    except UnicodeDecodeError:
        return _FIELDS.decode(bytes(table).decode("utf-8", "replace"))


def _only(text: bytes, old: bytes) -> int | None:
    """Where a string stands, `None` if it is not there exactly once or could be there in another spelling too.

    Nor where another address stands beside it: of a field that is there twice, some clients read the first.
    """
    at = text.find(old)
    if at < 0 or text.find(old, at + 1) >= 0 or b"\\u" in text or b"\\/" in text or text.count(_NAMED) != 1:
        return None
    return at


def assembled(head: Mapping[str, Any], versions: Iterable[tuple[str, Sequence[Piece]]]) -> bytes:
    """A packument of these keys, and of these versions."""
    pieces: list[Piece] = [_ENCODER.encode(head)[:-1], b',"versions":{']
    joint = b""
    for number, parts in versions:
        pieces += (joint, _ENCODER.encode(number), b":", *parts)
        joint = b","
    pieces.append(b"}}")
    return b"".join(pieces)
