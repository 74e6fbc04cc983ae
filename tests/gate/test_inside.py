"""What a file requires from a place of its own is found however it is written, and only that."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from slopguard.gate.inside import LONGEST, Unreadable, in_file, in_metadata
from slopguard.registries.npm.packument import parse_packument
from tests.simulators.artefacts import core_metadata, sdist, wheel

PLACE = "https://files.registry.example/x.tar.gz"


@pytest.mark.parametrize(
    "line",
    [f"Requires-Dist: x @ {PLACE}", f"requires-dist: x[a,b]@{PLACE} ; extra == 'z'", f"Requires-Dist: x\n @ {PLACE}"],
)
def test_a_direct_reference_is_found_in_metadata(line: str) -> None:
    found = in_metadata(f"Metadata-Version: 2.1\nName: a\nRequires-Dist: fine>=1\n{line}\n\nbody\n".encode())
    assert found is not None
    assert found.raw == "x"
    assert found.source.index == PLACE


@pytest.mark.parametrize("line", ["Requires-Dist: x>=1", "Summary: x @ y", f"\nRequires-Dist: x @ {PLACE}"])
def test_nothing_else_is_one(line: str) -> None:
    assert in_metadata(f"Metadata-Version: 2.1\nName: a\n{line}\n".encode()) is None


def test_a_second_metadata_file_in_a_wheel_does_not_hide_the_first() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a-1.dist-info/METADATA", core_metadata("a", "1", requires=[f"x @ {PLACE}"]))
        archive.writestr("b-1.dist-info/METADATA", core_metadata("a", "1"))
    assert in_file("a-1-py3-none-any.whl", buffer) is not None


@pytest.mark.parametrize("requires", [[], ["fine>=1"]])
def test_ordinary_files_require_nothing_from_elsewhere(requires: list[str]) -> None:
    about = core_metadata("a", "1", requires=requires)
    built = wheel("a", "1", about)
    assert in_file(built.filename, io.BytesIO(built.content)) is None
    made = sdist("a", "1", about, built=built, build_requires=requires)
    assert in_file(made.filename, io.BytesIO(made.content)) is None


def test_an_archive_that_cannot_be_read_is_refused() -> None:
    for name in ("a-1-py3-none-any.whl", "a-1.tar.gz", "a-1.zip"):
        with pytest.raises(Unreadable):
            in_file(name, io.BytesIO(b"no archive"))


def test_a_broken_or_endless_metadata_file_hides_nothing_behind_it() -> None:
    for first in (b"X" * 40, b"X" * (LONGEST + 1)):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a-1.dist-info/METADATA", first)
            archive.writestr("b-1.dist-info/METADATA", f"Name: a\nRequires-Dist: b @ {PLACE}\n")
        content = buffer.getvalue() if len(first) > LONGEST else buffer.getvalue().replace(b"X" * 40, b"Y" * 40, 1)
        with pytest.raises(Unreadable):
            in_file("a-1-py3-none-any.whl", io.BytesIO(content))


def test_every_pyproject_of_an_sdist_counts() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for text in (b"[build-system]\nrequires = []\n", f'[build-system]\nrequires = ["x @ {PLACE}"]\n'.encode()):
            entry = tarfile.TarInfo("a-1/pyproject.toml")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    assert in_file("a-1.tar.gz", buffer) is not None


@pytest.mark.parametrize(
    ("spec", "foreign"),
    [
        *[(fine, False) for fine in ("^1.0.0", "*", "", "latest", ">=1 <2 || ~3", "1.x", "npm:x@^1", "npm:@a/b@1.0")],
        *[(bad, True) for bad in (PLACE, "user/repo", "git+ssh://git@h.example/x", "file:../x", "../x", "x.tgz", "~")],
        *[(bad, True) for bad in ("https:\\u002f\\u002fh.example", "npm:x@github:a/b", "  ./x", "git@h.example:a/b")],
    ],
)
def test_npm_specs_that_no_registry_serves(spec: str, foreign: bool) -> None:
    body = '{"name": "a", "versions": {"1.0.0": {"dist": {"tarball": "https://registry.example/a.tgz"}, '
    body += f'"dependencies": {{"@s/x": "{spec}"}}}}}}}}'
    assert parse_packument("a", body.encode()).versions["1.0.0"].foreign is foreign
