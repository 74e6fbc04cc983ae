"""A repository of lists, and the commands that edit it run in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from slopguard.cli import main
from slopguard.curation.entries import ListEntry
from slopguard.curation.layout import Layout
from slopguard.curation.sources import read_list
from tests.cli.program import Ended

SETTINGS = """\
name = "acme"
[teams.payments]
threshold = 1
keys = ["dee"]
internal.pypi = ["acme-pay-*"]
internal.npm = ["@acme-pay/*"]
[teams.web]
threshold = 1
keys = ["eve"]
"""
NEXT = "Next: slopguard lists diff, slopguard lists build, slopguard lists sign\n"
DIGEST = "sha256:" + "a" * 64
Lists = Callable[..., Ended]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    root = tmp_path / "lists"
    (root / "common").mkdir(parents=True)
    (root / "lists.toml").write_text(SETTINGS)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(root / "common")
    return Layout(root)


@pytest.fixture
def edit(repository: Layout, capsys: pytest.CaptureFixture[str]) -> Lists:
    def run(*argv: str) -> Ended:
        code = main(["lists", *argv])
        return Ended(code, *capsys.readouterr())

    return run


def only(layout: Layout, name: str = "common") -> ListEntry:
    """The one entry of a list."""
    (entry,) = read_list(layout.folders()[name])
    return entry


def add(edit: Lists, *argv: str, rc: int = 0) -> Ended:
    done = edit("add", *argv, "--owner", "web", "--why", "we use it")
    assert done.rc == rc, done.err
    return done
