"""What a PyPI file requires from a place of its own (`name @ https://...`), read from the file itself.

pip fetches such a requirement wherever it points; the index that serves pip's public default takes no such files, but
pip's own check of that goes by the host name it downloads from, which is ours. Measured: pip 22.3 to 26.3 install
it without a word; uv refuses it in a wheel, and obeys it in the build requirements of an sdist.

Invariants: pure but for the file handed in; a wheel says all it requires in its METADATA; an sdist is read for what it
says without being built, because whoever builds it runs its code anyway; what cannot be read to its end is refused,
because an installer may read more of it than we do.
"""

from __future__ import annotations

import lzma
import re
import tarfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import IO, Any

from slopguard.errors import UpstreamError
from slopguard.model import Sighting
from slopguard.readers.spec import pypi

LONGEST = 8 << 20
"""Bytes of a member that are read; nobody's metadata is longer."""
_DIRECT = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*@")
_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
_SDIST = re.compile(r"(?:\./)*[^/]+/(PKG-INFO|pyproject\.toml)")
_NOWHERE = Path("/")
_BROKEN = (tarfile.TarError, zipfile.BadZipFile)


class Unreadable(UpstreamError):
    """A file does not let us see all that it requires."""

    def __init__(self) -> None:
        super().__init__("the file cannot be read, so what it requires is not known")


def in_metadata(metadata: bytes) -> Sighting | None:
    """The first direct reference among the `Requires-Dist` lines of a core metadata file."""
    headers = BytesHeaderParser().parsebytes(metadata)
    return _first(headers.get_all("Requires-Dist", ()))


def in_file(filename: str, content: IO[bytes]) -> Sighting | None:
    """The first direct reference in a wheel or sdist.

    Args:
        filename: says what kind of archive it is.
        content: open for reading and seeking.

    Raises:
        Unreadable: it is no such archive, or a member that matters is broken or longer than `LONGEST`.
    """
    try:
        return next((found for member in _members(filename, content) if (found := _in_member(*member))), None)
    except (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, *_BROKEN) as error:
        raise Unreadable from error


def metadata_in(filename: str, content: IO[bytes]) -> bytes:
    """The core metadata inside a wheel or sdist; of several, one after the other.

    Raises:
        Unreadable: as `in_file`.
    """
    try:
        return b"\n".join(text for name, text in _members(filename, content) if name != "pyproject.toml")
    except (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, *_BROKEN) as error:
        raise Unreadable from error


def _members(filename: str, content: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """The files inside that name requirements, each as often as it is there: which one counts is the installer's."""
    content.seek(0)
    if filename.endswith((".whl", ".zip")):
        wanted = _METADATA if filename.endswith(".whl") else _SDIST
        with zipfile.ZipFile(content) as archive:
            for info in archive.infolist():
                if wanted.fullmatch(info.filename):
                    with archive.open(info) as member:
                        yield info.filename.rpartition("/")[2], whole(member)
        return
    with tarfile.open(fileobj=content, mode="r:*") as archive:
        for entry in archive:
            found = _SDIST.fullmatch(entry.name)
            stream = archive.extractfile(entry) if found and entry.isfile() else None
            if found and stream:
                yield found[1], whole(stream)


def whole(member: IO[bytes]) -> bytes:
    """All of a member, or of a metadata file.

    Raises:
        Unreadable: it is longer than `LONGEST`.
    """
    text = member.read(LONGEST + 1)
    if len(text) > LONGEST:
        raise Unreadable
    return text


def _in_member(name: str, text: bytes) -> Sighting | None:
    if name != "pyproject.toml":
        return in_metadata(text)
    try:
        written = tomllib.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise Unreadable from error
    build, project = _table(written, "build-system"), _table(written, "project")
    extras = _table(project, "optional-dependencies").values()
    lists = (build.get("requires"), project.get("dependencies"), *extras)
    return _first(text for found in lists if isinstance(found, list) for text in found if isinstance(text, str))


def _table(values: dict[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def _first(requirements: Iterable[str]) -> Sighting | None:
    return next((pypi(" ".join(text.split()), _NOWHERE) for text in requirements if _DIRECT.match(text)), None)
