"""Editing the sources: one change touches its own lines and nothing else, and nothing is lost on the way."""

from __future__ import annotations

import difflib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from slopguard.curation import edit
from slopguard.curation.entries import ListEntry
from slopguard.curation.sources import read_list
from slopguard.errors import InputError
from slopguard.model import Ecosystem
from tests.curation.samples import DIGEST, TODAY, write

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
HAND_MADE = """\
# The web team's packages.
# Ask Ana before you change anything.

# Flask and what belongs to it
[allow.pypi.flask]
versions = [
  ">=3,<4",  # the line we test
  "2.3.3",   # for the old admin pages
]
owner = "web"   # since 2024
reason = "the web framework"
reviewer = "ana"
added = 2025-11-25
# to be looked at again next year

[allow.pypi.werkzeug]
owner = 'web'

# ----- npm -----

[deny.npm]
evil = {rule = "malicious", id = "MAL-1"}  # seen in May
"@acme/ui" = {}
"""
FLASK = ListEntry(
    "allow", PYPI, "flask", (">=3,<4", "2.3.3"), (), "web", "the web framework", "ana", date(2025, 11, 25)
)


@pytest.fixture
def common(tmp_path: Path) -> Path:
    write(tmp_path, "common/pypi.toml", HAND_MADE)
    return tmp_path / "common"


def changed(common: Path, before: str = HAND_MADE, name: str = "pypi.toml") -> list[str]:
    """The lines that differ, as a diff shows them."""
    after = (common / name).read_bytes().decode()
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


def test_a_new_entry_is_a_block_in_its_place(common: Path) -> None:
    entry = ListEntry("allow", PYPI, "jinja2", (">=3",), (DIGEST,), "web", 'it\'s "ours"', "ana", TODAY)
    assert edit.put(common, entry) == common / "pypi.toml"
    assert changed(common) == [
        "+ [allow.pypi.jinja2]",
        '+ versions = [">=3"]',
        f'+ hashes = ["{DIGEST}"]',
        '+ owner = "web"',
        '+ reason = "it\'s \\"ours\\""',
        '+ reviewer = "ana"',
        "+ added = 2026-11-25",
        "+ ",
    ]
    text = (common / "pypi.toml").read_text()
    assert text.index("[allow.pypi.flask]") < text.index("[allow.pypi.jinja2]") < text.index("[allow.pypi.werkzeug]")
    assert "# to be looked at again next year\n\n[allow.pypi.jinja2]" in text


@pytest.mark.parametrize(
    ("entry", "after"),
    [
        (ListEntry("allow", PYPI, "aaa"), "change anything.\n\n[allow.pypi.aaa]\n\n# Flask and"),
        (ListEntry("allow", PYPI, "zzz"), "owner = 'web'\n\n[allow.pypi.zzz]\n\n# ----- npm -----\n\n[deny.npm]"),
        (ListEntry("deny", NPM, "a"), "owner = 'web'\n\n# ----- npm -----\n\n[deny.npm]\nevil"),
        (ListEntry("deny", PYPI, "zzz"), '"@acme/ui" = {}\n\n[deny.pypi.zzz]\n'),
    ],
)
def test_entries_are_sorted_among_their_kind(common: Path, entry: ListEntry, after: str) -> None:
    edit.put(common, entry)
    assert after in (common / "pypi.toml").read_text()


def test_the_first_entry_makes_its_file(tmp_path: Path) -> None:
    path = edit.put(tmp_path / "common", ListEntry("allow", NPM, "@acme/ui", owner="web"))
    assert path == tmp_path / "common" / "npm.toml"
    assert path.read_text() == '[allow.npm."@acme/ui"]\nowner = "web"\n'


def test_a_changed_value_keeps_the_comments_around_it(common: Path) -> None:
    edit.put(common, replace(FLASK, versions=(">=3,<4", "3.0.0"), owner="core", expires=date(2027, 1, 1)))
    assert changed(common) == [
        '-   "2.3.3",   # for the old admin pages',
        '+   "3.0.0",',
        '- owner = "web"   # since 2024',
        '+ owner = "core"   # since 2024',
        "+ expires = 2027-01-01",
    ]


def test_a_list_in_another_order_is_written_anew(common: Path) -> None:
    edit.put(common, replace(FLASK, versions=("2.3.3", ">=3,<4")))
    assert read_list(common)[0].versions == ("2.3.3", ">=3,<4")


def test_values_come_and_go_in_their_places(common: Path) -> None:
    edit.put(common, replace(FLASK, versions=(), owner="", hashes=(DIGEST,)))
    assert [line for line in changed(common) if line[0] == "+"] == [f'+ hashes = ["{DIGEST}"]']
    assert read_list(common)[0] == replace(FLASK, versions=(), owner="", hashes=(DIGEST,))


