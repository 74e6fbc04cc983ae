"""Requirement files without their index lines: copies that mean the same, in a folder of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.errors import InputError
from slopguard.guard import rewrite
from slopguard.readers import read


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "copies").mkdir()
    (tmp_path / "a.txt").write_text(
        "--index-url https://registry.example/simple\n-ihttps://registry.example/simple\n"
        "--extra-index-url=https://more.example/simple\n-f https://links.example\n--trusted-host more.example\n"
        "flask>=3 \\\n  --hash=sha256:00\n-r sub/b.txt\n-c sub/c.txt\n-e ./local\n"
    )
    (tmp_path / "sub" / "b.txt").write_text("click # why\n-i https://registry.example/simple\n-r ../a.txt\n")
    (tmp_path / "sub" / "c.txt").write_text("six<2\n")
    return tmp_path


def test_the_copy_names_no_index_and_the_same_packages(files: Path) -> None:
    original = read(files / "a.txt", kind="requirements")
    copies = rewrite.copied([files / "a.txt"], original.indexes, files / "copies")
    copy = read(copies[files / "a.txt"], kind="requirements")
    assert copy.indexes == ()
    named = [(s.raw, s.specifier, s.digests) for s in original.sightings if s.source.kind == "registry"]
    assert [(s.raw, s.specifier, s.digests) for s in copy.sightings if s.source.kind == "registry"] == named


def test_nothing_is_copied_when_no_index_is_named(files: Path) -> None:
    assert rewrite.copied([files / "sub" / "c.txt"], (), files / "copies") == {}


@pytest.mark.parametrize("spelling", ["-r {}", "-r{}", "--requirement={}", "--requirement {}", "-Ur{}", "-qr {}"])
def test_the_command_line_names_the_copy_in_the_same_way(files: Path, spelling: str) -> None:
    argv = ("install", *spelling.format("a.txt").split())
    copies = {files / "a.txt": Path("/copies/0-a.txt")}
    expected = ("install", *spelling.format("/copies/0-a.txt").split())
    assert rewrite.substituted(argv, files, copies) == expected


def test_a_file_that_the_command_line_does_not_name_is_refused(files: Path) -> None:
    with pytest.raises(InputError, match=r"a\.txt"):
        rewrite.substituted(("install", "x"), files, {files / "a.txt": Path("/copies/0-a.txt")})
