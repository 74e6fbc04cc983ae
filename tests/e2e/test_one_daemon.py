"""What one command leaves behind in the daemon does the next one no harm, and what changed between them counts."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import MakeSandbox
from tests.e2e.world import World
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

KILL = "import json, os; os.kill(json.load(open(os.environ['SLOPGUARD_HOME'] + '/daemon/address'))['pid'], 9)"
LARGE = 6 << 20
"""Bytes of a file that is not held in memory while it is looked at."""


@pytest.fixture
def world(make_sandbox: MakeSandbox, markers: Path) -> Iterator[World]:
    with PyPI(markers=markers) as registry:
        yield World(make_sandbox("pip", "newest").use(registry), registry)


def enlarged(content: bytes) -> bytes:
    """A wheel with a large file in it."""
    held = io.BytesIO(content)
    with zipfile.ZipFile(held, "a") as wheel:
        wheel.writestr("large.bin", os.urandom(LARGE))
    return held.getvalue()


def kept(world: World) -> set[str]:
    """The names of the files in the cache."""
    return {path.name for path in (world.box.root / "slopguard" / "cache").rglob("*") if path.is_file()}


def test_large_files_pass_when_the_place_for_temporary_files_of_its_starter_is_gone(world: World) -> None:
    assert isinstance(world.registry, PyPI)
    for name in ("sg-alpha", "sg-beta"):
        world.established(name)
        for file in world.registry.files_of(name):
            file.artefact = replace(file.artefact, content=enlarged(file.artefact.content))
    gone = world.box.root / "gone"
    gone.mkdir()
    first = world.install("sg-alpha", env={"TMPDIR": str(gone), "SLOPGUARD_DAEMON": "20"})
    assert first.rc == 0, first
    shutil.rmtree(gone)
    then = world.install("sg-beta")
    assert then.rc == 0, then


def test_who_wants_no_cache_any_more_has_none_from_the_next_command_on(world: World) -> None:
    world.established("sg-alpha", "sg-beta", "sg-parent")
    assert world.install("sg-alpha", env={"SLOPGUARD_DAEMON": "20"}).rc == 0
    before = kept(world)
    assert before
    world.box.settings("[cache]\nsize_mb = 0")
    for name in ("sg-beta", "sg-parent"):  # the daemon gives way to the first
        ran = world.install(name)
        assert ran.rc == 0, ran
        assert kept(world) <= before


def test_what_was_refused_in_a_run_counts_though_the_daemon_was_killed_in_it(world: World) -> None:
    kill = f"{sys.executable} -c {shlex.quote(KILL)}"
    ran = world.guarded("run", "--", "sh", "-c", f"pip install sg-ghost; {kill}")
    assert ran.rc == 1, ran
    assert "slopguard: the daemon ended while this command ran. Run the same command again." in ran.lines
