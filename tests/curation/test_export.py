"""Entries for other programs, and the places of a repository of lists."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given

from slopguard.curation import edit, export
from slopguard.curation.entries import ListEntry
from slopguard.curation.layout import Layout
from slopguard.errors import InputError, UsageError
from slopguard.model import Ecosystem
from tests.curation.samples import TODAY, entries


def test_every_entry_is_exported_with_its_list(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert json.loads(export.as_json(layout)) == {"schema": "slopguard/lists-export/1", "entries": []}
    edit.put(layout.common, ListEntry("deny", Ecosystem.NPM, "evil", ("1.0.0", "2.0.0"), more={"id": "MAL-1"}))
    edit.put(layout.team("web"), ListEntry("allow", Ecosystem.PYPI, "flask", added=TODAY))
    edit.put(layout.watch, ListEntry("deny", Ecosystem.NPM, "worse"))
    rows = json.loads(export.as_json(layout))["entries"]
    assert rows == [
        {
            "list": "common",
            "kind": "deny",
            "ecosystem": "npm",
            "name": "evil",
            "versions": ["1.0.0", "2.0.0"],
            "id": "MAL-1",
        },
        {"list": "web", "kind": "allow", "ecosystem": "pypi", "name": "flask", "added": "2026-11-25"},
        {"list": "watch", "kind": "deny", "ecosystem": "npm", "name": "worse"},
    ]
    table = list(csv.DictReader(io.StringIO(export.as_csv(layout))))
    assert [row["list"] for row in table] == ["common", "web", "watch"]
    assert table[0]["versions"] == "1.0.0; 2.0.0"


@given(entries())
def test_no_cell_is_a_formula(entry: ListEntry) -> None:
    for value in export.as_dict("common", entry).values():
        cell = export._cell(value)
        assert not cell.startswith(export.FORMULA)
        assert not cell.lstrip().startswith(export.FORMULA)
        assert cell.endswith("; ".join(value) if isinstance(value, list) else value)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n", " =1", "\uff1d1"])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert export._cell(text) == f"'{text}"


def test_the_repository_is_found_from_any_folder_in_it(tmp_path: Path) -> None:
    (tmp_path / "lists.toml").write_text('name = "acme"\n')
    (tmp_path / "teams" / "web").mkdir(parents=True)
    layout = Layout.find(tmp_path / "teams" / "web")
    assert layout == Layout(tmp_path.resolve())
    assert layout.folders() == {
        "common": layout.root / "common",
        "web": layout.root / "teams" / "web",
        "watch": layout.root / "watch",
    }
    assert {path.name for path in (layout.settings, layout.keys, layout.metadata, layout.staged, layout.bundles)} == {
        "lists.toml",
        "keys",
        "metadata",
        "staged",
        "bundles",
    }
    assert layout.shown(layout.team("web") / "a.toml") == "teams/web/a.toml"


def test_without_a_repository_it_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no lists\.toml") as caught:
        Layout.find(tmp_path)
    assert "slopguard lists init DIR" in caught.value.diagnosis()


@pytest.mark.parametrize("name", ["", "..", "../x", "Web", "a/b", "-x", "x" * 33, "common", "watch", "root"])
def test_no_team_is_called_what_would_lead_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no team can be called"):
        Layout(tmp_path).team(name)


def test_a_folder_that_is_no_team_is_an_error_and_a_hidden_one_is_none(tmp_path: Path) -> None:
    (tmp_path / "teams" / ".idea").mkdir(parents=True)
    (tmp_path / "teams" / "readme").write_text("a file")
    assert Layout(tmp_path).teams() == ()
    (tmp_path / "teams" / "watch").mkdir()
    with pytest.raises(InputError, match="teams/watch: no team can be called that"):
        Layout(tmp_path).teams()
