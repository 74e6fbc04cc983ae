"""Documents and files in the shapes that registries serve, made up from numbers alone.

Invariants: the same arguments give the same bytes in every process; every version is old, so that nothing is refused;
a packument of `LARGEST` versions has the size of the largest known one (21 MB), and the 450 of an install together
what one measured install fetched (66 MB).
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

LARGEST = 3_700
INSTALLED = 450
PAGES, FILES_EACH = 90, 80
WHEEL = 200_000
"""Bytes of the file that each package has."""
OLD = "2020-{:02}-{:02}T10:00:00.{:06}Z"


@cache
def content(name: str) -> bytes:
    """The bytes of a package's one file that is really there: a wheel that requires nothing."""
    seed, made = hashlib.sha256(name.encode()).digest(), io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo("data.bin"), seed * (WHEEL // len(seed)))
        archive.writestr(zipfile.ZipInfo(f"{name}.dist-info/METADATA"), f"Metadata-Version: 2.1\nName: {name}\n")
    return made.getvalue()


def page(name: str, base: str) -> bytes:
    """A project page with dates (PEP 691, 700)."""
    digest = hashlib.sha256(content(name)).hexdigest()
    files = [
        {
            "filename": (filename := f"{name.replace('-', '_')}-1.{number}.0-py3-none-any.whl"),
            "url": f"{base}/files/{name}/{filename}",
            "hashes": {"sha256": digest},
            "requires-python": ">=3.8",
            "size": len(content(name)),
            "upload-time": _old(number),
            "core-metadata": {"sha256": _hex(filename)},
        }
        for number in range(FILES_EACH)
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files, "versions": []}).encode()


def packument(name: str, base: str, versions: int, manifest: int = 5_600) -> bytes:
    """A full packument.

    Args:
        manifest: bytes that each version has, about.
    """
    sri = b64encode(hashlib.sha512(content(name)).digest()).decode()
    shasum = hashlib.sha1(content(name)).hexdigest()
    padding = {f"@made/up-package-{n}": f"^{n}.{n % 7}.0" for n in range(max(0, manifest - 1_400) // 28)}
    numbers = [f"{n // 100}.{n % 100}.0" for n in range(versions)]
    about = {n: _manifest(name, n, f"{base}/{name}/-/{name}-{n}.tgz", sri, shasum, padding) for n in numbers}
    times = {n: _old(at) for at, n in enumerate(numbers)} | {"modified": _old(0), "created": _old(0)}
    top = {"_id": name, "name": name, "dist-tags": {"latest": numbers[-1]}, "versions": about, "time": times}
    return json.dumps(top, separators=(",", ":")).encode()


def _manifest(name: str, version: str, url: str, sri: str, shasum: str, padding: dict[str, str]) -> dict[str, Any]:
    signature = {"keyid": "SHA256:" + _hex(name)[:40], "sig": _hex(version) * 2}
    return {
        "name": name, "version": version, "description": "A package that does nothing but have a size.",
        "scripts": {"build": "tsc", "test": "node test"}, "license": "MIT",
        "dependencies": {"made-up": "^1.0.0", "made-up-too": "~2.1.0"}, "devDependencies": padding,
        "engines": {"node": ">=18"}, "bin": {name: "cli.js"}, "gitHead": _hex(version)[:40],
        "dist": {"tarball": url, "integrity": f"sha512-{sri}", "shasum": shasum, "signatures": [signature],
                 "fileCount": 9, "unpackedSize": 100_000},
        "_npmUser": {"name": "somebody", "email": "somebody@registry.example"}, "_nodeVersion": "20.0.0",
    }  # fmt: skip


def installed(count: int = INSTALLED) -> Iterator[tuple[str, int]]:
    """Names and numbers of versions of the packages that an install asks for: few large ones, many small."""
    for at in range(count):
        yield f"dep-{at}", {0: 1_600, 1: 1_500, 2: 700}.get(at, 6 + at % 23)


def wheel(folder: Path, megabytes: int) -> tuple[Path, str]:
    """A wheel of this size on disk, and its SHA-256."""
    place = folder / "huge-1.0.0-py3-none-any.whl"
    piece = hashlib.sha256(b"huge").digest() * 32_768
    with zipfile.ZipFile(place, "w") as archive:
        with archive.open("huge/data.bin", "w") as member:
            for _ in range(megabytes):
                member.write(piece)
        archive.writestr("huge-1.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: huge\nVersion: 1.0.0\n")
    with place.open("rb") as file:
        return place, hashlib.file_digest(file, "sha256").hexdigest()


def huge_page(base: str, digest: str, size: int) -> bytes:
    """The page of the package that `wheel` makes."""
    filename = "huge-1.0.0-py3-none-any.whl"
    file = {"filename": filename, "url": f"{base}/files/huge/{filename}", "hashes": {"sha256": digest}, "size": size,
            "upload-time": _old(1)}  # fmt: skip
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "huge", "files": [file], "versions": ["1.0.0"]}).encode()


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _old(number: int) -> str:
    return OLD.format(1 + number // 28 % 12, 1 + number % 28, number)
