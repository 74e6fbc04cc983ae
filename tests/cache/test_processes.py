"""Several processes on one folder: nobody reads what is not whole, and together they stay within the limit."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

from tests.cache.kept import opened

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 4 << 20
WORKER = """
import os, random, sys
from pathlib import Path
from tests.cache.kept import bytes_of, document, keep, opened, sha256
home, limit, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
cache, dice, hits = opened(home, limit), random.Random(seed), 0
contents = [random.Random(n).randbytes(n * 997) for n in range(100)]
for _ in range(300):
    data = dice.choice(contents)
    held = cache.files.find([sha256(data)])
    assert held is None or bytes_of(held) == data
    hits += held is not None
    keep(cache.files, data)
    name = str(dice.randrange(10))
    found = cache.documents.get(name)
    assert found is None or found.body in contents
    cache.documents.put(name, document(data))
    if found:
        cache.documents.touch(name, document(found.body, asked=2.0).about)
cache.settle()
print(hits, cache.troubles)
"""
WRITER = """
import os, sys
from pathlib import Path
from tests.cache.kept import document, keep, opened
cache = opened(Path(sys.argv[1]), int(sys.argv[2]))
for number in range(150):
    keep(cache.files, os.urandom(60_000 + number))
    cache.documents.put(os.urandom(8).hex(), document(os.urandom(20_000)))
    print(number, flush=True)
"""


def started(script: str, *argv: object) -> subprocess.Popen[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, *map(str, argv)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_several_processes_keep_and_find_the_same_things(tmp_path: Path) -> None:
    workers = [started(WORKER, tmp_path, LIMIT, seed) for seed in range(3)]
    for worker in workers:
        told, complaints = worker.communicate(timeout=120)
        assert worker.returncode == 0, complaints
        hits, troubles = map(int, told.split())
        assert hits > 0
        assert troubles == 0


def test_together_they_stay_within_the_limit_while_they_write(tmp_path: Path) -> None:
    """Six times the limit goes through; a file that is looked at twice while it gets its name counts once."""
    cache = opened(tmp_path, LIMIT)
    writers = [started(WRITER, tmp_path, LIMIT) for _ in range(2)]
    most = 0
    while writers:
        for writer in tuple(writers):
            assert writer.stdout is not None
            if not list(itertools.islice(writer.stdout, 5)):
                complaints = writer.communicate()[1]
                assert writer.returncode == 0, complaints
                writers.remove(writer)
        most = max(most, cache.usage().bytes)
    assert LIMIT // 2 < most <= LIMIT
    assert cache.usage().files > 10
    assert cache.usage().documents > 10
