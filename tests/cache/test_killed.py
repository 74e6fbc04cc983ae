"""Killed at any step, a process leaves what was there, or what it was about to put there, whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.cache.sweep import sweep
from tests.cache.kept import OLD as LONG_AGO
from tests.cache.kept import PLENTY, aged, bytes_of, entries, opened, sha256
from tests.cache.killed import COMES, NEW, OLD, STAYS, TOUCHED, use

ROOT = Path(__file__).resolve().parents[2]
WRITER = """
import os, sys
from pathlib import Path
from tests.cache.kept import document, keep, opened
cache, number = opened(Path(sys.argv[1])), 0
while True:
    number += 1
    body = os.urandom(200) * (number % 7000)
    keep(cache.files, body)
    cache.documents.put(f"name {number % 5}", document(body))
    print(number, flush=True)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Homes of processes that were killed at their first step, their second, and so on; the last one ended."""
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "tests.cache.killed", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    homes = sorted((each for each in folder.iterdir() if each.name.isdecimal()), key=lambda each: int(each.name))
    assert [each for each in homes if (each / "ended").exists()] == homes[-1:]
    assert len(homes) > 25
    return homes


def test_what_is_found_is_whole_wherever_it_was_killed(killed: list[Path]) -> None:
    seen = []
    for home in killed:
        cache = opened(home)
        assert bytes_of(cache.files.find([sha256(STAYS)])) == STAYS
        came = cache.files.find([sha256(COMES)])
        assert came is None or bytes_of(came) == COMES
        document = cache.documents.get("flask")
        assert document in (None, OLD, TOUCHED, NEW)
        seen.append((bool(came), document))
        assert cache.troubles == 0
    assert seen[0] == (False, OLD)
    assert seen[-1] == (True, NEW)
    assert (True, TOUCHED) in seen
    assert sum(document is None for _, document in seen) <= 4


def test_the_next_process_tidies_up_and_finishes(killed: list[Path]) -> None:
    for home in killed:
        for path in entries(home, ".new-"):
            aged(path, LONG_AGO)
        sweep(home / "cache", PLENTY)
        assert entries(home, ".new-") == []
        cache = opened(home)
        use(cache)
        cache.settle()
        assert bytes_of(cache.files.find([sha256(COMES)])) == COMES
        assert cache.documents.get("flask") == NEW
        assert cache.usage().unfinished == 0


def test_killed_in_the_middle_of_writing_many(tmp_path: Path) -> None:
    for answers in (1, 7, 40):
        home = tmp_path / str(answers)
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", WRITER, str(home)]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(answers):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        cache = opened(home)
        for path in entries(home, "sha"):
            held = cache.files.find([path.name.replace("-", ":")])
            assert held is not None
            assert held.checked() is not None
        found = [cache.documents.get(f"name {number}") for number in range(5)]
        assert sum(each is not None for each in found) >= min(answers, 5) - 1
        assert cache.troubles == 0
