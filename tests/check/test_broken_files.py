"""A file that is not what its name says is told once, however many readers it is for, and the rest is read."""

from __future__ import annotations

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
