"""Sources are read strictly: what is not understood is an error that says where it stands and what is wrong."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from slopguard.curation.entries import ListEntry
from slopguard.curation.sources import parse, read_list
from slopguard.errors import InputError
from slopguard.model import Ecosystem
from tests.curation.samples import DIGEST, write

FLASK = """
# Reviewed with the web team
[allow.pypi.flask]
versions = ">=3,<4"
owner = "web"
reason = "the web framework"
reviewer = "ana"
added = 2026-11-25
expires = 2027-11-25
"""


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        list(parse(text, "common/web.toml"))
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_an_entry_says_who_why_and_until_when() -> None:
    assert list(parse(FLASK, "x.toml")) == [
        ListEntry(
            "allow",
            Ecosystem.PYPI,
            "flask",
            (">=3,<4",),
            (),
            "web",
            "the web framework",
            "ana",
            date(2026, 11, 25),
            date(2027, 11, 25),
        )
    ]


def test_one_line_an_entry_is_the_same_to_the_reader() -> None:
    text = '[deny.npm]\nevil = {rule = "malicious", id = "MAL-1"}\n"@acme/ui" = {}\n'
    assert [(entry.name, dict(entry.more)) for entry in parse(text, "x.toml")] == [
        ("evil", {"rule": "malicious", "id": "MAL-1"}),
        ("@acme/ui", {}),
    ]


def test_every_toml_file_below_the_folder_counts_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, "web/flask.toml", FLASK)
    write(tmp_path, "b.toml", "[deny.npm.evil]\n")
    write(tmp_path, "a.toml", "[allow.npm.react]\n")
    write(tmp_path, "notes.md", "not TOML")
    assert [entry.key for entry in read_list(tmp_path)] == [
        ("allow", "npm", "react"),
        ("allow", "pypi", "flask"),
        ("deny", "npm", "evil"),
    ]


def test_a_list_without_a_folder_is_empty(tmp_path: Path) -> None:
    assert read_list(tmp_path / "common") == ()


def test_the_same_entry_in_two_files_is_refused_with_both_names(tmp_path: Path) -> None:
    write(tmp_path, "common/a.toml", "[deny.npm.evil]\n")
    write(tmp_path, "common/b.toml", "[deny.npm]\nevil = {}\n")
    with pytest.raises(InputError, match=r"deny\.npm\.evil stands in common/a\.toml and in common/b\.toml"):
        read_list(tmp_path / "common")


def test_the_same_entry_twice_in_one_file_is_no_toml() -> None:
    assert "line 2: not TOML" in refused("[deny.npm.evil]\n[deny.npm.evil]\n")


def test_allow_and_deny_for_one_name_are_two_entries() -> None:
    assert len(list(parse("[deny.npm.evil]\n[allow.npm.evil]\n", "x.toml"))) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[alow.pypi.flask]", "alow: unknown kind; the nearest is 'allow'"),
        ("[allow.pip.flask]", "allow.pip: unknown ecosystem; the nearest is 'pypi'"),
        ("[allow.pypi.flask]\nresaon = 'x'", "allow.pypi.flask.resaon: unknown key; the nearest is 'reason'"),
        ("[fix.pypi.a]\nversions = '1'\nhashes = []", "fix.pypi.a.hashes: unknown key"),
        ("allow = 1", "allow: must be a table"),
        ("allow.pypi = 1", "allow.pypi: must be a table"),
        ("allow.pypi.flask = 1", "allow.pypi.flask: must be a table"),
        ("[allow.pypi.Flask]", "allow.pypi.Flask: write it 'flask'"),
        ("[allow.pypi.zope_interface]", "write it 'zope-interface'"),
        ("[allow.pypi.zope.interface]", "put a name with dots in quotes"),
        ('[allow.pypi."zope.interface"]', "write it 'zope-interface'"),
        ('[allow.pypi."fl\u0430sk"]', "not a name"),
        ('[allow.npm."node_modules"]', "not a name"),
        ('[allow.npm."@acme/ui/x"]', 'allow.npm."@acme/ui/x": not a name'),
        ("[allow.pypi.a]\nversions = 1", "versions: must be a text or a list of texts"),
        ("[allow.pypi.a]\nversions = []", "versions: must be a text or a list of texts"),
        ("[allow.pypi.a]\nversions = ['1', '1']", "versions: holds a value twice"),
        ("[allow.pypi.a]\nversions = '^1'", "'^1' is neither a version nor a range; for example >=1.0,<2"),
        ("[allow.pypi.a]\nversions = '===1'", "is neither"),
        ("[allow.pypi.a]\nversions = ','", "is neither"),
        ("[allow.pypi.a]\nversions = '1;2'", "is neither"),
        ("[allow.pypi.a]\nversions = ''", "is neither"),
        ("[allow.pypi.a]\nversions = ' 1'", "is neither"),
        ("[allow.pypi.a]\nversions = '\u0661'", "is neither"),
        ("[allow.npm.a]\nversions = '1.x'", "'1.x' is neither a version nor a range; for example >=1.0.0 <2.0.0"),
        ("[allow.npm.a]\nversions = '>=1.0.0 || <2.0.0'", "is neither"),
        ("[allow.pypi.a]\nhashes = 'sha256:abc'", "'sha256:abc' is no digest"),
        (f"[allow.pypi.a]\nhashes = '{DIGEST.upper()}'", "is no digest"),
        ("[allow.pypi.a]\nhashes = 'md5:" + "a" * 32 + "'", "md5 is too weak; use sha256"),
        ("[allow.pypi.a]\nowner = ''", "owner: must be a text"),
        ("[allow.pypi.a]\nowner = 1", "owner: must be a text"),
        ('[allow.pypi.a]\nreason = "a\\nb"', "reason: holds a character that cannot be printed"),
        ('[allow.pypi.a]\nreason = "a\u202eb"', "reason: holds a character that cannot be printed"),
        ("[allow.pypi.a]\nreason = '" + "a" * 1001 + "'", "reason: is longer than 1000 characters"),
        ("[allow.pypi.a]\nadded = '2026-11-25'", "added: must be a date without quotes"),
        ("[allow.pypi.a]\nadded = 2026-11-25T10:00:00Z", "added: must be a date without quotes or time"),
        ("[allow.pypi.a]\nadded = 2026-11-25\nexpires = 2026-11-24", "expires: is before the day it was added"),
        ("[allow.pypi.a]\nrank = 0", "rank: must be a whole number from 1"),
        ("[allow.pypi.a]\nrank = true", "rank: must be a whole number from 1"),
        ("[deny.pypi.a]\nexpires = 2026-11-25", "expires: a deny never expires"),
        ("[deny.pypi.a]\nrule = 'evil'", 'rule: must be "denied" or "malicious"'),
        ("[deny.pypi.a]\nrule = ['denied']", 'rule: must be "denied" or "malicious"'),
        ("[fix.pypi.a]\nid = 'GHSA-1'", "versions: is missing"),
        ("[fix.pypi.a]\nversions = '>1'", "versions: '>1' must be one version, not a range"),
        ("[release.pypi.a]\nversions = '==1.0'", "must be one version: write 1.0"),
        ("[release.pypi.a]\nversions = '1.0'\nadded = 2026-11-25", "expires: is missing"),
        ("[release.pypi.a]\nversions = '1.0'\nexpires = 2026-11-25", "added: is missing"),
        (
            "[release.pypi.a]\nversions = '1.0'\nadded = 2026-01-01\nexpires = 2026-04-02",
            "expires: is more than 90 days after the day it was added",
        ),
        ("[watch.pypi.a]\nsource = 'x'", "origin: is missing"),
        ("[watch.pypi.a]\norigin = 'imported'", "source: is missing"),
        ("[watch.pypi.a]\norigin = 'x'", 'origin: must be "imported" or "generated"'),
        ("[watch.pypi.a]\nsource = 'a b'", "source: must be a short name"),
        ("[watch.pypi.a]\nat = 1", "at: must be a date"),
        ("x = " + "[" * 5000, "not TOML"),
        ("x = " + "1" * 5000, "not TOML"),
        ("[[allow.pypi.a]]", "allow.pypi.a: must be a table"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    message = refused(text)
    assert message.startswith("common/web.toml")
    assert said in message


def test_a_release_may_last_ninety_days() -> None:
    text = "[release.pypi.a]\nversions = '1.0'\nadded = 2026-01-01\nexpires = 2026-04-01"
    assert len(list(parse(text, "x.toml"))) == 1


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"a\.toml: not a text file in UTF-8"):
        read_list(tmp_path)


@pytest.mark.parametrize("folder", [True, False])
def test_a_link_is_refused_because_reviewers_do_not_see_behind_it(tmp_path: Path, folder: bool) -> None:
    write(tmp_path, "elsewhere/b.toml", "[allow.npm.evil]\n")
    (tmp_path / "common").mkdir()
    target = tmp_path / "elsewhere" if folder else tmp_path / "elsewhere" / "b.toml"
    (tmp_path / "common" / "b.toml").symlink_to(target)
    with pytest.raises(InputError, match=r"common/b\.toml: must be a file, not a link"):
        read_list(tmp_path / "common")


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.toml")
    with pytest.raises(InputError, match=r"a\.toml: must be a file"):
        read_list(tmp_path)


def test_what_cannot_be_read_is_no_empty_list(tmp_path: Path) -> None:
    write(tmp_path, "common", "not a folder")
    with pytest.raises(InputError, match="cannot be read"):
        read_list(tmp_path / "common")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path) -> bytes:
        raise PermissionError

    write(tmp_path, "a.toml", "")
    monkeypatch.setattr(Path, "read_bytes", fails)
    with pytest.raises(InputError, match=r"a\.toml: cannot be read \(PermissionError\)"):
        read_list(tmp_path)
