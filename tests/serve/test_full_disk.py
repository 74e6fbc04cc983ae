"""A disk that fills up ends no worker: the room for what is counted is taken before anything is."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from slopguard.errors import StoreError
from slopguard.serve.room import ROOM, given_back, taken
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


def test_what_a_dead_worker_counted_takes_no_more_room_than_that(team: Team) -> None:
    team.token("ana")
    team.start()
    assert team.page("sg-ghost", "ana").status == 451
    before = team.workers[0]
    os.kill(before, signal.SIGKILL)
    team.await_event("worker-started", 2)
    assert sum(path.stat().st_size for path in (team.data / "serve").glob(f"run-*/*_{before}.db")) < ROOM // 2
    assert 'slopguard_requests_total{route="pypi-page",status="451"} 1.0' in team.ask("/metrics").text


def test_a_process_with_the_number_of_an_earlier_one_goes_on_counting(tmp_path: Path) -> None:
    (tmp_path / "counter_7.db").write_bytes((16).to_bytes(8, sys.byteorder) + b"counted!")
    taken(tmp_path, 7)
    assert (tmp_path / "counter_7.db").stat().st_size == ROOM
    assert (tmp_path / "counter_7.db").read_bytes()[8:16] == b"counted!"
    given_back(tmp_path, 7)
    assert (tmp_path / "counter_7.db").stat().st_size == 16
    assert not list(tmp_path.glob("*.new"))
