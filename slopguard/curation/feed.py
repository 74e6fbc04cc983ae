"""Where OSV records come from: a file, a folder, a zip or an address, record by record.

Invariants: a record is given with the words that name it in a report; nothing is unpacked onto disk and no name in an
archive is used as a path; sizes are bounded by what was read, never by what a header promises; a link in a folder is
not followed.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import urlsplit

import msgspec

from slopguard.errors import InputError, UpstreamError, UsageError
from slopguard.names import shown

LARGEST_RECORD = 10_000_000
"""Bytes of one record."""
LARGEST_FEED = 2_000_000_000
"""Bytes of a file or an answer as it comes."""
MOST_UNPACKED = 8_000_000_000
"""Bytes of all records of an archive."""
MOST_RECORDS = 2_000_000
"""Records of one import."""
RATIO = 100
"""How much an archive may grow when it is unpacked, beyond `LARGEST_RECORD`."""
PATIENCE = 60.0
"""Seconds for each answer of a server."""
_CHUNK = 1 << 20
_LOCAL = ("127.0.0.1", "localhost", "::1")

Record = tuple[str, bytes]
"""Where it stands, fit to print, and its bytes."""


def records(what: str) -> Iterator[Record]:
    """The records of a file, a folder, a zip or an address, in a fixed order.

    Raises:
        InputError: it is not there, or is none of these, or is too large.
        UsageError: the address is not one that may be used.
        UpstreamError: the server gave no usable answer.
    """
    for count, record in enumerate(_records(what)):
        if count >= MOST_RECORDS:
            raise InputError(f"{shown(what, 200)}: holds more than {MOST_RECORDS:,} records")
        yield record


def _records(what: str) -> Iterator[Record]:
    if "://" in what:
        with _fetched(what) as file:
            yield from _opened(file, "the answer")
        return
    path = Path(what)
    if path.is_dir():
        yield from _folder(path)
        return
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise InputError(f"{shown(what, 200)}: cannot be read", "Check the path") from error
    with file:
        yield from _opened(file, shown(path.name, 100))


def _folder(folder: Path) -> Iterator[Record]:
    """The `*.json` below a folder, in the order of their paths."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if name.endswith(".json") and not path.is_symlink() and path.is_file():
                where = shown(path.relative_to(folder).as_posix(), 200)
                try:
                    with path.open("rb") as file:
                        yield where, _limited(file, where)
                except OSError as error:
                    raise InputError(f"{where}: cannot be read", "Check its permissions") from error


def _opened(file: IO[bytes], where: str) -> Iterator[Record]:
    """The records of a zip, of a file with one record a line, or of one JSON document."""
    start = file.read(2)
    file.seek(0)
    if start == b"PK":
        return _zip(file, where)
    line = file.readline(LARGEST_RECORD)
    file.seek(0)
    return _lines(file, where) if _is_json(line) else _document(file, where)


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True


def _lines(file: IO[bytes], where: str) -> Iterator[Record]:
    number = 0
    while line := file.readline(LARGEST_RECORD + 1):
        number += 1
        if len(line) > LARGEST_RECORD:
            raise _too_large(f"{where}, line {number}")
        if line.strip():
            yield f"{where}, line {number}", line


def _document(file: IO[bytes], where: str) -> Iterator[Record]:
    """One record, or a list of records."""
    data = _limited(file, where)
    try:
        found = msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        yield where, data
        return
    yield from ((f"{where}, record {number}", bytes(raw)) for number, raw in enumerate(found, 1))


def _zip(file: IO[bytes], where: str) -> Iterator[Record]:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    room = min(MOST_UNPACKED, size * RATIO + LARGEST_RECORD)
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".json"):
                    name = f"{where}, {shown(member.filename, 200)}"
                    with archive.open(member) as packed:
                        data = _limited(packed, name)
                    room -= len(data)
                    if room < 0:
                        raise InputError(f"{where}: grows too large when it is unpacked", "Do not use this file")
                    yield name, data
    except InputError:
        raise
    # a damaged archive shows itself in many ways, a password and an unknown method of packing among them
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, EOFError, NotImplementedError, _zlib_error()) as why:
        raise InputError(f"{where}: not a zip file that can be read", "Fetch it again") from why


def _zlib_error() -> type[Exception]:
    import zlib

    return zlib.error


def _limited(file: IO[bytes], where: str) -> bytes:
    data = file.read(LARGEST_RECORD + 1)
    if len(data) > LARGEST_RECORD:
        raise _too_large(where)
    return data


def _too_large(where: str) -> InputError:
    return InputError(f"{where}: larger than {LARGEST_RECORD // 1_000_000} MB", "Do not use this file")


# ---------------------------------------------------------------- fetching


@contextmanager
def _fetched(url: str) -> Iterator[IO[bytes]]:
    """The answer from an address, in a file of its own that is gone afterwards."""
    import requests

    _check(url)
    with TemporaryFile() as file:
        try:
            with requests.get(url, stream=True, timeout=PATIENCE, allow_redirects=False) as answer:
                if answer.status_code != requests.codes.ok:
                    raise UpstreamError(f"the server answered {answer.status_code}", "Check the address")
                size = 0
                for chunk in answer.iter_content(_CHUNK):
                    size += len(chunk)
                    if size > LARGEST_FEED:
                        raise InputError(f"the answer is larger than {LARGEST_FEED // 1_000_000} MB")
                    file.write(chunk)
        except requests.RequestException as why:
            raise UpstreamError("the server gave no usable answer", "Check the address, or retry later") from why
        file.seek(0)
        yield file


def _check(url: str) -> None:
    """What is fetched is not signed, so that nobody on the way may change it.

    Raises:
        UsageError: the address is none, or anybody on the way could answer for it.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise UsageError("that is not an address", "Write it as https://HOST/PATH") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOCAL):
        raise UsageError("records are fetched over https only, for nobody signs them", "Write it as https://HOST/PATH")
    if not host:
        raise UsageError("that is not an address", "Write it as https://HOST/PATH")