def test_an_entry_of_one_line_stays_one_line(common: Path) -> None:
    edit.put(common, ListEntry("deny", NPM, "evil", ("1.0.0",), more={"rule": "malicious", "id": "MAL-2"}))
    assert changed(common) == [
        '- evil = {rule = "malicious", id = "MAL-1"}  # seen in May',
        '+ evil = {rule = "malicious", id = "MAL-2", versions = ["1.0.0"]}  # seen in May',
    ]


def test_what_is_there_already_is_not_written_again(common: Path) -> None:
    before = (common / "pypi.toml").stat()
    assert edit.put(common, FLASK) == common / "pypi.toml"
    assert (common / "pypi.toml").stat().st_ino == before.st_ino


def test_taking_out_a_block_takes_its_own_comment_and_no_other(common: Path) -> None:
    assert edit.take_out(common, "allow", PYPI, "flask") == 1
    text = (common / "pypi.toml").read_text()
    assert text.startswith("# The web team's packages.\n# Ask Ana before you change anything.\n\n# to be looked at")
    assert "Flask" not in text
    assert all(line.startswith("- ") for line in changed(common))


def test_taking_out_a_line(common: Path) -> None:
    assert edit.take_out(common, None, NPM, "@acme/ui") == 1
    assert changed(common) == ['- "@acme/ui" = {}']


def test_the_comment_that_starts_a_file_is_about_the_file(tmp_path: Path) -> None:
    write(tmp_path, "npm.toml", "# Ours\n[allow.npm.a]\n\n[allow.npm.b]\n")
    edit.take_out(tmp_path, "allow", NPM, "a")
    assert (tmp_path / "npm.toml").read_text() == "# Ours\n[allow.npm.b]\n"


def test_every_kind_is_taken_out_unless_one_is_named(tmp_path: Path) -> None:
    write(tmp_path, "npm.toml", "[allow.npm.a]\n[deny.npm.a]\n[allow.npm.b]\n")
    assert edit.take_out(tmp_path, "deny", NPM, "a") == 1
    assert edit.take_out(tmp_path, "deny", NPM, "a") == 0
    write(tmp_path, "npm.toml", "[allow.npm.a]\n[deny.npm.a]\n[allow.npm.b]\n")
    assert edit.take_out(tmp_path, None, NPM, "a") == 2
    assert [entry.name for entry in read_list(tmp_path)] == ["b"]


def test_line_ends_are_those_of_the_file(tmp_path: Path) -> None:
    text = HAND_MADE.replace("\n", "\r\n")
    write(tmp_path, "pypi.toml", text)
    edit.put(tmp_path, replace(FLASK, versions=(">=3,<4", "3.0.0"), hashes=(DIGEST,) * 1))
    edit.put(tmp_path, ListEntry("allow", PYPI, "jinja2", owner="web"))
    after = (tmp_path / "pypi.toml").read_bytes()
    assert after.count(b"\n") == after.count(b"\r\n")
    edit.take_out(tmp_path, "allow", PYPI, "jinja2")
    edit.put(tmp_path, FLASK)
    assert b"jinja2" not in (tmp_path / "pypi.toml").read_bytes()


def test_a_file_without_a_last_line_end_is_appended_to(tmp_path: Path) -> None:
    write(tmp_path, "npm.toml", '[allow.npm.a]\nowner = "x"')
    edit.put(tmp_path, ListEntry("allow", NPM, "b"))
    edit.put(tmp_path, ListEntry("allow", NPM, "a", owner="x", reason="y"))
    assert (tmp_path / "npm.toml").read_text() == '[allow.npm.a]\nowner = "x"\nreason = "y"\n\n[allow.npm.b]\n'


def test_a_new_value_after_the_last_line_without_a_line_end(tmp_path: Path) -> None:
    write(tmp_path, "npm.toml", '[allow.npm.a]\nowner = "x"')
    edit.put(tmp_path, ListEntry("allow", NPM, "a", owner="x", reason="y"))
    assert (tmp_path / "npm.toml").read_text() == '[allow.npm.a]\nowner = "x"\nreason = "y"\n'


def test_text_that_looks_like_an_entry_is_text(tmp_path: Path) -> None:
    text = '[allow.npm.b]\nreason = """[allow.npm.a] # \\"""" # ]\n\n[allow.npm."c"]\n\'owner\' = \'a # b\'\n'
    write(tmp_path, "npm.toml", text)
    edit.put(tmp_path, ListEntry("allow", NPM, "a"))
    assert (tmp_path / "npm.toml").read_text() == "[allow.npm.a]\n\n" + text
    edit.put(tmp_path, ListEntry("allow", NPM, "c", owner="d"))
    assert '[allow.npm."c"]\n\'owner\' = "d"\n' in (tmp_path / "npm.toml").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "[allow]\nnpm.a.owner = 'x'\n",
        "[allow.npm]\na.owner = 'x'\n",
        "allow.npm.a = {owner = 'x'}\n",
        "[allow.npm]\n\"\\u0061\" = {owner = 'x'}\n",
        "[allow.npm.a]\n\"\\u006fwner\" = 'x'\n",
    ],
)
def test_what_is_written_in_another_way_is_left_alone(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "npm.toml", text)
    with pytest.raises(InputError) as caught:
        edit.put(tmp_path, ListEntry("allow", NPM, "a", owner="y"))
    assert "by hand" in caught.value.diagnosis()
    assert path.read_text() == text


