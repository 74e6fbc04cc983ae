"""Homes that `enable` does not touch: each is refused in one line, before anything changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.program import Program


@pytest.mark.parametrize("kind", ["a circle of links", "a device", "a pipe", "a folder"])
def test_a_profile_that_is_no_file_is_named(slopguard: Program, kind: str) -> None:
    """Nothing is put in the place of `/dev/null`, and nobody waits for a pipe."""
    home = slopguard.root / "home"
    path = home / ".bashrc"
    if kind == "a circle of links":
        path.symlink_to("other")
        (home / "other").symlink_to(".bashrc")
    elif kind == "a device":
        path.symlink_to(os.devnull)
    elif kind == "a pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    before = sorted(home.rglob("*"))
    ended = slopguard("enable", "--yes")
    assert (ended.rc, ended.err.count("\n")) == (2, 1), ended
    assert ended.err.startswith(f"slopguard: {path}: is "), ended
    assert ended.err.endswith("Nothing was changed.\n"), ended
    assert sorted(path for path in home.rglob("*") if ".local" not in str(path)) == before
    assert not Path(os.devnull).is_file()


def test_a_home_that_is_not_there_is_not_made(slopguard: Program) -> None:
    home = slopguard.root / "nonexistent"
    ended = slopguard("enable", "--yes", env={"HOME": str(home)})
    assert ended.rc == 2
    assert ended.err.startswith(f"slopguard: {home}: HOME names no folder, so nothing was changed. "), ended
    assert not home.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_root_writes_nothing_into_the_home_of_whoever_called_sudo(slopguard: Program) -> None:
    home = slopguard.root / "home"
    os.chown(home, 1000, 1000)
    ended = slopguard("enable", "--yes", env={"SUDO_UID": "1000"})
    assert ended.rc == 2
    assert ended.err == (
        f"slopguard: {home}: is the home of another user, so nothing was changed. Run it without sudo.\n"
    )
    assert not (home / ".bashrc").exists()
    assert slopguard("enable", "--yes").rc == 0, "in a container root may well have such a home"
