"""Real wheels, sdists and npm tarballs, built in memory, byte for byte the same each time.

Invariants: nothing here reads a clock or the disk. A package that is built, imported, run or whose install script
runs leaves an empty file in the `markers` folder it was made with, so a test can prove that none of this happened.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EPOCH = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file as a registry serves it; `metadata` is a wheel's METADATA (PEP 658)."""

    filename: str
    content: bytes
    metadata: bytes | None = None

    @property
    def sha256(self) -> str:
        """The hex digest PyPI pages name."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def sha1(self) -> str:
        """The hex digest npm calls `shasum`."""
        return hashlib.sha1(self.content, usedforsecurity=False).hexdigest()

    @property
    def integrity(self) -> str:
        """The `sha512-...` string of npm (W3C subresource integrity)."""
        return "sha512-" + base64.b64encode(hashlib.sha512(self.content).digest()).decode()


def escaped(name: str) -> str:
    """A project name as it stands in file names (PEP 427, PEP 625)."""
    return re.sub(r"[-_.]+", "_", name).lower()


def mark(markers: Path | None, event: str) -> str:
    """One Python statement that leaves the marker `event`, or does nothing."""
    return "pass" if markers is None else f"import pathlib; pathlib.Path({str(markers / event)!r}).touch()"


def core_metadata(
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    extras: Mapping[str, Iterable[str]] | None = None,
    requires_python: str | None = None,
) -> bytes:
    """METADATA or PKG-INFO text (core metadata 2.2; every field static)."""
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}", "Summary: a package made by a test"]
    if requires_python:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    for extra, wanted in (extras or {}).items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {_under_extra(requirement, extra)}" for requirement in wanted]
    return ("\n".join(lines) + "\n").encode()


def _under_extra(requirement: str, extra: str) -> str:
    spec, _, marker = requirement.partition(";")
    condition = f"({marker.strip()}) and extra == {extra!r}" if marker else f"extra == {extra!r}"
    return f"{spec.strip()} ; {condition}"


def wheel(
    name: str, version: str, metadata: bytes, *, tag: str = "py3-none-any", markers: Path | None = None
) -> Artefact:
    """A wheel with one module and one console script, both named after the project."""
    module = escaped(name)
    event = f"{module}-{version}"
    info = f"{module}-{version}.dist-info"
    code = f"{mark(markers, event + '.imported')}\n\n\ndef main():\n    {mark(markers, event + '.ran')}\n"
    files = {
        f"{module}.py": code.encode(),
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": _wheel_file(tag),
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {module}:main\n".encode(),
    }
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, EPOCH), content)
    return Artefact(f"{module}-{version}-{tag}.whl", buffer.getvalue(), metadata)


def _wheel_file(tag: str) -> bytes:
    pythons, abis, platforms = (part.split(".") for part in tag.split("-"))
    tags = [f"Tag: {p}-{a}-{q}" for p in pythons for a in abis for q in platforms]
    pure = "true" if platforms == ["any"] else "false"
    return "\n".join(["Wheel-Version: 1.0", "Generator: test", f"Root-Is-Purelib: {pure}", *tags, ""]).encode()


def _record(files: Mapping[str, bytes], own: str) -> bytes:
    rows = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(content)}")
    return "\n".join([*rows, f"{own},,", ""]).encode()


BACKEND = """import io, shutil, pathlib, zipfile
{mark}
WHEEL = {wheel!r}
HERE = pathlib.Path(__file__).parent

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    shutil.copy(HERE / "built.zip", pathlib.Path(wheel_directory) / WHEEL)
    return WHEEL

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    with zipfile.ZipFile(HERE / "built.zip") as archive:
        inside = [n for n in archive.namelist() if ".dist-info/" in n]
        archive.extractall(metadata_directory, inside)
    return inside[0].split("/")[0]
"""


def sdist(
    name: str,
    version: str,
    metadata: bytes,
    *,
    built: Artefact,
    markers: Path | None = None,
    build_requires: Iterable[str] = (),
) -> Artefact:
    """An sdist whose in-tree backend (PEP 517) leaves the marker `*.built` and hands out `built`."""
    root = f"{escaped(name)}-{version}"
    requires = json.dumps(list(build_requires))
    pyproject = f'[build-system]\nrequires = {requires}\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    backend = BACKEND.format(mark=mark(markers, f"{root}.built"), wheel=built.filename)
    files = {
        f"{root}/PKG-INFO": metadata,
        f"{root}/pyproject.toml": pyproject.encode(),
        f"{root}/backend.py": backend.encode(),
        f"{root}/built.zip": built.content,
    }
    return Artefact(f"{root}.tar.gz", _tar_gz(files))


def npm_tarball(manifest: Mapping[str, Any], *, markers: Path | None = None) -> Artefact:
    """An npm package: `package.json` and an `index.js` that leaves the marker `*.ran` when loaded or run."""
    event = f"{str(manifest['name']).replace('/', '__')}-{manifest['version']}.ran"
    body = "" if markers is None else f"require('fs').writeFileSync({json.dumps(str(markers / event))}, '')\n"
    files = {
        "package/package.json": json.dumps(manifest, indent=2).encode(),
        "package/index.js": b"#!/usr/bin/env node\n" + body.encode(),
    }
    return Artefact(f"{str(manifest['name']).rpartition('/')[2]}-{manifest['version']}.tgz", _tar_gz(files))


def _tar_gz(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode, member.mtime = len(content), 0o755, 1_577_836_800
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), compresslevel=1, mtime=0)
