"""Several processes at once, and one that is killed: a transaction is there as a whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from slopguard.watchlist.watchlist import Watchlist
from tests.watchlist.world import NOW, PYPI, batch, rows, sound

ROOT = Path(__file__).resolve().parents[2]
WRITER = """
import sys
from pathlib import Path
from slopguard.watchlist.watchlist import Watchlist
from tests.watchlist.world import batch, rows
name, turns, size = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
watchlist = Watchlist(Path(sys.argv[1]))
for turn in range(turns):
    names = rows(*(f"{name}-{turn}-{n}" for n in range(size)), "shared")
    watchlist.add(batch(name), names, lambda count: print("in", flush=True))
    print("done", flush=True)
"""


def writer(home: Path, name: str, turns: int, size: int) -> subprocess.Popen[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITER, str(home), name, str(turns), str(size)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def test_several_writers_and_a_reader_share_one_file(home: Path) -> None:
    writers = [writer(home, name, 8, 200) for name in ("x", "y", "z")]
    with Watchlist(home) as watchlist:
        while any(process.poll() is None for process in writers):
            watchlist.get(PYPI, "shared", NOW)
            watchlist.ranked(limit=5)
        assert [process.communicate(timeout=60)[0].count("done") for process in writers] == [8] * 3
        assert sum(kept.rows for kept in watchlist.batches()) == 3 * 8 * 201
        assert len(watchlist.sightings(PYPI, "shared")) == 24
        assert all(watchlist.get(PYPI, f"{name}-7-199", NOW) for name in "xyz")
    sound(home)


def test_an_import_that_is_killed_leaves_what_was_there_before(home: Path) -> None:
    with Watchlist(home) as watchlist:
        watchlist.add(batch("before"), rows("old"))
    for wait in (0.0, 0.05, 0.2):
        process = writer(home, "killed", 1, 120_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"  # within the transaction
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.stdout.close()
        process.wait()
        with Watchlist(home) as watchlist:
            if "done" not in rest:
                found = watchlist.get(PYPI, "killed-0-7", NOW)
                assert found is None or watchlist.batches()[-1].rows == 120_001  # killed after it was on disk
            assert watchlist.get(PYPI, "old", NOW) is not None
            for kept in watchlist.batches()[1:]:
                assert watchlist.remove_batch(kept.number) == 120_001
    sound(home)
