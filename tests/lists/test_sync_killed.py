"""A sync that is killed at any of its writes leaves wholly the old list or wholly the new; the next one mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.errors import ListInvalid
from slopguard.lists import floor, pack
from tests.lists.machine import Machine
from tests.simulators.lists_repository import ListsRepository

HERE = Path(__file__).resolve().parent.parent.parent
KILLED = -9


def interrupted(machine: Machine, count: int) -> int:
    """Sync in a process of its own that is killed before its step number `count`; how it ended."""
    settings = machine.settings
    argv = [str(count), str(settings.home), str(settings.user), machine.source.url, machine.source.root]
    done = subprocess.run(
        [sys.executable, "-m", "tests.lists.interrupted", *argv],
        cwd=HERE,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, KILLED), done.stderr
    return done.returncode


@pytest.mark.parametrize("fetched_before", [True, False])
def test_killed_at_every_write(tmp_path: Path, fetched_before: bool) -> None:
    acme = ListsRepository()
    machine = Machine(tmp_path, acme)
    if fetched_before:
        machine.sync()
    old = acme.files()
    acme.rows["common"].append("pypi\tnew\tdeny\trule=malicious")
    acme.publish()
    new = acme.files()
    acme.write(machine.folder)
    shutil.copytree(machine.settings.home, tmp_path / "home.before") if fetched_before else None
    shutil.copytree(machine.settings.user, tmp_path / "user.before") if fetched_before else None  # type: ignore[arg-type]
    seen, count = [], 0
    while True:
        count += 1
        _back(tmp_path)
        code = interrupted(machine, count)
        seen.append(_state(machine, old, new))
        if code == 0:
            break
        machine.sync()
        assert pack.read(machine.place.pack) == new
        assert not list(machine.place.pack.parent.glob(".*.pack.*"))
        assert not list(machine.place.floor.parent.glob(".*.floor.*"))
    assert seen[0] == ("old" if fetched_before else "nothing")
    assert seen[-1] == "new"
    assert count > 8
    assert seen == sorted(seen, key=["nothing", "old", "new"].index)


def _back(root: Path) -> None:
    for name in ("home", "user"):
        shutil.rmtree(root / name, ignore_errors=True)
        if (root / f"{name}.before").exists():
            shutil.copytree(root / f"{name}.before", root / name)


def _state(machine: Machine, old: dict[str, bytes], new: dict[str, bytes]) -> str:
    """Which list a reader sees; a floor that is there can always be read."""
    seen = floor.read(machine.place.floor)
    if not machine.place.pack.exists():
        assert seen == floor.NONE
        with pytest.raises(ListInvalid, match="not fetched yet"):
            machine.installed()
        return "nothing"
    found = pack.read(machine.place.pack)
    assert found in (old, new)
    machine.installed()
    return "old" if found == old else "new"
