"""pdm and pipx at the registry itself: small, old packages, installed and locked as the bare clients do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.test_real_registries import box, fine
from tests.simulators.drivers.pdm import write
from tests.simulators.drivers.pipx import Pipx, home

pytestmark = [pytest.mark.clients, pytest.mark.real]


def test_pdm_locks_and_syncs_as_it_does_bare(tmp_path: Path) -> None:
    made = box(tmp_path, "pdm")
    for options in ([], ["--static-urls"]):
        write(made, {"six": ">=1.16"})
        place = made.project / "pdm.lock"
        bare = made.direct("pdm", "lock", *options)
        if bare.rc:
            pytest.skip(f"the registry gave no answer: {bare.err[-200:]}")
        theirs = place.read_bytes()
        place.unlink()
        fine(made.guarded("pdm", "lock", *options))
        assert place.read_bytes() == theirs
        fine(made.guarded("pdm", "sync", "--reinstall"))
        assert place.read_bytes() == theirs
        assert set(made.installed) == {"six"}


@pytest.mark.parametrize("version", Pipx.versions)
def test_pipx_installs_and_runs(tmp_path: Path, version: str) -> None:
    bare = box(tmp_path / "bare", "pipx", version)
    if (ran := bare.direct("pipx", "install", "pycowsay")).rc:
        pytest.skip(f"the registry gave no answer: {ran.err[-200:]}")
    made = box(tmp_path / "guarded", "pipx", version)
    fine(made.guarded("pipx", "install", "pycowsay"))
    assert made.installed == bare.installed
    metadata = (home(made) / "venvs" / "pycowsay" / "pipx_metadata.json").read_text()
    assert "127.0.0.1" not in metadata
    assert "< hello >" in made.guarded("pipx", "run", "pycowsay", "hello").out
