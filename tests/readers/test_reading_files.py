"""Which reader takes which file, and how bytes become text: nothing but text of a sane size gets through."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.errors import InputError
from slopguard.readers import text
from slopguard.readers.text import Lines, decode


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pyproject.toml", "pyproject"),
        ("uv.toml", "uv_toml"),
        ("uv.lock", "uv_lock"),
        ("poetry.lock", "poetry_lock"),
        ("pylock.toml", "pylock"),
        ("pylock.dev.toml", "pylock"),
        ("package.json", "package_json"),
        ("package-lock.json", "package_lock"),
        ("npm-shrinkwrap.json", "package_lock"),
        (".package-lock.json", "package_lock"),
        ("tool.py", "pep723"),
        ("requirements.txt", "requirements"),
        ("requirements-dev.in", "requirements"),
        ("test_requirements.txt", "requirements"),
        ("constraints.txt", "requirements"),
    ],
)
def test_a_file_is_known_by_its_name(name, kind):
    assert readers.reader_for(Path("/some/where") / name) is readers.READERS[kind]


@pytest.mark.parametrize("name", ["README.md", "package.json5", "pylock.a.b.toml", "notes.txt"])
def test_other_files_are_nobodys(name):
    assert readers.reader_for(Path(name)) is None
    with pytest.raises(InputError, match="not a manifest or lock file"):
        readers.read(Path(name))


def test_a_kind_may_be_said_outright(tmp_path):
    path = tmp_path / "pins"
    path.write_text("six==1.0\n", encoding="utf-8")
    assert [s.raw for s in readers.read(path, kind="requirements").sightings] == ["six"]


def test_importing_the_room_imports_no_reader_and_no_parser():
    code = (
        "import sys, slopguard.readers; heavy = {'packaging', 'json', 'tomllib', 'optparse', 'shlex'};"
        "mine = [m for m in sys.modules if m.startswith('slopguard.readers.') and not m.endswith('.interface')];"
        "print(sorted(heavy & set(sys.modules)), mine)"
    )
    command = [sys.executable, "-I", "-S", "-c", _at_root(code)]
    output = subprocess.run(command, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[] []"


def _at_root(code: str) -> str:
    root = str(Path(readers.__file__).parents[2])
    return f"import sys; sys.path.insert(0, {root!r}); {code}"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(tmp_path, encoding):
    path = tmp_path / "requirements.txt"
    path.write_bytes("r\u00e9sum\u00e9\n".encode(encoding))
    assert readers.load(path) == "r\u00e9sum\u00e9\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"# -*- coding: latin-1 -*-\nr\xe9", "r\u00e9"),
        (b"six\n# coding=cp1252\n\x80", "\u20ac"),
        (b"six\n\n# coding: latin-1\nr\xc3\xa9", "r\u00e9"),
    ],
)
def test_a_coding_cookie_counts_in_the_first_two_lines(data, expected):
    assert decode(data, Path("requirements.txt")).endswith(expected)


@pytest.mark.parametrize("cookie", [b"utf-7", b"rot13", b"cp037", b"no-such", b"utf-16"])
def test_an_encoding_in_which_ascii_is_not_ascii_is_refused(cookie):
    with pytest.raises(InputError, match=r"^requirements\.txt: names an encoding"):
        decode(b"# coding: " + cookie + b"\nsix", Path("requirements.txt"))


@pytest.mark.parametrize("name", ["pyproject.toml", "uv.lock", "package.json", "script.py"])
def test_formats_that_are_utf_8_by_definition_know_no_cookie(name):
    with pytest.raises(InputError, match=rf"^{name}:2: not text in the encoding utf-8$"):
        decode(b"# coding: latin-1\nr\xe9", Path(name))


def test_what_is_no_text_is_refused_with_its_line(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"six\n\xff\xfe\x00")
    with pytest.raises(InputError, match=r"requirements\.txt:2: not text"):
        readers.load(path)


@pytest.mark.parametrize("name", ["nowhere.txt", "nul\0.txt", "."])
def test_what_cannot_be_read_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="cannot be read"):
        readers.load(tmp_path / name)


def test_a_file_larger_than_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LIMIT", 1_000_000)
    path = tmp_path / "package.json"
    path.write_bytes(b" " * 1_000_001)
    with pytest.raises(InputError, match="larger than 1 MB"):
        readers.load(path)


@given(st.binary(), st.sampled_from(["requirements.txt", "uv.lock"]))
def test_any_bytes_are_read_or_refused(data, name):
    try:
        assert isinstance(decode(data, Path(name)), str)
    except InputError:
        return


def test_lines_are_found_by_what_is_written_on_them():
    lines = Lines("a\nb\na\n")
    assert (lines.find("b"), lines.find("x", "b"), lines.find("a", after=2), lines.find("x")) == (2, 2, 3, None)
    assert [lines.following("a") for _ in range(3)] == [1, 3, 1]
    assert (lines.offset("b"), lines.offset("x")) == (2, 0)


def test_searching_stops_when_the_budget_is_spent():
    lines = Lines("a" * 100 + "b", budget=150)
    assert [lines.find("b"), lines.find("b"), lines.find("a")] == [1, 1, None]