def test_what_tomlkit_cannot_read_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tomlkit

    def fails(text: str) -> None:
        raise tomlkit.exceptions.ParseError(1, 1)

    path = write(tmp_path, "npm.toml", "[allow.npm.a]\nowner = 'x'\n")
    monkeypatch.setattr(tomlkit, "parse", fails)
    with pytest.raises(InputError, match="'owner' is written in a way that is not edited"):
        edit.put(tmp_path, ListEntry("allow", NPM, "a", owner="y"))
    assert path.read_text() == "[allow.npm.a]\nowner = 'x'\n"


@pytest.mark.parametrize(
    "entry",
    [
        ListEntry("allow", PYPI, "Flask"),
        ListEntry("allow", PYPI, "flask", ("^1",)),
        ListEntry("deny", PYPI, "flask", expires=TODAY),
        ListEntry("allow", PYPI, "flask", reason="a\nb"),
        ListEntry("watch", PYPI, "flask"),
        ListEntry("import", PYPI, "flask"),
    ],
)
def test_a_bad_entry_changes_nothing(common: Path, entry: ListEntry) -> None:
    with pytest.raises(InputError):
        edit.put(common, entry)
    assert changed(common) == []
    assert [path.name for path in common.iterdir()] == ["pypi.toml"]


def test_a_bad_file_beside_it_changes_nothing(common: Path) -> None:
    write(common, "other.toml", "[allow")
    for act in (
        lambda: edit.put(common, replace(FLASK, owner="x")),
        lambda: edit.take_out(common, None, PYPI, "flask"),
    ):
        with pytest.raises(InputError, match=r"common/other\.toml, line 1: not TOML"):
            act()
    assert changed(common) == []


def test_a_folder_that_cannot_be_written_leaves_no_trace(common: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(source: Path, target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(InputError, match=r"pypi\.toml: cannot be written \(PermissionError\)"):
        edit.put(common, replace(FLASK, owner="x"))
    assert changed(common) == []
    assert [path.name for path in common.iterdir()] == ["pypi.toml"]


def test_a_file_that_somebody_else_changed_meanwhile_is_not_overwritten(
    common: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = edit.find

    def slow(*args: object) -> object:
        (common / "pypi.toml").write_text(HAND_MADE + "[allow.npm.new]\n")
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(edit, "find", slow)
    with pytest.raises(InputError, match="was changed by somebody else meanwhile"):
        edit.put(common, replace(FLASK, owner="x"))
    assert changed(common) == ["+ [allow.npm.new]"]


def test_the_mode_of_a_file_stays(common: Path) -> None:
    (common / "pypi.toml").chmod(0o640)
    edit.put(common, ListEntry("allow", PYPI, "jinja2"))
    assert (common / "pypi.toml").stat().st_mode & 0o777 == 0o640


def test_a_generated_file_has_one_line_an_entry_and_is_the_same_every_time(tmp_path: Path) -> None:
    entries = [
        ListEntry("deny", NPM, "@evil/x", more={"rule": "malicious", "id": "MAL-2"}),
        ListEntry("allow", PYPI, "boto3", more={"rank": "1"}),
        ListEntry("deny", NPM, "evil", tuple(f"1.0.{n}" for n in range(60)), added=TODAY),
    ]
    path = tmp_path / "new" / "generated.toml"
    edit.write_generated(path, entries, "Made by a test.\nDo not edit.\n")
    text = path.read_text()
    edit.write_generated(path, reversed(entries), "Made by a test.\nDo not edit.\n")
    assert path.read_text() == text
    assert text.startswith(
        "# Made by a test.\n# Do not edit.\n\n[allow.pypi]\nboto3 = {rank = 1}\n\n[deny.npm]\n"
        '"@evil/x" = {rule = "malicious", id = "MAL-2"}\nevil = {versions = ["1.0.0", '
    )
    assert text.count("\n") == 9
    assert {entry.key for entry in read_list(path.parent)} == {entry.key for entry in entries}


def test_a_generated_file_holds_nothing_twice(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        edit.write_generated(tmp_path / "a.toml", [ListEntry("deny", NPM, "evil")] * 2, "Made by a test")
    with pytest.raises(InputError, match="cannot be written as they are"):
        edit.write_generated(tmp_path / "a.toml", [ListEntry("deny", NPM, "evil", more={"in": "x"})], "Made by a test")
    assert list(tmp_path.iterdir()) == []
