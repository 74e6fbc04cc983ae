"""One file that holds a whole published list: all its metadata and bundles, as a machine keeps or carries them.

The format is msgpack: `{"format": "slopguard-pack/1", "files": {path: bytes}}`, with the paths of the published folder
but for the hash in front of a target's name (`targets/common.tsv`). Invariants: a pack is read whole or refused;
whatever is odd about it is `ListInvalid`; nothing in it counts before `trust.verify` has checked it; the same files
give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from slopguard.errors import ListInvalid
from slopguard.lists import files as private

FORMAT = "slopguard-pack/1"
LARGEST = 512 * 1024 * 1024
"""Bytes of a pack: ten times what a million rows take."""
METADATA = 5_000_000
"""Bytes of one metadata file, as python-tuf's own client limits them."""
MOST = 4096
"""Files in a pack."""
_PATH = re.compile(
    r"metadata/(timestamp|\d{1,19}\.[a-z0-9][a-z0-9-]{0,31})\.json|targets/[a-z0-9][a-z0-9-]{0,31}\.(tsv|json)"
)
_HINT = "Fetch the list again: slopguard lists sync"


def read(path: Path) -> dict[str, bytes]:
    """The files in a pack, by path.

    Raises:
        ListInvalid: it cannot be read, or is no pack.
    """
    return unpacked(_bytes(path))


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files in a pack's bytes.

    Raises:
        ListInvalid: these are no pack.
    """
    import msgspec

    try:
        found = msgspec.msgpack.decode(data, type=dict[str, str | dict[str, bytes]])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _odd() from None
    files = found.get("files")
    if found.keys() != {"format", "files"} or found["format"] != FORMAT or not isinstance(files, dict):
        raise _odd()
    _check(files)
    return files


def write(path: Path, files: Mapping[str, bytes]) -> None:
    """Put a pack in its place, whole.

    Raises:
        ListInvalid: these are not the files of a signed list.
        StoreError: it cannot be written.
    """
    private.replace(path, packed(files))


def packed(files: Mapping[str, bytes]) -> bytes:
    """The bytes of a pack of these files.

    Raises:
        ListInvalid: what comes out could not be read again.
    """
    import msgspec

    _check(files)
    return msgspec.msgpack.encode({"format": FORMAT, "files": dict(sorted(files.items()))})


def _check(files: Mapping[str, bytes]) -> None:
    if len(files) > MOST or not all(_fits(name, len(content)) for name, content in files.items()):
        raise _odd()


def _fits(name: str, size: int) -> bool:
    return bool(_PATH.fullmatch(name)) and (name.startswith("targets/") or size <= METADATA)


def _bytes(path: Path) -> bytes:
    try:
        return private.read(path, LARGEST)
    except ValueError:
        raise _odd() from None
    except OSError as why:
        raise ListInvalid(f"a signed list cannot be read ({type(why).__name__})", _HINT) from None


def _odd() -> ListInvalid:
    return ListInvalid("a file that should hold a signed list holds something else", _HINT)
