"""A disk that fills up ends no worker: the room for what is counted is taken before anything is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slopguard.errors import StoreError
from slopguard.serve.room import taken
from tests.serve.team import Team


def test_what_a_worker_counts_in_has_no_holes(team: Team) -> None:
    team.token("ana")
    team.start("--workers", "2")
    files = list((team.data / "serve").glob("run-*/*.db"))
    assert {path.name.rpartition("_")[0] for path in files} == {
        "counter",
        "histogram",
        "gauge_livesum",
        "gauge_livemin",
    }
    assert {process for path in files for process in [int(path.stem.rpartition("_")[2])]} == set(team.workers.values())
    for path in files:
        about = path.stat()
        assert about.st_blocks * 512 >= about.st_size, path.name


def test_without_room_a_worker_does_not_begin(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        taken(tmp_path / "gone", os.getpid())
