"""Manifests and lock files of real projects, where a folder of them is given: all are read, no name is lost.

`SLOPGUARD_REAL_MANIFESTS` names a folder with an `index.jsonl` of `{"file", "path", "registry", "other"}` rows: where a
file lies, what it is called in its project, how many names of the registry it holds, and `ecosystem:name:kind` of what
comes from elsewhere.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import pytest

from slopguard import readers
from slopguard.errors import InputError
from slopguard.model import Ecosystem, SourceKind
from slopguard.readers.interface import Context
from slopguard.readers.text import decode

FOLDER = os.environ.get("SLOPGUARD_REAL_MANIFESTS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="needs SLOPGUARD_REAL_MANIFESTS, a folder of real manifests")


def _rows():
    index = Path(FOLDER or ".") / "index.jsonl"
    rows = [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines()] if FOLDER else []
    return [row for row in rows if readers.reader_for(Path(row["path"]))]


def _read(row):
    real, stored = Path(row["path"]), Path(FOLDER) / row["file"]

    def load(path: Path) -> str:
        if path != real:
            raise InputError(f"{path}: not in the collection")
        data = stored.read_bytes()
        return decode(gzip.decompress(data) if stored.suffix == ".gz" else data, path)

    return readers.read(real, load, Context(sources=True, poetry=True, catalogs=True))


def _names(reading):
    """Normalised names of the registry's packages, and what they are called where that is another name."""
    found = [s for s in reading.sightings if s.source.kind is SourceKind.REGISTRY and "bundled" not in s.extra]
    npm = {name.lower() for s in found if s.ecosystem is Ecosystem.NPM for name in (s.raw, s.extra.get("alias", s.raw))}
    return npm | {re.sub(r"[-_.]+", "-", s.raw).lower() for s in found if s.ecosystem is Ecosystem.PYPI}


def _elsewhere(reading):
    """`ecosystem:name` of what is from no registry: other places, files inside a parent's archive, patched packages."""
    found = [s for s in reading.sightings if s.source.kind is not SourceKind.REGISTRY]
    found += [s for s in reading.sightings if {"bundled", "checksum"} & s.extra.keys()]
    return {f"{s.ecosystem}:{name}".lower() for s in found for name in (s.raw, s.extra.get("alias", s.raw))}


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["file"])
def test_a_real_file_is_read_whole(row):
    reading = _read(row)
    assert {problem.code for problem in reading.problems} <= {"undecidable", "missing-include"}
    assert len(_names(reading)) >= row["registry"]
    assert all(s.location.line for s in reading.sightings)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["file"])
def test_what_comes_from_elsewhere_is_said_to(row):
    assert {entry.rpartition(":")[0].lower() for entry in row["other"]} <= _elsewhere(_read(row))
