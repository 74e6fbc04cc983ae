"""Broken files are told once, the rest is read; files that commands name are told as a person would type them."""

from __future__ import annotations

from pathlib import Path

from slopguard.check.tree import read_tree
from slopguard.check.walk import places


def test_a_broken_file_is_told_once(tmp_path):
    (tmp_path / "package.json").write_text('{"scripts": ')
    (tmp_path / "pyproject.toml").write_text("[tool.tox\n")
    (tmp_path / "Dockerfile").write_text("RUN pip install flask\n")
    tree = read_tree(places([tmp_path], tmp_path))
    assert [(each.rule, each.locations[0].path.rpartition("/")[2]) for each in tree.findings] == [
        ("malformed", "package.json"),
        ("malformed", "pyproject.toml"),
    ]
    assert [each.raw for read in tree.read for each in read.reading.sightings] == ["flask"]


def test_a_file_that_a_command_names_is_told_by_the_path_a_person_would_type(tmp_path, monkeypatch):
    (tmp_path / "a.sh").write_text("pip install -r requirements.txt -r deps.lst\n")
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "deps.lst").write_text("rich\n")
    monkeypatch.chdir(tmp_path)
    tree = read_tree(places([Path()], tmp_path))
    found = [each.location.path for read in tree.read for each in read.reading.sightings]
    assert sorted(found) == ["deps.lst", "requirements.txt"]
