"""Several processes at once, and one that is killed: the chain stays one and whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from slopguard.errors import StoreError
from slopguard.store.db import BUSY_SECONDS, FILE, Database
from slopguard.store.ledger import HEAD_FILE, Ledger
from tests.store.entries import entry

ROOT = Path(__file__).resolve().parents[2]
WRITER = """
import sys
from pathlib import Path
from slopguard.store.db import Database
from slopguard.store.ledger import Ledger
from tests.store.entries import entry
ledger = Ledger(Database(Path(sys.argv[1])))
for number in range(int(sys.argv[3])):
    ledger.append([entry(f"{sys.argv[2]}{number}")])
    print(number, flush=True)
"""


def writer(home: Path, name: str, rows: int) -> subprocess.Popen[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITER, str(home), name, str(rows)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def test_two_writers_keep_one_chain(tmp_path: Path) -> None:
    home = tmp_path / "home"
    writers = [writer(home, name, 40) for name in ("a", "b")]
    for process in writers:
        process.communicate(timeout=60)
        assert process.returncode == 0
    database = Database(home)
    report = Ledger(database).verify()
    assert (report.ok, report.rows, report.problem) == (True, 80, "")
    assert {row.package[5] for row in Ledger(database).rows()} == {"a", "b"}
    database.close()


def test_a_process_that_opens_the_database_twice_keeps_its_log_while_others_come_and_go(tmp_path: Path) -> None:
    first, second = Database(tmp_path), Database(tmp_path)
    for number in range(3):
        done = writer(tmp_path, f"other{number}", 1)
        done.communicate(timeout=60)
        assert Path(f"{tmp_path / FILE}-wal").exists()  # who takes it away thinks that nobody else is there
    for each in (first, second):
        Ledger(each).append([entry("mine")])
        each.close()
    assert Ledger(Database(tmp_path)).verify().rows == 5


def test_a_writer_killed_in_the_middle_leaves_a_chain_with_everything_it_had_answered(tmp_path: Path) -> None:
    for attempt in range(3):
        home = tmp_path / f"home{attempt}"
        process = writer(home, "x", 100_000)
        assert process.stdout is not None
        answered = [process.stdout.readline() for _ in range(5 + 3 * attempt)]
        time.sleep(0.003 * attempt)
        process.send_signal(signal.SIGKILL)
        answered += process.stdout.readlines()
        process.stdout.close()
        process.wait()
        database = Database(home)
        report = Ledger(database).verify()
        assert report.ok
        assert report.rows >= len([line for line in answered if line.endswith("\n")])
        database.close()


def test_the_anchored_head_never_goes_back_however_many_write(tmp_path: Path) -> None:
    home = tmp_path / "home"
    writers = [writer(home, name, 60) for name in ("a", "b", "c")]
    heads = []
    while any(process.poll() is None for process in writers):
        with suppress(FileNotFoundError):
            heads.append(int((home / HEAD_FILE).read_text().split()[0]))
    assert [process.communicate()[0].count("\n") for process in writers] == [60] * 3
    assert heads == sorted(heads)
    assert int((home / HEAD_FILE).read_text().split()[0]) == 180


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_home_that_became_read_only_is_an_error_at_once(tmp_path: Path) -> None:
    Database(tmp_path).close()
    for path in (*tmp_path.glob("slopguard.db*"), tmp_path):
        path.chmod(path.stat().st_mode & 0o500)
    begun = time.monotonic()
    try:
        with pytest.raises(StoreError):
            Database(tmp_path)
    finally:
        tmp_path.chmod(0o700)
    assert time.monotonic() - begun < BUSY_SECONDS / 2
